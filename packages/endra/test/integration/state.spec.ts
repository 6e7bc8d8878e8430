import { describe, expect, it } from 'vitest'
import type { OpenChat } from '../../src/chat.ts'
import type { ChatConnection, Message } from '../../src/index.ts'
import { decodeSignal } from '../../src/signals/format.ts'
import { type Company, chatOf, messageOf, person, withCompany } from './people.ts'
import { all, next, World } from './world.ts'

const patient = { timeout: 20_000 }

describe('what a list of chats shows', () => {
  let people: Company
  withCompany((met) => {
    people = met
  })

  it('counts what is unread on no device of the profile, and what addresses it', async () => {
    const { laptop, phone, bob } = people
    const changed = next(laptop.profile, 'chat:changed')
    const sent: Message[] = []
    for (const text of ['one', 'two', 'three']) sent.push(await bob.chat.send(text))
    await bob.chat.send('@Alice four', { mentions: [laptop.profile.did] })
    await changed
    for (const { chat } of [laptop, phone]) {
      await expect.poll(async () => await chat.summary(), patient).toMatchObject({ unread: 4, mentioned: 1 })
      expect((await chat.summary()).last?.text).toBe('@Alice four')
    }
    expect((await bob.chat.summary()).unread).toBe(0)

    await laptop.chat.markRead(sent[1])
    expect(await laptop.chat.summary()).toMatchObject({ unread: 2, mentioned: 1 })
    await expect.poll(async () => (await phone.chat.summary()).unread, patient).toBe(2)
    await phone.chat.markRead()
    for (const { chat } of [laptop, phone]) {
      await expect.poll(async () => await chat.summary(), patient).toMatchObject({ unread: 0, mentioned: 0 })
    }
    await laptop.chat.markRead(sent[0])
    expect((await laptop.chat.summary()).unread).toBe(0)
  })

  it('does not count what was deleted, hidden, or written by oneself', async () => {
    const { laptop, phone, bob } = people
    const arrived = [messageOf(laptop.chat, 'regretted'), messageOf(laptop.chat, 'unwanted')]
    const regretted = await bob.chat.send('regretted')
    const unwanted = await bob.chat.send('unwanted')
    await Promise.all(arrived)
    await expect.poll(async () => (await laptop.chat.summary()).unread, patient).toBe(2)
    await regretted.delete()
    await expect.poll(async () => (await laptop.chat.summary()).unread, patient).toBe(1)
    await laptop.chat.hide(unwanted.id)
    expect((await laptop.chat.summary()).unread).toBe(0)
    await phone.chat.send('by myself')
    await expect.poll(async () => (await laptop.chat.summary()).last?.text, patient).toBe('by myself')
    expect((await laptop.chat.summary()).unread).toBe(0)
  })

  it('follows the profile: pinned, muted, archived and drafts', async () => {
    const { laptop, phone } = people
    const other = await laptop.profile.chats.create({ title: 'Other' })
    const onPhone = await chatOf(phone.profile, other.id)
    await other.send('newer than all')
    await laptop.chat.set({ pinned: true, mutedUntil: new Date('2100-01-01') })
    await expect
      .poll(() => phone.chat.settings, patient)
      .toEqual({
        archived: false,
        pinned: true,
        mutedUntil: new Date('2100-01-01')
      })
    expect((await phone.profile.chats.summaries()).map(({ title }) => title)).toEqual(['Tea at five', 'Other'])
    // Two devices that change two things don't undo each other.
    await Promise.all([phone.chat.set({ mutedUntil: null }), laptop.chat.set({ pinned: false, archived: true })])
    for (const { chat } of [laptop, phone]) {
      await expect.poll(() => chat.settings, patient).toEqual({ archived: true, pinned: false })
    }
    expect((await all(phone.profile.chats.list({ archived: true }))).map(({ title }) => title)).toEqual(['Tea at five'])
    expect((await all(phone.profile.chats.list({ archived: false }))).map(({ title }) => title)).toEqual(['Other'])
    expect((await laptop.profile.chats.summaries({ archived: false })).map(({ title }) => title)).toEqual(['Other'])
    await laptop.chat.set({ archived: false })

    await other.setDraft('Dear all')
    await expect.poll(async () => JSON.stringify((await onPhone.summary()).draft), patient).toContain('text/plain')
    expect(onPhone.draft).toEqual(other.draft)
    await onPhone.setDraft('')
    await expect.poll(() => other.draft, patient).toBeUndefined()
  })

  it('says how far a message has come', async () => {
    const { laptop, phone, bob } = people
    const arrived = messageOf(bob.chat, 'Did you get this?')
    const message = await laptop.chat.send('Did you get this?')
    await arrived
    await expect
      .poll(async () => await laptop.chat.receipts(message), patient)
      .toMatchObject({
        status: 'delivered',
        delivered: [bob.profile.did],
        read: []
      })
    const receipt = next<{ did: string }>(laptop.chat, 'receipt')
    await bob.chat.markRead()
    expect((await receipt).did).toBe(bob.profile.did)
    for (const { chat } of [laptop, phone]) {
      await expect
        .poll(async () => await chat.receipts(message.id), patient)
        .toMatchObject({
          status: 'read',
          read: [bob.profile.did]
        })
    }
    await expect(laptop.chat.receipts('nonsense')).rejects.toMatchObject({ name: 'NotFoundError' })
  })

  it('tells nobody what is read, when the profile wants so', async () => {
    const { laptop, bob } = people
    await bob.profile.setPrivacy({ readReceipts: false })
    expect(bob.profile.privacy).toEqual({ readReceipts: false, typing: true })
    const arrived = messageOf(bob.chat, 'Secretly read')
    const message = await laptop.chat.send('Secretly read')
    await arrived
    await bob.chat.markRead()
    expect((await bob.chat.summary()).unread).toBe(0)
    // What is told after the mark: the same signal as before, without it.
    const told = next(laptop.chat, 'receipt')
    await bob.chat.send('Later')
    await told
    expect(await laptop.chat.receipts(message)).toMatchObject({ status: 'delivered', read: [] })
    await bob.profile.setPrivacy({ readReceipts: true })
  })

  it('says who is typing, until the message comes', async () => {
    const { laptop, bob } = people
    const typing = next<{ did: string; typing: boolean }>(laptop.chat, 'typing')
    bob.chat.typing()
    expect(await typing).toEqual({ did: bob.profile.did, typing: true })
    const stopped = next<{ did: string; typing: boolean }>(laptop.chat, 'typing')
    await bob.chat.send('Typed')
    expect(await stopped).toEqual({ did: bob.profile.did, typing: false })
  })

  it('says who is connected, how, and whether anything is missing', async () => {
    const { laptop, phone, bob } = people
    await expect.poll(() => laptop.chat.connection.state, patient).toBe('level')
    const { peers, online } = laptop.chat.connection
    expect(peers.map(({ kind }) => kind)).toEqual(peers.map(() => 'direct'))
    expect([...online].sort()).toEqual([laptop.profile.did, bob.profile.did].sort())
    const alone = next<{ connection: ChatConnection }>(
      laptop.chat,
      'connection:changed',
      ({ connection }) => connection.state === 'alone'
    )
    await people.world.stop('bob')
    await people.world.stop('phone')
    await alone
    expect(laptop.chat.connection).toMatchObject({ state: 'alone', online: [], received: 0 })
    expect(phone.profile.did).toBe(laptop.profile.did)
  })

  it('is the same after a restart', async () => {
    const { laptop } = people
    const chat = laptop.chat
    await chat.setDraft('Half a sen')
    const before = await chat.summary()
    const sent = (await all(chat.messages())).find(({ text }) => text === 'Did you get this?')
    const { did } = laptop.profile
    await people.world.stop('laptop')
    const profile = await (await people.world.start('laptop')).profiles.get(did)
    const again = await chatOf(profile, chat.id)
    const after = await again.summary()
    expect(after).toMatchObject({ unread: before.unread, draft: before.draft, settings: before.settings })
    expect(after.last?.id).toBe(before.last?.id)
    expect((await again.receipts(sent?.id ?? '')).status).toBe('read')
  })
})

