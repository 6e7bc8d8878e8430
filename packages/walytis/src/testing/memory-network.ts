import type { AbortOptions, PeerId } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { ClosedError } from '../errors.ts'
import type { Frames } from '../sync/framing.ts'
import type { SyncHost } from '../sync/host.ts'
import type { Timers } from '../timers.ts'
import { CALM, MemoryStream, type StreamSurroundings, type Weather } from './memory-stream.ts'

/**
 * A network in memory, whose chance is a seed and whose time is its own: messages of different streams overtake each other,
 * are late or lost, connections break and come back, groups are cut off and joined again. Within a stream messages keep their
 * order, as they do on a real one, unless the weather says that somebody tampers with them. The real sync runs on top, unchanged.
 */
export class MemoryNetwork {
  readonly timers: Timers
  /** What happens to messages from now on. */
  weather: Weather = CALM
  /** The most that ever lay unread at one end of a stream, in bytes. */
  mostUnread = 0
  /** Told of all that is sent, before chance has its way with it. */
  tap: ((from: PeerId, to: PeerId, stream: object, message: Uint8Array) => void) | undefined
  /** Told of a connection that was found to be dead: whoever wants it has to connect again. */
  lost: (() => void) | undefined
  private readonly random: () => number
  private readonly hosts = new Map<string, MemoryHost>()
  private readonly links = new Set<string>()
  private readonly streams = new Set<MemoryStream>()
  private readonly alarms = new Set<{ readonly at: number; readonly callback: () => void }>()
  private time = Date.UTC(2026, 0, 1)

  /** @param seed any 32-bit number */
  constructor(seed: number) {
    this.random = seededRandom(seed)
    this.timers = {
      now: () => this.time,
      after: (milliseconds, callback) => {
        const alarm = { at: this.time + Math.max(0, milliseconds), callback }
        this.alarms.add(alarm)
        return () => this.alarms.delete(alarm)
      }
    }
  }

  /** From 0 (inclusive) to 1 (exclusive). */
  chance(): number {
    return this.random()
  }

