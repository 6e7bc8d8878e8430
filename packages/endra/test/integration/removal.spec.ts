import { describe, expect, it } from 'vitest'
import type { OpenChat } from '../../src/chat.ts'
import type { Chat } from '../../src/index.ts'
import { chatOf, company, messageOf, person } from './people.ts'
import { all, next, World } from './world.ts'

/** The group beneath a chat: what somebody with a changed program could use. */
const groupOf = (chat: Chat): OpenChat['group'] => (chat as OpenChat).group

const texts = async (chat: Chat): Promise<string[]> => (await all(chat.messages())).map(({ text }) => text)

describe('a member who was removed', () => {
  it('R13 R14 reads nothing new with the real key store, and gets nothing by asking everybody', async () => {
    await using world = await World.create()
    const { laptop, phone, bob } = await company(world)
    const before = messageOf(bob.chat, 'before')
    await laptop.chat.send('before')
    await before
    const gone = next(phone.chat, 'member:removed')
    await laptop.chat.remove(bob.profile.did)
    await gone
    expect(laptop.chat.members().map(({ did }) => did)).toEqual([laptop.profile.did])
    const onPhone = messageOf(phone.chat, 'after')
    const after = await laptop.chat.send('after')
    await onPhone

    // Bob keeps his keys and asks every device that he knows: by syncing, for the epoch, by sessions, for the message.
    await bob.chat.sync().catch(() => undefined)
    const epoch = await groupOf(laptop.chat).epochs.current()
    await expect(groupOf(bob.chat).epochs.get(epoch.id, { signal: AbortSignal.timeout(3_000) })).rejects.toBeInstanceOf(
      Error
    )
    for (const { profile } of [laptop, phone]) {
      const asked = groupOf(bob.chat).sessions.open(profile.devices.this.did, '/endra/probe/1.0.0', {
        signal: AbortSignal.timeout(3_000)
      })
      await expect(asked).rejects.toBeInstanceOf(Error)
    }
    await expect(bob.chat.get(after.id)).rejects.toMatchObject({ name: 'NotFoundError' })
    expect(await texts(bob.chat)).toEqual(['before'])
    await world.stop('bob')
    const again = await (await world.start('bob')).profiles.get(bob.profile.did)
    const reopened = await chatOf(again, bob.chat.id)
    await reopened.sync().catch(() => undefined)
    expect(await texts(reopened)).toEqual(['before'])
  }, 120_000)

  it('R15 says nothing more that anybody hears', async () => {
    await using world = await World.create()
    const { laptop, phone, bob } = await company(world)
    const gone = next(phone.chat, 'member:removed')
    await laptop.chat.remove(bob.profile.did)
    await gone
    await bob.chat.send('can you hear me?').catch((error: unknown) => expect(error).toBeInstanceOf(Error))
    const arrived = messageOf(phone.chat, 'only us')
    await laptop.chat.send('only us')
    await arrived
    expect(await texts(phone.chat)).toEqual(['only us'])
    expect(await texts(laptop.chat)).toEqual(['only us'])
  }, 120_000)
})

describe('a device that was removed', () => {
  it('R13 reads nothing new in any chat, and the others go on', async () => {
    await using world = await World.create()
    const { laptop, phone, bob } = await company(world)
    const removed = next(laptop.profile, 'device:removed')
    await laptop.profile.devices.remove(phone.profile.devices.this.did)
    await removed
    expect((await all(laptop.profile.devices.list())).map(({ name }) => name)).toEqual(['laptop'])
    const arrived = messageOf(bob.chat, 'without the phone')
    await laptop.chat.send('without the phone')
    await arrived
    const answer = messageOf(laptop.chat, 'nor from Bob')
    await bob.chat.send('nor from Bob')
    await answer
    await phone.chat.sync().catch(() => undefined)
    expect(await texts(phone.chat)).toEqual([])
    const own = await laptop.profile.chats.create({ title: 'New' })
    await own.send('hidden')
    expect((await all(phone.profile.chats.list())).map(({ title }) => title)).not.toContain('New')
  }, 120_000)
})

describe('Bob', () => {
  it('R11 may not remove Alice, who made the chat', async () => {
    await using world = await World.create()
    const { laptop, bob } = await company(world)
    await expect(bob.chat.remove(laptop.profile.did)).rejects.toMatchObject({ name: 'AccessDeniedError' })
    expect(laptop.chat.members()).toHaveLength(2)
  }, 90_000)

  it('R18 who joins later reads what is said from then on, and nothing older', async () => {
    await using world = await World.create()
    const alice = await person(world, 'laptop', 'Alice')
    const chat = await alice.profile.chats.create({ title: 'Tea' })
    await chat.send('before Bob')
    const bob = await person(world, 'bob', 'Bob')
    const bobsChat = await bob.profile.chats.join(await chat.invite())
    const arrived = messageOf(bobsChat, 'with Bob')
    await chat.send('with Bob')
    await arrived
    expect(await texts(bobsChat)).toEqual(['with Bob'])
    expect(await texts(chat)).toEqual(['before Bob', 'with Bob'])
  }, 90_000)
})
