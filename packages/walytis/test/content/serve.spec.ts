import { describe, expect, it } from 'vitest'
import { blockIdOf } from '../../src/block/id.ts'
import { GRANT_DEADLINE, MAX_REQUEST_BYTES, NODE_DEADLINE, WINDOW_NODES } from '../../src/content/limits.ts'
import { type ContentMessage, decodeContentMessage, encodeContentMessage } from '../../src/content/messages.ts'
import { serve } from '../../src/content/serve.ts'
import { shapeOf } from '../../src/content/shape.ts'
import { ClosedError } from '../../src/errors.ts'
import type { ExchangedFiles } from '../../src/replica.ts'
import type { Frames } from '../../src/sync/framing.ts'

const chain = blockIdOf(Uint8Array.of(1))
const block = blockIdOf(Uint8Array.of(2))
const size = 40 * 256 * 1024
const { total } = shapeOf(size)

/** The asker's end: says what it is told to, and hears all. */
class Asker implements Frames {
  readonly heard: Uint8Array[] = []
  readonly #says: Uint8Array[]
  isClosed = false

  constructor(...says: (ContentMessage | Uint8Array)[]) {
    this.#says = says.map((one) => (one instanceof Uint8Array ? one : encodeContentMessage(one)))
  }

  async read(): Promise<Uint8Array> {
    const next = this.#says.shift()
    if (next === undefined) throw new ClosedError('stream')
    return next
  }

  async write(messages: readonly Uint8Array[]): Promise<void> {
    this.heard.push(...messages)
  }

  async close(): Promise<void> {
    this.isClosed = true
  }

  abort(): void {
    this.isClosed = true
  }
}

/** A content whose nodes are their own numbers; of a chain that knows one block. */
const files: ExchangedFiles = {
  of: async (id) =>
    id.equals(block) ? { reference: { root: blockIdOf(Uint8Array.of(3)), size }, replicated: true } : undefined,
  progress: async () => ({ state: 'whole', stored: total }),
  read: async (_, position) => Uint8Array.of(position),
  append: () => Promise.reject(new RangeError('a server writes nothing')),
  refuse: () => Promise.reject(new RangeError('a server writes nothing')),
  complete: () => Promise.reject(new RangeError('a server writes nothing')),
  lacking: async function* () {}
}

const served =
  (permits: () => boolean, of: Partial<ExchangedFiles> = {}) =>
  (id: string) =>
    id === chain.toString() ? { files: { ...files, ...of }, permits } : undefined

/** A clock that stands. */
const still = () => 0

const REFUSAL = encodeContentMessage({ type: 'answer', until: 0 })

describe('a request for larger content', () => {
  it('is answered by as many nodes as were granted, and no more before more are', async () => {
    const until = WINDOW_NODES
    const asker = new Asker({ type: 'fetch', chain, block, from: 0, until }, { type: 'grant', until: until + 4 })
    await expect(
      serve(
        asker,
        served(() => true),
        still
      )
    ).rejects.toMatchObject({ name: 'ClosedError' })
    expect(decodeContentMessage(asker.heard[0] ?? new Uint8Array())).toEqual({ type: 'answer', until: total })
    expect(asker.heard.slice(1).map((node) => node[0])).toEqual(Array.from({ length: until + 4 }, (_, index) => index))
  })

  it('goes on from where the asker is, to the end', async () => {
    const from = total - 3
    const asker = new Asker({ type: 'fetch', chain, block, from, until: from + WINDOW_NODES })
    await serve(
      asker,
      served(() => true),
      still
    )
    expect(asker.heard.slice(1).map((node) => node[0])).toEqual([from, from + 1, from + 2])
    expect(asker.isClosed).toBe(true)
  })

  it('R30 for what is not here, or not for who asks, gets one and the same refusal', async () => {
    const request: ContentMessage = { type: 'fetch', chain, block, from: 0, until: 16 }
    const other = blockIdOf(Uint8Array.of(9))
    const cases: [ContentMessage, Parameters<typeof serve>[1]][] = [
      [request, () => undefined],
      [request, served(() => false)],
      [{ ...request, chain: other }, served(() => true)],
      [{ ...request, block: other }, served(() => true)],
      [request, served(() => true, { progress: async () => undefined })],
      [request, served(() => true, { progress: async () => ({ state: 'refused', stored: 0 }) })],
      [{ ...request, from: total, until: total + 1 }, served(() => true)]
    ]
    for (const [asked, chains] of cases) {
      const asker = new Asker(asked)
      await serve(asker, chains, still)
      expect(asker.heard).toEqual([REFUSAL])
    }
  })

  it('R14 ends with the right to it: not one node more', async () => {
    let left = 3
    const asker = new Asker({ type: 'fetch', chain, block, from: 0, until: 16 })
    const serving = serve(
      asker,
      served(() => left-- > 0),
      still
    )
    await expect(serving).rejects.toMatchObject({ name: 'AccessDeniedError' })
    // the answer, and a node for each time that it was still permitted after it
    expect(asker.heard).toHaveLength(3)
  })

  it.each<[string, (ContentMessage | Uint8Array)[]]>([
    ['bytes that are no message', [new Uint8Array(MAX_REQUEST_BYTES).fill(7)]],
    ['an answer in place of a request', [{ type: 'answer', until: 1 }]],
    [
      'a grant of more than the window',
      [
        { type: 'fetch', chain, block, from: 0, until: 2 },
        { type: 'grant', until: 99 }
      ]
    ],
    [
      'a grant of less than before',
      [
        { type: 'fetch', chain, block, from: 0, until: 2 },
        { type: 'grant', until: 1 }
      ]
    ]
  ])('that is broken by %s ends the stream', async (_, says) => {
    await expect(
      serve(
        new Asker(...says),
        served(() => true),
        still
      )
    ).rejects.toMatchObject({ name: 'AccessDeniedError' })
  })

  it.each([
    ['R34 is left when it takes nodes more slowly than an asker would put up with', NODE_DEADLINE + 1000, true],
    ['goes on as slowly as an asker would put up with, to the end', NODE_DEADLINE, false]
  ])('by a peer that %s', async (_, pause, isLeft) => {
    let now = 0
    const grants = Array.from({ length: total }, (_unused, index) => ({ type: 'grant', until: index + 2 }) as const)
    const asker = new Asker({ type: 'fetch', chain, block, from: 0, until: 1 }, ...grants)
    const read = asker.read.bind(asker)
    let isAsked = false
    asker.read = async () => {
      if (isAsked) now += pause
      isAsked = true
      return read()
    }
    const serving = serve(
      asker,
      served(() => true),
      () => now
    )
    if (isLeft) {
      await expect(serving).rejects.toMatchObject({ name: 'AccessDeniedError' })
      // each was late by a second, and there is an end to that
      expect(asker.heard.length - 1).toBeLessThanOrEqual((GRANT_DEADLINE - NODE_DEADLINE) / 1000)
    } else {
      await serving
      expect(asker.heard).toHaveLength(1 + total)
    }
  })
})
