import { describe, expect, it } from 'vitest'
import type { OpenChat } from '../../src/chat.ts'
import type { OpenProfile } from '../../src/profile.ts'
import { chatOf, company, messageOf, person } from './people.ts'
import { all, World } from './world.ts'

const texts = async (chat: { messages(): AsyncIterable<{ text: string }> }): Promise<string[]> =>
  (await all(chat.messages())).map(({ text }) => text)

describe('a device that was away', () => {
  it('finds its peers again by itself and catches up with messages, edits and deletes', async () => {
    await using world = await World.create()
    const { laptop, phone, bob } = await company(world)
    const early = messageOf(phone.chat, 'to be edited')
    const edited = await laptop.chat.send('to be edited')
    const doomed = await laptop.chat.send('to be deleted')
    await early
    await world.stop('phone')

    await bob.chat.send('while you were away')
    await edited.edit('edited')
    await doomed.delete()
    const endra = await world.start('phone')
    const profile = await endra.profiles.get(phone.profile.did)
    const chat = await chatOf(profile, phone.chat.id)
    await expect.poll(() => texts(chat), { timeout: 20_000 }).toEqual(['edited', 'while you were away'])
    expect(await chat.stateHash()).toBe(await bob.chat.stateHash())

    const live = messageOf(chat, 'live again')
    await bob.chat.send('live again')
    expect((await live).author).toBe(bob.profile.did)
  }, 120_000)

  it('keeps what it wrote alone, and hands it on when somebody is there', async () => {
    await using world = await World.create()
    const { laptop, phone, bob } = await company(world)
    await world.stop('laptop')
    await world.stop('bob')
    const written = await phone.chat.send('written alone')
    // Where Bob, who comes back at another address, knew it to be: somebody must be where they were, for there is nobody else to ask.
    const listen = phone.endra.getMultiaddrs().map((address) => address.replace(/\/p2p\/.*$/, ''))
    await world.stop('phone')

    const again = await (await world.start('phone', { listen })).profiles.get(phone.profile.did)
    const chat = await chatOf(again, phone.chat.id)
    expect(await chat.get(written.id)).toMatchObject({ text: 'written alone' })
    const bobs = await (await world.start('bob')).profiles.get(bob.profile.did)
    const bobsChat = await chatOf(bobs, bob.chat.id)
    await expect.poll(() => texts(bobsChat), { timeout: 20_000 }).toContain('written alone')
    expect(laptop.chat.id).toBe(chat.id)
  }, 120_000)

  it('learns of a chat that another device of the profile joined meanwhile', async () => {
    await using world = await World.create()
    const { laptop, phone } = await company(world)
    await world.stop('phone')
    const chat = await laptop.profile.chats.create({ title: 'Meanwhile' })
    const profile = await (await world.start('phone')).profiles.get(phone.profile.did)
    expect((await chatOf(profile, chat.id)).title).toBe('Meanwhile')
  }, 120_000)

  it('opens, whether or not a chat that it lacks can be fetched', async () => {
    await using world = await World.create()
    const { laptop, phone } = await company(world)
    // The phone hears of a chat that nobody has.
    const { group } = laptop.chat as OpenChat
    const missing = group.did.replace(/.{4}$/, 'aaaa') as OpenChat['group']['did']
    await (laptop.profile as OpenProfile).vault.put({ kind: 'chat', key: missing, value: { title: 'Lost', joined: 0 } })
    const { chats } = phone.profile as OpenProfile
    await expect.poll(() => chats.progress(), { timeout: 20_000 }).toEqual({ received: 1, expected: 2 })
    await world.stop('laptop')
    await world.stop('phone')
    const profile = await (await world.start('phone')).profiles.get(phone.profile.did)
    expect((profile as OpenProfile).chats.progress()).toEqual({ received: 1, expected: 2 })
    expect((await all(profile.chats.list())).map(({ title }) => title)).toEqual(['Tea at five'])
    const asked = profile.chats.get(missing, { signal: AbortSignal.timeout(100) })
    await expect(asked).rejects.toMatchObject({ name: expect.stringMatching(/^(TimeoutError|UnknownIdentityError)$/) })
  }, 120_000)
})

describe('a node that is stopped and started again', () => {
  it('has its profiles, chats, messages, names and titles', async () => {
    await using world = await World.create()
    const { endra, profile } = await person(world, 'laptop', 'Alice')
    const chat = await profile.chats.create({ title: 'Notes' })
    const sent = await chat.send('remember the milk')
    const hash = await chat.stateHash()
    const address = endra.getMultiaddrs()[0]?.split('/p2p/')[1]
    await world.stop('laptop')

    const again = await world.start('laptop')
    expect(again.getMultiaddrs()[0]?.split('/p2p/')[1]).toBe(address)
    expect(await all(again.profiles.list())).toEqual([{ did: profile.did, name: 'Alice' }])
    const reopened = await again.profiles.get(profile.did)
    expect(reopened).toBe(await again.profiles.get(profile.did))
    const [held] = await all(reopened.chats.list())
    expect(held).toMatchObject({ id: chat.id, title: 'Notes' })
    expect(await held?.get(sent.id)).toMatchObject({ text: 'remember the milk' })
    expect(await held?.stateHash()).toBe(hash)
  }, 60_000)
})
