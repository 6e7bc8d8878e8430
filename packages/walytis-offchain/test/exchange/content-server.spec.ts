import { describe, expect, it } from 'vitest'
import type { Channel, Did } from 'walytis-identities'
import { MAX_SERVED, MAX_SERVED_PER_DEVICE } from '../../src/exchange/content-limits.ts'
import { ContentServer } from '../../src/exchange/content-server.ts'

const did = (name: string): Did => `did:walytis:${name}`

/** A channel over which nothing is ever asked: open until somebody aborts it. */
class SilentChannel implements Channel {
  readonly protocol = ''
  readonly device: Did
  readonly member: Did
  readonly #ended = Promise.withResolvers<never>()
  closed = false

  constructor(member: string, device: string) {
    this.member = did(member)
    this.device = did(`${member} ${device}`)
    // One that is refused has no reader.
    this.#ended.promise.catch(() => undefined)
  }

  async send(): Promise<void> {}

  async *messages(): AsyncGenerator<Uint8Array> {
    yield await this.#ended.promise
  }

  async close(): Promise<void> {}

  abort(reason: Error): void {
    this.closed = true
    this.#ended.reject(reason)
  }
}

/** A server before which channels can be laid. */
function serving(): { readonly server: ContentServer; open(member: string, device: string): SilentChannel } {
  let handler: ((channel: Channel) => Promise<void>) | undefined
  const server = new ContentServer({
    sessions: {
      handle: (_, given) => {
        handler = given
        return () => undefined
      }
    },
    large: { use: () => Promise.reject(new RangeError('nothing is asked for')) },
    find: () => Promise.resolve(undefined),
    entitled: () => Promise.resolve(true),
    served: () => undefined,
    damaged: () => undefined
  })
  server.start()
  return {
    server,
    open(member, device) {
      const channel = new SilentChannel(member, device)
      void handler?.(channel)
      return channel
    }
  }
}

const openOf = (channels: readonly SilentChannel[]): number => channels.filter(({ closed }) => !closed).length

describe('a server of large contents', () => {
  it('F15 F16 is not kept from the others by one member that takes all channels with many devices, and asks for nothing', async () => {
    const { server, open } = serving()
    const greedy = Array.from({ length: MAX_SERVED }, (_, at) => open('mallory', `device ${at >> 2}`))
    expect(openOf(greedy)).toBe(MAX_SERVED)
    const others = Array.from({ length: MAX_SERVED / 2 }, (_, at) => open(`member ${at}`, 'phone'))
    expect(openOf(others)).toBe(others.length)
    expect(openOf(greedy)).toBe(MAX_SERVED / 2)
    expect(openOf([open('mallory', 'one more')])).toBe(0)
    await server.stop()
  })

  it('serves as many as it may, and no more, when all take the same', async () => {
    const { server, open } = serving()
    const served = Array.from({ length: MAX_SERVED }, (_, at) => open(`member ${at}`, 'phone'))
    expect(openOf([open('late', 'phone')])).toBe(0)
    expect(openOf(served)).toBe(MAX_SERVED)
    await server.stop()
  })

  it('serves one device with so many channels at a time', async () => {
    const { server, open } = serving()
    const channels = Array.from({ length: MAX_SERVED_PER_DEVICE + 1 }, () => open('alice', 'phone'))
    expect(openOf(channels)).toBe(MAX_SERVED_PER_DEVICE)
    await server.stop()
  })
})
