import type { PeerId } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { describe, expect, it } from 'vitest'
import { blockIdOf } from '../../src/block/id.ts'
import { DENIED, MAX_ASKING, MAX_SERVED, MAX_STREAMS_PER_PEER, TURN } from '../../src/content/limits.ts'
import { type ContentMessage, decodeContentMessage, encodeContentMessage } from '../../src/content/messages.ts'
import { ContentServer } from '../../src/content/server.ts'
import { shapeOf } from '../../src/content/shape.ts'
import { AccessDeniedError } from '../../src/errors.ts'
import type { ExchangedFiles } from '../../src/replica.ts'
import type { Frames } from '../../src/sync/framing.ts'
import { alice, bob, carol, createActor } from '../../src/testing/actors.ts'

const chain = blockIdOf(Uint8Array.of(1))
const request: Extract<ContentMessage, { type: 'fetch' }> = {
  type: 'fetch',
  chain,
  block: blockIdOf(Uint8Array.of(2)),
  from: 0,
  until: 16
}
/** For what is here; it is given out up to the window, and then waits for a grant. */
const held: typeof request = { ...request, block: blockIdOf(Uint8Array.of(4)) }
const REFUSAL = encodeContentMessage({ type: 'answer', until: 0 })

/** A stream whose peer says one thing, when it is told to, or nothing. */
class Peer implements Frames {
  readonly heard: Uint8Array[] = []
  /** Settles once the server waits for more, or is done. */
  readonly answered = Promise.withResolvers<void>()
  #said = Promise.withResolvers<Uint8Array>()
  aborted: Error | undefined

  say(message: ContentMessage): void {
    this.#said.resolve(encodeContentMessage(message))
  }

  async read(): Promise<Uint8Array> {
    if (this.heard.length > 0) this.answered.resolve()
    const said = await this.#said.promise
    if (this.aborted === undefined) this.#said = Promise.withResolvers()
    return said
  }

  async write(messages: readonly Uint8Array[]): Promise<void> {
    this.heard.push(...messages)
  }

  async close(): Promise<void> {
    this.answered.resolve()
  }

  abort(error: Error): void {
    this.aborted = error
    this.answered.resolve()
    // perhaps nobody reads now
    this.#said.promise.catch(() => {})
    this.#said.reject(error)
  }
}

/** Of a content of this many nodes, all are here. */
const size = 40 * 256 * 1024
const files: ExchangedFiles = {
  of: async (id) =>
    id.equals(held.block) ? { reference: { root: blockIdOf(Uint8Array.of(3)), size }, replicated: true } : undefined,
  progress: async () => ({ state: 'whole', stored: shapeOf(size).total }),
  read: async (_, position) => Uint8Array.of(position),
  append: () => Promise.reject(new RangeError()),
  refuse: () => Promise.reject(new RangeError()),
  complete: () => Promise.reject(new RangeError()),
  lacking: async function* () {}
}

let now = 0

function makeServer(): ContentServer {
  return new ContentServer({
    log: defaultLogger().forComponent('test'),
    now: () => now,
    chain: (id) => (id === chain.toString() ? { files, permits: (peer) => !peer.equals(alice.peerId) } : undefined)
  })
}

/** Streams that ask a server for the content, one after the other. */
function askers(server: ContentServer) {
  const ending: Promise<void>[] = []
  const ask = async (peer: PeerId): Promise<Peer> => {
    const stream = new Peer()
    ending.push(server.answer(stream, peer))
    stream.say(held)
    await stream.answered.promise
    return stream
  }
  return { ask, ended: () => Promise.all(ending) }
}

/** Whether a stream gives out the content; undefined before there is an answer. */
function isServed({ heard: [answer] }: Peer): boolean | undefined {
  const message = answer === undefined ? undefined : decodeContentMessage(answer)
  return message?.type === 'answer' ? message.until > 0 : undefined
}