  /** Random bytes of this network's seed. */
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(this.random() * 256))
  }

  /** One that chance picks; undefined when there is none. */
  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.random() * items.length)]
  }

  /** A node's place in the network. */
  host(peerId: PeerId): SyncHost {
    const host = new MemoryHost(peerId, this)
    this.hosts.set(peerId.toString(), host)
    return host
  }

  /** Connect two peers, and tell both. */
  connect(a: PeerId, b: PeerId): void {
    const name = linkName(a, b)
    if (this.links.has(name)) return
    this.links.add(name)
    for (const [one, other] of [
      [a, b],
      [b, a]
    ] as const) {
      this.hosts.get(one.toString())?.handlers?.connected(other)
    }
  }

  /** Break the connection and all streams on it; what was under way is lost. */
  disconnect(a: PeerId, b: PeerId): void {
    const name = linkName(a, b)
    this.links.delete(name)
    for (const stream of [...this.streams]) if (stream.link === name) stream.break(new ClosedError('connection'))
  }

  /** Connect everybody within each group, and cut off groups from each other. */
  partition(groups: readonly (readonly PeerId[])[]): void {
    const all = groups.flat()
    for (const a of all) {
      for (const b of all) {
        if (a.equals(b)) continue
        if (groups.some((group) => group.includes(a) && group.includes(b))) this.connect(a, b)
        else this.disconnect(a, b)
      }
    }
  }

  /** Somebody's machine is gone: no connection, no stream, nobody who listens. */
  detach(peer: PeerId): void {
    const name = peer.toString()
    for (const link of [...this.links]) {
      const [one, other] = link.split(' ')
      if (one !== name && other !== name) continue
      this.links.delete(link)
      for (const stream of [...this.streams]) if (stream.link === link) stream.break(new ClosedError('connection'))
    }
    this.hosts.delete(name)
  }

  /** Whether two peers are connected. */
  isConnected(a: PeerId, b: PeerId): boolean {
    return this.links.has(linkName(a, b))
  }

  /** A stream between two connected peers.
   * @throws {ClosedError} when they are not */
  open(from: PeerId, to: PeerId): Frames {
    const handlers = this.hosts.get(to.toString())?.handlers
    if (handlers === undefined || !this.isConnected(from, to)) throw new ClosedError('connection')
    if (this.weather.loss > 0 && this.chance() < this.weather.loss) throw new ClosedError('connection')
    const stream: MemoryStream = new MemoryStream(
      linkName(from, to),
      this.surroundings(from, to, () => this.streams.delete(stream))
    )
    this.streams.add(stream)
    const [ours, theirs] = stream.ends
    const [tapped, tappedBack] = [this.tapped(ours, from, to, stream), this.tapped(theirs, to, from, stream)]
    handlers.opened(tappedBack, from)
    return tapped
  }

  /** How many streams somebody holds open, with whomever. */
  streamsOf(peer: PeerId): number {
    const name = peer.toString()
    return [...this.streams].filter(({ link }) => link.split(' ').includes(name)).length
  }

  /** How many messages are under way. */
  get inTransit(): number {
    let count = 0
    for (const stream of this.streams) count += stream.inTransit
    return count
  }

  /** Deliver one message that is due, of a stream that chance picks. Returns false when none is. */
  deliver(): boolean {
    const isDue = ({ nextDue }: MemoryStream): boolean => nextDue !== undefined && nextDue <= this.time
    const stream = this.pick([...this.streams].filter(isDue))
    stream?.deliver()
    return stream !== undefined
  }

  /** Let time pass until the next alarm, or until a message is due, within `milliseconds`. Returns false when there is neither. */
  skip(milliseconds: number): boolean {
    const [next] = [...this.alarms].sort((a, b) => a.at - b.at)
    const due = Math.min(...[...this.streams].map(({ nextDue }) => nextDue ?? Number.POSITIVE_INFINITY))
    const at = Math.min(due, next?.at ?? Number.POSITIVE_INFINITY)
    if (at === Number.POSITIVE_INFINITY || at > this.time + milliseconds) return false
    this.time = Math.max(this.time, at)
    if (next !== undefined && next.at <= due) {
      this.alarms.delete(next)
      next.callback()
    }
    return true
  }

  /**
   * Deliver messages, and let time pass where none is under way, until the condition holds.
   *
   * @param maximumSteps guards against a network that never comes to rest
   * @returns whether the condition came to hold
   */
  async run(condition: () => Promise<boolean>, maximumSteps = 20_000): Promise<boolean> {
    for (let i = 0; i < maximumSteps; i++) {
      const isIdle = !this.deliver()
      for (let rest = isIdle ? IDLE_TURNS : Math.floor(this.random() * 3); rest > 0; rest--) await turn()
      if (!isIdle) continue
      if (this.inTransit === 0 && (await condition())) return true
      if (!this.deliver() && !this.skip(Number.POSITIVE_INFINITY)) await turn()
    }
    return false
  }

  private surroundings(from: PeerId, to: PeerId, ended: () => void): StreamSurroundings {
    const network = this
    return {
      get weather() {
        return network.weather
      },
      chance: () => this.random(),
      now: () => this.time,
      ended,
      // libp2p pings on each connection, and closes it when nobody answers
      silenced: () =>
        void this.timers.after(this.random() * PING_MILLISECONDS, () => {
          this.disconnect(from, to)
          this.lost?.()
        }),
      unread: (bytes) => {
        this.mostUnread = Math.max(this.mostUnread, bytes)
      }
    }
  }

  private tapped(end: Frames, from: PeerId, to: PeerId, stream: object): Frames {
    const { tap } = this
    if (tap === undefined) return end
    return {
      read: (options) => end.read(options),
      close: (options) => end.close(options),
      abort: (error) => end.abort(error),
      write: async (messages, options) => {
        for (const message of messages) tap(from, to, stream, message)
        await end.write(messages, options)
      }
    }
  }
}

/** How long a dead connection may go unnoticed. */
const PING_MILLISECONDS = 30_000

/** Turns of the event loop in which pending work of the store finishes. */
const IDLE_TURNS = 4

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const linkName = (a: PeerId, b: PeerId): string => [a.toString(), b.toString()].sort().join(' ')

class MemoryHost implements SyncHost {
  readonly peerId: PeerId
  readonly log = defaultLogger().forComponent('walytis:memory-network')
  handlers: Parameters<SyncHost['listen']>[0] | undefined
  private readonly network: MemoryNetwork

  constructor(peerId: PeerId, network: MemoryNetwork) {
    this.peerId = peerId
    this.network = network
  }

  async listen(handlers: Parameters<SyncHost['listen']>[0]): Promise<() => Promise<void>> {
    this.handlers = handlers
    return async () => {
      this.handlers = undefined
    }
  }

  isConnected(peer: PeerId): boolean {
    return this.network.isConnected(this.peerId, peer)
  }

  async open(peer: PeerId, _options: AbortOptions): Promise<Frames> {
    return this.network.open(this.peerId, peer)
  }

  async hangUp(peer: PeerId): Promise<void> {
    this.network.disconnect(this.peerId, peer)
  }
}

/** Mulberry32: small, fast, and the same everywhere. Nothing secret may depend on it. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
