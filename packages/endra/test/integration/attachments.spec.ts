import { randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  type AttachingProgress,
  type Attachment,
  type AttachmentTransfer,
  type Chat,
  isAttached,
  isEmbedded,
  type Message,
  quoteOf,
  textPart
} from '../../src/index.ts'
import { chatOf, company, messageOf, person } from './people.ts'
import { all, next, World } from './world.ts'

const MIB = 1024 * 1024
/** What travels at a time, and is not fetched again. */
const WINDOW = 8 * MIB

/** The same bytes as somebody streams them. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.slice(at, at + 100_000)
}

async function gathered(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await all(source))
}

/** The first attachment of a message. */
async function attachmentIn(chat: Chat, message: Message, nth = 0): Promise<Attachment> {
  const part = message.content.parts.filter(isAttached)[nth]
  if (part === undefined) throw new TypeError('no attachment')
  return await chat.attachments.get(part)
}

/** Alice and Bob, whose devices fetch attachments in these ways, in one chat. */
async function pair(
  world: World,
  fetch: 'at-once' | 'on-demand'
): Promise<{ alices: Chat; bobs: Chat; bob: Awaited<ReturnType<typeof person>> }> {
  const alice = await person(world, 'alice', 'Alice')
  const endra = await world.start('bob', { fetch })
  const bob = { endra, profile: await endra.profiles.create({ name: 'Bob' }) }
  const alices = await alice.profile.chats.create({ title: 'Films' })
  return { alices, bobs: await bob.profile.chats.join(await alices.invite()), bob }
}

async function bytesIn(folder: string): Promise<number> {
  let sum = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    // Files of the database come and go.
    sum += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0
    )
  }
  return sum
}

