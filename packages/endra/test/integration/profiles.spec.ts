import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createEndra } from '../../src/index.ts'
import { chatOf, device, messageOf, person } from './people.ts'
import { all, keyOf, World } from './world.ts'

describe('several profiles on one node', () => {
  it('are apart: each has its own chats, devices and contacts', async () => {
    await using world = await World.create()
    const node = await world.start('shared')
    const work = await node.profiles.create({ name: 'Alice at work' })
    const home = await node.profiles.create({ name: 'Alice at home' })
    expect(work.did).not.toBe(home.did)
    expect((await all(node.profiles.list())).map(({ name }) => name).sort()).toEqual(['Alice at home', 'Alice at work'])

    const bob = await person(world, 'bob', 'Bob')
    const meeting = await work.chats.create({ title: 'Meeting' })
    const dinner = await home.chats.create({ title: 'Dinner' })
    const meetingAtBob = await bob.profile.chats.join(await meeting.invite())
    const dinnerAtBob = await bob.profile.chats.join(await dinner.invite())
    const arrived = [messageOf(meetingAtBob, 'in the office'), messageOf(dinnerAtBob, 'in the kitchen')]
    await meeting.send('in the office')
    await dinner.send('in the kitchen')
    expect((await Promise.all(arrived)).map(({ author }) => author)).toEqual([work.did, home.did])
    expect((await all(work.chats.list())).map(({ title }) => title)).toEqual(['Meeting'])
    expect((await all(home.chats.list())).map(({ title }) => title)).toEqual(['Dinner'])
  }, 90_000)

  it('can not both take part in one chat: the error says so', async () => {
    await using world = await World.create()
    const node = await world.start('shared')
    const one = await node.profiles.create({ name: 'One' })
    const two = await node.profiles.create({ name: 'Two' })
    const chat = await one.chats.create({ title: 'Alone' })
    await expect(two.chats.join(await chat.invite())).rejects.toMatchObject({ name: 'ChatInUseError' })
    await chat.send('still works')
  }, 60_000)

  it('are forgotten one by one', async () => {
    await using world = await World.create()
    const node = await world.start('shared')
    const one = await node.profiles.create({ name: 'One' })
    const two = await node.profiles.create({ name: 'Two' })
    await (await one.chats.create({ title: 'Gone' })).send('gone')
    await node.profiles.delete(one.did)
    await expect(node.profiles.get(one.did)).rejects.toMatchObject({ name: 'NotFoundError', kind: 'profile' })
    expect(await all(node.profiles.list())).toEqual([{ did: two.did, name: 'Two' }])
    await two.chats.create({ title: 'Here' })
  }, 60_000)
})

describe('a chat that is left', () => {
  it('is gone on all devices of the profile, and goes on without it', async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const bob = await person(world, 'bob', 'Bob')
    const tablet = await device(world, 'tablet', bob.profile)
    const chat = await alice.profile.chats.create({ title: 'Tea' })
    await bob.profile.chats.join(await chat.invite())
    await chatOf(tablet.profile, chat.id)
    await bob.profile.chats.leave(chat.id)
    await expect.poll(async () => (await all(tablet.profile.chats.list())).length).toBe(0)
    expect(await all(bob.profile.chats.list())).toEqual([])
    await expect(bob.profile.chats.get(chat.id)).rejects.toMatchObject({ name: 'NotFoundError', kind: 'chat' })
    await expect.poll(() => chat.members().map(({ did }) => did), { timeout: 20_000 }).toEqual([alice.profile.did])
    await chat.send('quiet here')
  }, 90_000)
})

describe('a store', () => {
  it('does not open with another key or passphrase, and says so by name', async () => {
    await using world = await World.create()
    await world.start('laptop')
    await world.stop('laptop')
    await expect(world.start('laptop', { key: keyOf('x') })).rejects.toMatchObject({ name: 'WrongPassphraseError' })
    await world.start('laptop')
  }, 60_000)

  it('opens with its passphrase, and with no other', async () => {
    await using world = await World.create()
    const argon2 = { memoryKiB: 64, passes: 1 }
    const first = await world.start('laptop', { key: undefined, passphrase: 'correct horse', argon2 })
    await first.profiles.create({ name: 'Alice' })
    await world.stop('laptop')
    const wrong = world.start('laptop', { key: undefined, passphrase: 'battery staple' })
    await expect(wrong).rejects.toMatchObject({ name: 'WrongPassphraseError' })
    const again = await world.start('laptop', { key: undefined, passphrase: 'correct horse' })
    expect(await all(again.profiles.list())).toHaveLength(1)
  }, 60_000)

  it('that is damaged is refused by name, and not made anew', async () => {
    await using world = await World.create()
    await (await world.start('laptop')).profiles.create({ name: 'Alice' })
    await world.stop('laptop')
    const folder = world.folderOf('laptop')
    for (const file of await readdir(folder)) {
      if (file.startsWith('MANIFEST')) await writeFile(join(folder, file), 'no such thing')
    }
    await expect(world.start('laptop')).rejects.toMatchObject({ name: 'StoreCorruptError' })
  }, 60_000)

  it('that another node has open is refused by name', async () => {
    await using world = await World.create()
    await world.start('laptop')
    const second = createEndra({ storage: world.folderOf('laptop'), key: keyOf('laptop'), discovery: { mdns: false } })
    await expect(second).rejects.toMatchObject({ name: 'StoreLockedError' })
  }, 60_000)
})

describe('a node', () => {
  it('that can not listen where it is told to says so by name, and leaves its store free', async () => {
    await using world = await World.create()
    const first = await world.start('first')
    const taken = first.getMultiaddrs().map((address) => address.replace(/\/p2p\/.*$/, ''))
    await expect(world.start('second', { listen: taken })).rejects.toMatchObject({ name: 'ListenError' })
    await world.start('second')
  }, 60_000)
})