it('who reads is known to those who never meet the reader', async () => {
  await using world = await World.create()
  const alice = await person(world, 'alice', 'Alice')
  const chat = await alice.profile.chats.create({ title: 'Relay' })
  const bob = await person(world, 'bob', 'Bob')
  const bobs = await bob.profile.chats.join(await chat.invite())
  const carol = await person(world, 'carol', 'Carol')
  const carols = await carol.profile.chats.join(await chat.invite())
  const message = await chat.send('Pass it on')
  for (const each of [bobs, carols]) {
    await expect.poll(async () => (await each.summary()).last?.text, patient).toBe('Pass it on')
  }
  await world.stop('alice')
  await bobs.markRead()
  await expect.poll(async () => (await carols.receipts(message.id)).read, patient).toContain(bob.profile.did)
  // What Carol heard over a session is not handed on; what Bob left in his register is.
  const left = (): Promise<{ author: string }[]> => (carols as OpenChat).sealed.registers.all('endra/state')
  const readIn = async (): Promise<boolean> => {
    const held = (await left()).find(({ author }) => author === bob.profile.did) as { value?: Uint8Array } | undefined
    const decoded = decodeSignal(held?.value ?? new Uint8Array())
    return decoded.ok && decoded.value.kind === 'state' && (decoded.value.read?.length ?? 0) > 0
  }
  await expect.poll(readIn, { timeout: 60_000 }).toBe(true)
  await world.stop('bob')
  const again = await chatOf(await (await world.start('alice')).profiles.get(alice.profile.did), chat.id)
  await expect.poll(async () => (await again.receipts(message.id)).read, patient).toContain(bob.profile.did)
}, 120_000)
