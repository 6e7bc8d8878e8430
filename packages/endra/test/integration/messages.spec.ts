import { encode } from '@ipld/dag-cbor'
import { describe, expect, it } from 'vitest'
import { isReferenced, type Message, type MessageType, quoteOf, type TypedEntry, textPart } from '../../src/index.ts'
import { type Company, chatOf, messageOf, withCompany } from './people.ts'
import { all, next } from './world.ts'

interface Poll {
  readonly question: string
}

const poll: MessageType<Poll> = {
  mediaType: 'application/vnd.example.poll+cbor',
  shown: true,
  decode: (value) => {
    const question = (value as Partial<Poll> | null)?.question
    return typeof question === 'string' ? { question } : undefined
  },
  text: ({ question }) => `Poll: ${question}`
}

/** A message, once everybody shows it. */
async function sent(people: Company, send: () => Promise<Message>): Promise<Message> {
  const message = await send()
  for (const { chat } of [people.laptop, people.phone, people.bob]) {
    await expect.poll(async () => await holds(chat, message.id), { timeout: 20_000 }).toBe(true)
  }
  return message
}

async function holds(chat: Company['bob']['chat'], id: string): Promise<boolean> {
  return (await all(chat.messages())).some((message) => message.id === id)
}

describe('messages', () => {
  let people: Company
  withCompany((met) => {
    people = met
  })

  it('are answered, and their answers found', async () => {
    const { laptop, bob } = people
    const question = await sent(people, () => laptop.chat.send('Tea?'))
    const other = await sent(people, () => laptop.chat.send('Or coffee?'))
    const answer = await sent(people, async () => await bob.chat.reply(await bob.chat.get(question.id), 'Tea.'))
    await sent(people, async () => await bob.chat.reply(await bob.chat.get(other.id), 'No.'))
    expect((await all(laptop.chat.replies(question))).map(({ id, text }) => [id, text])).toEqual([[answer.id, 'Tea.']])
    expect(await all(laptop.chat.replies(answer))).toEqual([])
  })

  it('are quoted without a copy, and show what the quoted message says now', async () => {
    const { laptop, bob } = people
    const message = await sent(people, () =>
      laptop.chat.send({ parts: [textPart('1', 'At five'), textPart('2', 'at mine')] })
    )
    const quoting = await sent(people, () => bob.chat.send({ parts: [quoteOf(message, '2'), textPart('1', 'Where?')] }))
    const [part] = quoting.content.parts
    if (part === undefined || !isReferenced(part)) throw new TypeError('no quote')
    const quote = await laptop.chat.quote(part)
    expect(quote?.message).toMatchObject({ id: message.id, author: laptop.profile.did })
    expect(new TextDecoder().decode(quote?.part?.payload)).toBe('at mine')
    await laptop.chat.get(message.id).then((own) => own.edit({ parts: [textPart('2', 'at yours')] }))
    expect(new TextDecoder().decode((await laptop.chat.quote(part))?.part?.payload)).toBe('at yours')
    await laptop.chat.get(message.id).then((own) => own.delete())
    expect(await laptop.chat.quote(part)).toMatchObject({ message: { deleted: true }, part: undefined })
    expect(await laptop.chat.quote(textPart('1', 'no quote'))).toBeUndefined()
  })

  it('are forwarded: within the chat by reference, to another as a copy, naming nobody unless told to', async () => {
    const { laptop, bob } = people
    const message = await sent(people, () => bob.chat.send('Spread the word'))
    const here = await laptop.chat.forward(await laptop.chat.get(message.id))
    expect(here.forwarded).toEqual({})
    expect((await laptop.chat.quote(here.content.parts[0] ?? textPart('x', '')))?.message.id).toBe(message.id)

    const elsewhere = await laptop.profile.chats.create({ title: 'Elsewhere' })
    const copy = await elsewhere.forward(await laptop.chat.get(message.id))
    expect(copy).toMatchObject({ text: 'Spread the word', forwarded: {}, author: laptop.profile.did })
    expect(JSON.stringify(copy.content)).not.toContain(bob.profile.did)
    const named = await elsewhere.forward(await laptop.chat.get(message.id), { withAuthor: true })
    expect(named.forwarded).toEqual({ author: bob.profile.did })
    expect((await named.edit('Changed')).forwarded).toEqual({ author: bob.profile.did })
    expect((await elsewhere.forward(here)).text).toBe('Spread the word')
    const dangling = await laptop.chat.send({ parts: [quoteOf(copy)] })
    await expect(elsewhere.forward(dangling)).rejects.toMatchObject({ rule: 'nothing-to-forward' })
  })

  it('address users', async () => {
    const { laptop, bob } = people
    const arrived = messageOf(bob.chat, '@Bob come')
    const message = await laptop.chat.send('@Bob come', { mentions: [bob.profile.did, bob.profile.did] })
    expect(message.mentions).toEqual([bob.profile.did])
    expect((await arrived).mentions).toEqual([bob.profile.did])
    const hostile = await laptop.chat.send({ parts: [textPart('1', 'x')], metadata: { mentions: 7, forwarded: 'yes' } })
    expect(hostile).toMatchObject({ mentions: [], forwarded: undefined })
  })

  it('are reacted to, once by each user on whichever device, and reactions are taken back', async () => {
    const { laptop, phone, bob } = people
    const message = await sent(people, () => laptop.chat.send('Cake!'))
    const told = next<{ id: string; emoji: string; author: string }>(laptop.chat, 'reaction:added')
    await bob.chat.react(message.id, '🎂')
    expect(await told).toEqual({ id: message.id, emoji: '🎂', author: bob.profile.did })
    // Two devices that do not know of each other's reaction yet may both write it: it counts once.
    await Promise.all([laptop.chat.react(message.id, '🎂'), phone.chat.react(message.id, '🎂')])
    await bob.chat.react(message.id, '🎂')
    await bob.chat.react(message.id, '👍🏽')
    const whole = [
      { emoji: '🎂', authors: [bob.profile.did, laptop.profile.did] },
      { emoji: '👍🏽', authors: [bob.profile.did] }
    ]
    for (const { chat } of [laptop, phone, bob]) {
      await expect.poll(async () => (await chat.get(message.id)).reactions, { timeout: 20_000 }).toEqual(whole)
    }
    const takenBack = next<{ author: string }>(bob.chat, 'reaction:removed')
    // Each deletes what it knows of: together, both reactions.
    await Promise.all([laptop.chat.unreact(message.id, '🎂'), phone.chat.unreact(message.id, '🎂')])
    expect((await takenBack).author).toBe(laptop.profile.did)
    for (const { chat } of [laptop, phone, bob]) {
      await expect
        .poll(async () => (await chat.get(message.id)).reactions[0]?.authors, { timeout: 20_000 })
        .toEqual([bob.profile.did])
    }
    await expect(bob.chat.react(message.id, '\u202e')).rejects.toMatchObject({ name: 'InvalidMessageError' })
    await expect(bob.chat.react('nonsense', '👍')).rejects.toMatchObject({ name: 'NotFoundError' })
    expect((await all(bob.chat.messages())).filter(({ text }) => text.includes('🎂'))).toEqual([])
  })

  it('are deleted for this profile only, on all its devices', async () => {
    const { laptop, phone, bob } = people
    const message = await sent(people, () => bob.chat.send('Embarrassing'))
    const hidden = next<{ id: string }>(phone.chat, 'message:hidden')
    await laptop.chat.hide(message.id)
    expect((await hidden).id).toBe(message.id)
    expect(await holds(laptop.chat, message.id)).toBe(false)
    expect(await holds(phone.chat, message.id)).toBe(false)
    expect(await holds(bob.chat, message.id)).toBe(true)
    const shown = next<{ id: string }>(laptop.chat, 'message:unhidden')
    await phone.chat.unhide(message.id)
    await shown
    expect(await holds(laptop.chat, message.id)).toBe(true)
  })

  it('are read in pages', async () => {
    const { laptop } = people
    const chat = await laptop.profile.chats.create({ title: 'Pages' })
    const messages: Message[] = []
    for (let index = 0; index < 7; index++) messages.push(await chat.send(String(index)))
    const texts = async (options: Parameters<typeof chat.messages>[0]): Promise<string> =>
      (await all(chat.messages(options))).map(({ text }) => text).join('')
    expect(await texts({ reverse: true, limit: 3 })).toBe('654')
    expect(await texts({ reverse: true, limit: 3, before: messages[4] })).toBe('321')
    expect(await texts({ before: messages[3] })).toBe('012')
    expect(await texts({ after: messages[3]?.id })).toBe('456')
    expect(await texts({ after: messages[1], before: messages[4] })).toBe('23')
    expect(await texts({ reverse: true, after: messages[1], before: messages[4] })).toBe('32')
  })

  it('of a type of the application are shown as such where it is registered, and by their text elsewhere', async () => {
    const { laptop, bob } = people
    laptop.endra.registerType(poll)
    laptop.endra.registerType(poll)
    const polls = laptop.chat.ofType(poll)
    const atBobs = messageOf(bob.chat, 'Poll: Tea?')
    const told = next<{ entry: TypedEntry<Poll> }>(polls, 'entry:added')
    const entry = await polls.add({ question: 'Tea?' })
    expect((await told).entry).toMatchObject({ id: entry.id, value: { question: 'Tea?' }, author: laptop.profile.did })
    expect((await laptop.chat.get(entry.id)).typed).toEqual({ mediaType: poll.mediaType, value: { question: 'Tea?' } })
    const received = await atBobs
    expect(received.typed).toBeUndefined()
    expect(received.content.parts[0]).toMatchObject({
      mediaType: poll.mediaType,
      payload: encode({ question: 'Tea?' })
    })

    bob.endra.registerType(poll)
    const bobs = bob.chat.ofType(poll)
    expect((await all(bobs.list())).map(({ value }) => value.question)).toEqual(['Tea?'])
    const edited = next<{ entry: TypedEntry<Poll> }>(bobs, 'entry:edited')
    await entry.edit({ question: 'Tea or coffee?' })
    expect((await edited).entry.value.question).toBe('Tea or coffee?')
    await expect((await bobs.get(entry.id)).edit({ question: 'Mine' })).rejects.toMatchObject({
      name: 'ChangeDeniedError'
    })
    const removed = next<{ entry: TypedEntry<Poll> }>(bobs, 'entry:removed')
    await entry.delete()
    expect((await removed).entry).toMatchObject({ id: entry.id, deleted: true })
    expect(await all(bobs.list())).toEqual([])
  })

  it('F8 of a type that carry no value of it are no entries, and disturb nobody', async () => {
    const { laptop, bob } = people
    const picky: MessageType<string> = {
      mediaType: 'application/vnd.example.picky+cbor',
      decode: (value) => {
        if (value === 'surprise') throw new RangeError('an application that did not expect this')
        return value === 'fine' ? value : undefined
      }
    }
    const loose: MessageType<string> = { mediaType: picky.mediaType, decode: String }
    laptop.endra.registerType(loose)
    bob.endra.registerType(picky)
    const written = laptop.chat.ofType(loose)
    const entries = bob.chat.ofType(picky)
    const told = next<{ entry: TypedEntry<string> }>(entries, 'entry:added')
    await written.add('surprise')
    await written.add('nonsense')
    await written.add('fine')
    expect((await told).entry.value).toBe('fine')
    expect((await all(entries.list())).map(({ value }) => value)).toEqual(['fine'])
    await expect(entries.add('nonsense')).rejects.toMatchObject({ name: 'InvalidMessageError' })
  })

  it('of types that nobody registered, or that are not free, are refused', () => {
    const { laptop } = people
    const named = (mediaType: string): MessageType<unknown> => ({ mediaType, decode: (value) => value })
    expect(() => laptop.chat.ofType(named('application/x-other'))).toThrow(/registerType/)
    for (const type of ['text', 'A/b', 'application/vnd.endra.reaction+cbor', `a/${'b'.repeat(96)}`, 'a/b; c=d']) {
      expect(() => laptop.endra.registerType(named(type))).toThrow(
        expect.objectContaining({ name: 'InvalidTypeError' })
      )
    }
    expect(() => laptop.endra.registerType({ ...poll })).toThrow(expect.objectContaining({ reason: 'in-use' }))
  })

  it('R31 and reactions of others can be changed by nobody else', async () => {
    const { laptop, bob } = people
    const message = await sent(people, () => laptop.chat.send('Mine'))
    const copy = await bob.chat.get(message.id)
    await expect(copy.edit('His')).rejects.toMatchObject({ name: 'ChangeDeniedError' })
    await expect(copy.delete()).rejects.toMatchObject({ name: 'ChangeDeniedError' })
    await laptop.chat.react(message, '👍')
    await expect.poll(async () => (await bob.chat.get(message.id)).reactions.length, { timeout: 20_000 }).toBe(1)
    await bob.chat.unreact(message.id, '👍')
    expect((await bob.chat.get(message.id)).reactions).toEqual([{ emoji: '👍', authors: [laptop.profile.did] }])
  })

  it('show the same state on all devices', async () => {
    for (const { chat } of [people.laptop, people.phone, people.bob]) await chat.sync()
    await expect
      .poll(
        async () => {
          const { laptop, phone, bob } = people
          return new Set(await Promise.all([laptop, phone, bob].map(({ chat }) => chat.stateHash()))).size
        },
        { timeout: 20_000 }
      )
      .toBe(1)
  })

  it('and reactions are there after a restart', async () => {
    const { laptop } = people
    const message = await laptop.chat.send('Still here')
    await laptop.chat.react(message, '🫖')
    const { did } = laptop.profile
    await people.world.stop('laptop')
    const again = await (await people.world.start('laptop')).profiles.get(did)
    const chat = await chatOf(again, laptop.chat.id)
    expect((await chat.get(message.id)).reactions).toEqual([{ emoji: '🫖', authors: [did] }])
  })
})
