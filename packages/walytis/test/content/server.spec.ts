import { defaultLogger } from '@libp2p/logger'
import { describe, expect, it } from 'vitest'
import { blockIdOf } from '../../src/block/id.ts'
import { MAX_ASKING } from '../../src/content/limits.ts'
import { type ContentMessage, encodeContentMessage } from '../../src/content/messages.ts'
import { ContentServer } from '../../src/content/server.ts'
import { AccessDeniedError } from '../../src/errors.ts'
import type { ExchangedFiles } from '../../src/replica.ts'
import type { Frames } from '../../src/sync/framing.ts'
import { alice, bob } from '../../src/testing/actors.ts'

const chain = blockIdOf(Uint8Array.of(1))
const request: ContentMessage = { type: 'fetch', chain, block: blockIdOf(Uint8Array.of(2)), from: 0, until: 16 }
const REFUSAL = encodeContentMessage({ type: 'answer', until: 0 })

/** A stream whose peer says one thing, when it is told to, or nothing. */
class Peer implements Frames {
  readonly heard: Uint8Array[] = []
  readonly #said = Promise.withResolvers<Uint8Array>()
  aborted: Error | undefined

  say(message: ContentMessage): void {
    this.#said.resolve(encodeContentMessage(message))
  }

  async read(): Promise<Uint8Array> {
    return await this.#said.promise
  }

  async write(messages: readonly Uint8Array[]): Promise<void> {
    this.heard.push(...messages)
  }

  async close(): Promise<void> {}

  abort(error: Error): void {
    this.aborted = error
    this.#said.reject(error)
  }
}

/** Nothing of any content is here. */
const files: ExchangedFiles = {
  of: async () => undefined,
  progress: async () => undefined,
  read: () => Promise.reject(new RangeError()),
  append: () => Promise.reject(new RangeError()),
  refuse: () => Promise.reject(new RangeError()),
  complete: () => Promise.reject(new RangeError()),
  lacking: async function* () {}
}

function makeServer(): ContentServer {
  return new ContentServer({
    log: defaultLogger().forComponent('test'),
    chain: (id) => (id === chain.toString() ? { files, permits: (peer) => peer.equals(bob.peerId) } : undefined)
  })
}

describe('a server of larger contents', () => {
  it('F15 drops the oldest of those who open streams and say nothing, and answers who asks', async () => {
    const server = makeServer()
    const silent = Array.from({ length: MAX_ASKING + 5 }, () => new Peer())
    const answering = silent.map((peer) => server.answer(peer, alice.peerId))
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
})
