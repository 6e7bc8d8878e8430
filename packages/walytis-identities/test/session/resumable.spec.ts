import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeCanonical } from '../../src/encoding/canonical.ts'
import type { Channel } from '../../src/interface/session.ts'
import { resumable } from '../../src/session/resumable.ts'
import { carrierProtocol } from '../../src/session/resumable-context.ts'
import {
  decodeResumeFrame,
  decodeResumeReply,
  decodeResumeRequest,
  encodeResumeFrame,
  encodeResumeReply,
  encodeResumeRequest
} from '../../src/session/resume-format.ts'
import { collect } from '../support/collect.ts'
import { type Cut, cutSessions } from '../support/cut-sessions.ts'
import { bareDid } from '../support/handshake.ts'

const PROTOCOL = '/test/resume/1.0.0'
const bob = bareDid('bob')
const never: Cut = () => ({ after: Number.POSITIVE_INFINITY, lost: false })
const numbered = (index: number) => new TextEncoder().encode(`message ${index}`)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const listOf = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`)

async function sendAll(channel: Channel, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await channel.send(numbered(index))
  }
  await channel.close()
}

async function exchange(cut: Cut, counts: { there: number; back: number }, window?: number) {
  const { opener, handler, opened } = cutSessions(cut, bob)
  const theirs = resumable(handler, { window, patience: 5000 })
  const served = new Promise<string[]>((resolve, reject) => {
    theirs.handle(PROTOCOL, async (channel) => {
      const sending = sendAll(channel, counts.back)
      const read = collect(channel.messages()).then((all) => all.map(textOf))
      await Promise.all([sending, read]).then(([, all]) => resolve(all), reject)
    })
  })
  const ours = resumable(opener, { window, patience: 5000, retryDelay: 1 })
  const channel = await ours.open(bob, PROTOCOL)
  const sending = sendAll(channel, counts.there)
  const back = (await collect(channel.messages())).map(textOf)
  await sending
  return { back, there: await served, opened: opened() }
}

describe('a resumable channel', () => {
  it('carries messages both ways and ends when both have said so', async () => {
    const { there, back, opened } = await exchange(never, { there: 200, back: 100 })
    expect([there, back, opened]).toEqual([listOf(200), listOf(100), 1])
  })

  it('loses, repeats and reorders nothing, wherever its carriers break', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 60 }), fc.boolean()), { maxLength: 12 }),
        fc.nat({ max: 150 }),
        fc.nat({ max: 150 }),
        fc.constantFrom(100, 1000, 1 << 20),
        async (cuts, there, back, window) => {
          const plan = [...cuts]
          const cut: Cut = () => {
            const [after, lost] = plan.shift() ?? [Number.POSITIVE_INFINITY, false]
            return { after, lost }
          }
          const result = await exchange(cut, { there, back }, window).catch((error) => {
            throw new TypeError(`${error} ${JSON.stringify([cuts, there, back, window])}`)
          })
          expect(result.there).toEqual(listOf(there))
          expect(result.back).toEqual(listOf(back))
        }
      ),
      { numRuns: 150 }
    )
  })

  it('keeps no more than its window of what was not received, and waits', async () => {
    const { opener, handler } = cutSessions(never, bob)
    let read: ((channel: Channel) => void) | undefined
    const served = new Promise<Channel>((resolve) => {
      read = resolve
    })
    let finish = (): void => undefined
    const kept = new Promise<void>((resolve) => {
      finish = resolve
    })
    resumable(handler, { window: 4096 }).handle(PROTOCOL, async (channel) => {
      read?.(channel)
      await kept
    })
    const channel = await resumable(opener, { window: 4096 }).open(bob, PROTOCOL)
    const theirs = await served
    let sent = 0
    const sending = (async () => {
      for (; sent < 100; sent++) {
        await channel.send(new Uint8Array(1000))
      }
    })()
    const messages = theirs.messages()[Symbol.asyncIterator]()
    await messages.next()
    // a window here, one there, and what is between them
    expect(sent).toBeLessThan(20)
    for (let index = 1; index < 100; index++) {
      expect((await messages.next()).value).toHaveLength(1000)
    }
    await sending
    finish()
  })

  it('stops waiting when it is told to, without losing its place', async () => {
    const { opener, handler } = cutSessions(never, bob)
    resumable(handler, { window: 100 }).handle(PROTOCOL, () => new Promise(() => undefined))
    const channel = await resumable(opener, { window: 100 }).open(bob, PROTOCOL)
    const signal = AbortSignal.timeout(50)
    await expect(
      (async () => {
        for (;;) {
          await channel.send(new Uint8Array(100), { signal })
        }
      })()
    ).rejects.toThrow()
    expect(channel.closed).toBe(false)
  })

  it('breaks, and says so, when its patience is over', async () => {
    let broken = false
    const cut: Cut = () => ({ after: broken ? 0 : 5, lost: true })
    const { opener, handler } = cutSessions(cut, bob)
    const theirs = resumable(handler, { patience: 100 })
    const served = new Promise<unknown>((resolve) => {
      theirs.handle(PROTOCOL, async (channel) => {
        await collect(channel.messages()).catch(resolve)
      })
    })
    const channel = await resumable(opener, { patience: 100 }).open(bob, PROTOCOL)
    broken = true
    for (let index = 0; index < 10; index++) {
      await channel.send(numbered(index))
    }
    await expect(collect(channel.messages())).rejects.toMatchObject({ name: 'ChannelClosedError' })
    await expect(channel.send(numbered(0))).rejects.toMatchObject({ name: 'ChannelClosedError' })
    expect(await served).toMatchObject({ name: 'ChannelClosedError' })
  })

  it('is told at once when the other side gives up', async () => {
    const { opener, handler } = cutSessions(never, bob)
    resumable(handler).handle(PROTOCOL, async () => {
      throw new RangeError('no')
    })
    const channel = await resumable(opener).open(bob, PROTOCOL)
    await expect(collect(channel.messages())).rejects.toMatchObject({ name: 'ChannelClosedError' })
  })

  it('R27 goes on with nobody who has lost count, or begins in the middle', async () => {
    const { opener, handler } = cutSessions(never, bob)
    resumable(handler).handle(PROTOCOL, async (channel) => {
      await collect(channel.messages())
    })
    const id = new Uint8Array(16).fill(1)
    const begin = async (request: Uint8Array) => {
      const carrier = await opener.open(bob, carrierProtocol(PROTOCOL))
      await carrier.send(request)
      const messages = carrier.messages()[Symbol.asyncIterator]()
      return { carrier, messages }
    }
    const middle = await begin(encodeResumeRequest({ id, received: 3, fresh: false }))
    expect(decodeResumeReply((await middle.messages.next()).value ?? id)).toEqual({ received: null })
    const first = await begin(encodeResumeRequest({ id, received: 0, fresh: true }))
    expect(decodeResumeReply((await first.messages.next()).value ?? id)).toEqual({ received: 0 })
    await first.carrier.send(encodeResumeFrame({ kind: 'message', payload: numbered(0) }))
    await first.carrier.send(encodeResumeFrame({ kind: 'received', count: 7 }))
    await expect(first.messages.next()).rejects.toMatchObject({ name: 'ChannelClosedError' })
    const nonsense = await begin(new Uint8Array([1, 2, 3]))
    await expect(nonsense.messages.next()).rejects.toMatchObject({ name: 'ChannelClosedError' })
  })

  it('F8 reads nothing but its own frames', () => {
    for (const frame of [
      { kind: 'message', payload: numbered(1) },
      { kind: 'received', count: 2 ** 40 },
      { kind: 'end' },
      { kind: 'given-up' }
    ] as const) {
      expect(decodeResumeFrame(encodeResumeFrame(frame))).toEqual(frame)
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const frame = decodeResumeFrame(bytes)
        expect(frame === undefined || Buffer.from(encodeResumeFrame(frame)).equals(bytes)).toBe(true)
        expect(decodeResumeRequest(bytes)).toBeUndefined()
        expect(decodeResumeReply(bytes)).toBeUndefined()
      })
    )
    for (const wrong of [
      { v: 2, id: new Uint8Array(16), received: 0, fresh: true },
      { v: 1, id: new Uint8Array(15), received: 0, fresh: true },
      { v: 1, id: new Uint8Array(16), received: -1, fresh: true },
      { v: 1, id: new Uint8Array(16), received: 0, fresh: 1 },
      { v: 1, id: new Uint8Array(16), received: 0, fresh: true, more: 1 }
    ]) {
      expect(decodeResumeRequest(encodeCanonical(wrong))).toBeUndefined()
    }
    expect(decodeResumeReply(encodeResumeReply(null))).toEqual({ received: null })
  })
})