describe('attachments', () => {
  it('of any size and kind of source come to all devices, with name, type and size, beside parts that nobody knows', async () => {
    await using world = await World.create()
    const { laptop, phone, bob } = await company(world)
    const film = randomBytes(3 * MIB)
    const photo = randomBytes(10_000)
    const progress: AttachingProgress[] = []
    const arrived = [messageOf(phone.chat, 'Look'), messageOf(bob.chat, 'Look')]
    const poll = { kind: 'x-poll', options: ['yes', 'no'], closes: 7 }
    await laptop.chat.send(
      { parts: [textPart('1', 'Look'), poll] },
      {
        attachments: [
          {
            source: inPieces(film),
            mediaType: 'video/mp4',
            name: 'Tea.mp4',
            size: film.length,
            rendering: { width: 640 }
          },
          { source: new Blob([photo]).stream(), mediaType: 'image/png' },
          { source: new Uint8Array(0), mediaType: 'text/plain', name: 'empty.txt' }
        ],
        onProgress: (each) => progress.push(each)
      }
    )
    for (const [chat, message] of [
      [phone.chat, await arrived[0]],
      [bob.chat, await arrived[1]]
    ] as [Chat, Message][]) {
      expect(message.content.parts[1]).toEqual(poll)
      const shown = await attachmentIn(chat, message)
      expect(shown).toMatchObject({
        mediaType: 'video/mp4',
        name: 'Tea.mp4',
        size: film.length,
        rendering: { width: 640 }
      })
      expect(shown.author).toBe(laptop.profile.did)
      expect(film.equals(await gathered(shown.stream()))).toBe(true)
      const range = await gathered(shown.stream({ offset: 2 * MIB + 1, length: 100 }))
      expect(range.equals(film.subarray(2 * MIB + 1, 2 * MIB + 101))).toBe(true)
      expect(photo.equals(await (await attachmentIn(chat, message, 1)).bytes())).toBe(true)
      expect(await (await attachmentIn(chat, message, 2)).bytes()).toHaveLength(0)
    }
    expect(progress.filter(({ index }) => index === 0).at(-1)).toEqual({
      ...{ index: 0, bytes: film.length, expected: film.length }
    })
    expect(await laptop.chat.stateHash()).toMatch(/^[0-9a-f]{64}$/)
    expect(await all(laptop.chat.messages())).toHaveLength(1)
  }, 120_000)

  it('are fetched on demand, paused, and gone on with after a restart without starting over', async () => {
    await using world = await World.create()
    const { alices, bobs, bob } = await pair(world, 'on-demand')
    const film = randomBytes(3 * WINDOW)
    const arrived = messageOf(bobs, 'A film')
    await alices.send('A film', { attachments: [{ source: film, mediaType: 'video/mp4' }] })
    const message = await arrived
    const shown = await attachmentIn(bobs, message)
    expect(shown.state).toBe('on-demand')
    await shown.pin()
    const windowCame = next<AttachmentTransfer>(bobs, 'attachment:progress', ({ bytes }) => {
      // The third one is asked for when the first is on the disk.
      if (bytes <= 2 * WINDOW) return false
      shown.pause()
      return true
    })
    expect(await windowCame).toMatchObject({ id: shown.id, direction: 'receiving', expected: film.length })
    expect(shown.receiving?.paused).toBe(true)
    await world.stop('bob')

    const again = await world.start('bob', { fetch: 'on-demand' })
    const chat = await chatOf(await again.profiles.get(bob.profile.did), bobs.id)
    const sent: number[] = []
    alices.addEventListener('attachment:progress', ({ detail }) => {
      if (detail.direction === 'sending') sent.push(detail.bytes)
    })
    const resumed = await attachmentIn(chat, await chat.get(message.id))
    expect(resumed).toMatchObject({ pinned: true, size: film.length })
    await resumed.fetch({ signal: AbortSignal.timeout(60_000) })
    expect(film.equals(await resumed.bytes())).toBe(true)
    expect(sent.length).toBeGreaterThan(0)
    // Each event stands for at most 256 KiB: what had come was not given a second time.
    expect(sent.length * 256 * 1024).toBeLessThan(film.length)
    const removed = next(chat, 'attachment:removed')
    await resumed.unpin()
    await resumed.remove()
    await removed
    expect((await attachmentIn(chat, message)).state).toBe('removed')
  }, 180_000)

  it('that are cancelled, or can not be sent, leave nothing', async () => {
    await using world = await World.create()
    const { profile } = await person(world, 'alice', 'Alice')
    const chat = await profile.chats.create({ title: 'Films' })
    const before = await bytesIn(world.folderOf('alice'))
    const cancel = new AbortController()
    async function* silent(): AsyncGenerator<Uint8Array> {
      for (let piece = 0; piece < 8; piece++) yield randomBytes(MIB)
      cancel.abort()
      await new Promise(() => undefined)
    }
    const sending = chat.send('never', {
      attachments: [
        { source: randomBytes(4 * MIB), mediaType: 'video/mp4' },
        { source: silent(), mediaType: 'video/mp4' }
      ],
      signal: cancel.signal
    })
    await expect(sending).rejects.toMatchObject({ name: 'AbortError' })
    expect(await all(chat.messages())).toEqual([])
    await expect
      .poll(async () => (await bytesIn(world.folderOf('alice'))) - before, { timeout: 20_000 })
      .toBeLessThan(MIB)
    let taken = 0
    async function* counted(): AsyncGenerator<Uint8Array> {
      taken++
      await setImmediate()
      yield new Uint8Array(1)
    }
    const refused = chat.send('no', { attachments: [{ source: counted(), mediaType: 'x/y', name: '../.profile' }] })
    await expect(refused).rejects.toMatchObject({ name: 'InvalidMessageError', rule: 'attached-part' })
    const tooMany = Array.from({ length: 64 }, () => ({ source: counted(), mediaType: 'x/y' }))
    await expect(chat.send('no', { attachments: tooMany })).rejects.toMatchObject({ rule: 'too-many-parts' })
    expect(taken).toBe(0)
  }, 90_000)

  it('are forwarded: within the chat the same ones, to another sealed anew, quotes as copies, unknown parts as they are', async () => {
    await using world = await World.create()
    const { alices, bobs, bob } = await pair(world, 'on-demand')
    const film = randomBytes(MIB)
    const arrived = messageOf(bobs, 'Look')
    const quoted = await alices.send({ parts: [textPart('1', 'At five')] })
    const attached = await alices.attachments.add({ source: film, mediaType: 'video/mp4', name: 'Tea.mp4' })
    const poll = { kind: 'x-poll', options: ['yes', 'no'] }
    await alices.send({ parts: [quoteOf(quoted), attached, textPart('1', 'Look'), poll] })
    const original = await arrived
    const here = await bobs.forward(original)
    expect((await attachmentIn(bobs, here)).id).toBe((await attachmentIn(bobs, original)).id)

    const elsewhere = await bob.profile.chats.create({ title: 'Elsewhere' })
    const copy = await elsewhere.forward(original)
    expect(copy.content.parts.map(({ kind }) => kind)).toEqual(['embedded', 'attached', 'embedded', 'x-poll'])
    expect(copy.text).toBe('At five\nLook')
    const ids = copy.content.parts.filter(isEmbedded).map(({ id }) => id)
    expect(new Set(ids).size).toBe(2)
    expect(copy.content.parts[3]).toEqual(poll)
    const resealed = await attachmentIn(elsewhere, copy)
    expect(resealed).toMatchObject({
      name: 'Tea.mp4',
      mediaType: 'video/mp4',
      state: 'available',
      author: bob.profile.did
    })
    expect(resealed.id).not.toBe(attached.attachment.toString())
    expect(film.equals(await resealed.bytes())).toBe(true)
    await expect(elsewhere.attachments.get(attached)).rejects.toMatchObject({ name: 'NotFoundError' })
  }, 120_000)

  it('R13 of before and after are kept from a member who was removed', async () => {
    await using world = await World.create()
    const { alices, bobs, bob } = await pair(world, 'on-demand')
    const arrived = messageOf(bobs, 'before')
    await alices.send('before', { attachments: [{ source: randomBytes(2 * MIB), mediaType: 'video/mp4' }] })
    const unread = await attachmentIn(bobs, await arrived)
    const before = await bytesIn(world.folderOf('bob'))
    const given: AttachmentTransfer[] = []
    alices.addEventListener('attachment:progress', ({ detail }) => given.push(detail))
    await alices.remove(bob.profile.did)
    const after = await alices.send('after', {
      attachments: [{ source: randomBytes(2 * MIB), mediaType: 'video/mp4' }]
    })
    await bobs.sync({ signal: AbortSignal.timeout(3_000) }).catch(() => undefined)
    await expect(unread.bytes({ signal: AbortSignal.timeout(3_000) })).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect(attachmentIn(bobs, after)).rejects.toMatchObject({ name: 'NotFoundError' })
    expect(given).toEqual([])
    expect((await bytesIn(world.folderOf('bob'))) - before).toBeLessThan(MIB)
  }, 120_000)

  it('are refused where they are not what the message says', async () => {
    await using world = await World.create()
    const { profile } = await person(world, 'alice', 'Alice')
    const chat = await profile.chats.create({ title: 'Films' })
    const part = await chat.attachments.add({ source: randomBytes(MIB), mediaType: 'video/mp4' })
    const open = async (change: object): Promise<Attachment> =>
      await attachmentIn(chat, await chat.send({ parts: [{ ...part, ...change }] }))
    const resized = await open({ size: 7 })
    await expect(resized.bytes()).rejects.toMatchObject({ name: 'InvalidAttachmentError', rule: 'size' })
    const changed = await open({ hash: new Uint8Array(32) })
    await expect(changed.bytes()).rejects.toMatchObject({ rule: 'hash' })
    await expect(gathered(changed.stream())).rejects.toMatchObject({ rule: 'hash' })
    const message = await chat.send('no attachment')
    const wrong = { ...part, attachment: quoteOf(message).block }
    await expect(chat.attachments.get(wrong)).rejects.toMatchObject({ name: 'NotFoundError', kind: 'attachment' })
    await expect(chat.attachments.get(textPart('1', 'x'))).rejects.toMatchObject({ rule: 'attached-part' })
  }, 60_000)
})