describe('a server of larger contents', () => {
  it('F15 drops the oldest of those who open streams and say nothing, and answers who asks', async () => {
    const server = makeServer()
    const silent = Array.from({ length: MAX_ASKING + 5 }, () => new Peer())
    const answering = silent.map((peer, index) => server.answer(peer, createActor(`stranger ${index}`).peerId))
    expect(silent.filter(({ aborted }) => aborted instanceof AccessDeniedError)).toEqual(silent.slice(0, 5))
    const member = new Peer()
    const answered = server.answer(member, bob.peerId)
    member.say(request)
    await answered
    expect(member.heard).toEqual([REFUSAL])
    expect(member.aborted).toBeUndefined()
    server.stop()
    await Promise.all(answering)
    expect(silent.every(({ aborted }) => aborted !== undefined)).toBe(true)
  })

  it('tells members and strangers the same of what is not here', async () => {
    const server = makeServer()
    const [member, stranger] = [new Peer(), new Peer()]
    const answering = [server.answer(member, bob.peerId), server.answer(stranger, alice.peerId)]
    member.say(request)
    stranger.say(request)
    await Promise.all(answering)
    expect(member.heard).toEqual(stranger.heard)
  })

  it('R34 gives one peer only its part of the places, over however many connections it asks', async () => {
    const server = makeServer()
    const { ask, ended } = askers(server)
    const greedy: Peer[] = []
    for (let i = 0; i < 3 * MAX_STREAMS_PER_PEER; i++) greedy.push(await ask(bob.peerId))
    expect(greedy.filter(isServed)).toEqual(greedy.slice(0, MAX_STREAMS_PER_PEER))
    expect(isServed(await ask(carol.peerId))).toBe(true)
    server.stop()
    await ended()
  })

  it('R34 takes a place from who holds most for who holds fewer, and else from who has had its turn', async () => {
    now = 0
    const server = makeServer()
    const { ask, ended } = askers(server)
    const own: Peer[] = []
    for (let i = 0; i < MAX_STREAMS_PER_PEER; i++) own.push(await ask(bob.peerId))
    for (let i = MAX_STREAMS_PER_PEER; i < MAX_SERVED; i++) await ask(createActor(`member ${i}`).peerId)
    expect(isServed(await ask(carol.peerId))).toBe(true)
    expect(own.filter(({ aborted }) => aborted !== undefined)).toEqual(own.slice(0, 1))
    for (let i = 2; i < MAX_STREAMS_PER_PEER; i++) await ask(createActor(`newcomer ${i}`).peerId)
    expect(own.filter(({ aborted }) => aborted === undefined)).toHaveLength(1)
    // all hold one now, so it is their turn that counts
    const last = createActor('last').peerId
    now = TURN - 1
    expect(isServed(await ask(last))).toBe(false)
    now = TURN
    expect(isServed(await ask(last))).toBe(true)
    server.stop()
    await ended()
  })

  it('R34 keeps no more silent streams of one peer than its part, and those of others stay', async () => {
    const server = makeServer()
    const member = new Peer()
    const answered = server.answer(member, bob.peerId)
    const silent = Array.from({ length: 3 * MAX_ASKING }, () => new Peer())
    const answering = silent.map((peer) => server.answer(peer, alice.peerId))
    expect(silent.filter(({ aborted }) => aborted === undefined)).toEqual(silent.slice(-MAX_STREAMS_PER_PEER))
    member.say(request)
    await answered
    expect(member.heard).toEqual([REFUSAL])
    server.stop()
    await Promise.all(answering)
  })

  it('R34 does not listen to a stranger who asks again and again, for a while', async () => {
    now = 0
    const server = makeServer()
    const ask = async (peer: PeerId): Promise<Peer> => {
      const stream = new Peer()
      stream.say(request)
      await server.answer(stream, peer)
      return stream
    }
    for (let i = 0; i < DENIED.burst; i++) expect((await ask(alice.peerId)).heard).toEqual([REFUSAL])
    expect(await ask(alice.peerId)).toMatchObject({ heard: [], aborted: { name: 'AccessDeniedError' } })
    for (let i = 0; i < 2 * DENIED.burst; i++) expect((await ask(bob.peerId)).heard).toEqual([REFUSAL])
    now = DENIED.every
    expect((await ask(alice.peerId)).heard).toEqual([REFUSAL])
  })
})
