import type { AbortOptions, PeerId } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { ClosedError } from '../errors.ts'
import type { Frames } from '../sync/framing.ts'
import type { SyncHost } from '../sync/host.ts'
import type { Timers } from '../timers.ts'

/**
 * A network in memory, whose chance is a seed and whose time is its own: messages of different streams overtake each other,
 * connections break and come back, groups are cut off and joined again. Within a stream messages keep their order, as they
 * do on a real one. The real sync runs on top, unchanged.
 */
export class MemoryNetwork {
  readonly timers: Timers
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

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(this.random() * 256))
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.random() * items.length)]
  }

  /** A node's place in the network. */
  host(peerId: PeerId): SyncHost {
    const host = new MemoryHost(peerId, this)
    this.hosts.set(peerId.toString(), host)
    return host
  }

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

  isConnected(a: PeerId, b: PeerId): boolean {
    return this.links.has(linkName(a, b))
  }

  open(from: PeerId, to: PeerId): Frames {
    const handlers = this.hosts.get(to.toString())?.handlers
    if (handlers === undefined || !this.isConnected(from, to)) throw new ClosedError('connection')
    const stream = new MemoryStream(linkName(from, to), () => this.streams.delete(stream))
    this.streams.add(stream)
    const [ours, theirs] = stream.ends
    handlers.opened(theirs, from)
    return ours
  }

  /** How many messages are under way. */
  get inTransit(): number {
    let count = 0
    for (const stream of this.streams) count += stream.waiting.length
    return count
  }

  /** Deliver one message of a stream that chance picks. Returns false when none is under way. */
  deliver(): boolean {
    const stream = this.pick([...this.streams].filter(({ waiting }) => waiting.length > 0))
    stream?.deliver(this.random)
    return stream !== undefined
  }

  /** Let time pass until the next alarm within `milliseconds`. Returns false when there is none. */
  skipToAlarm(milliseconds: number): boolean {
    const [next] = [...this.alarms].sort((a, b) => a.at - b.at)
    if (next === undefined || next.at > this.time + milliseconds) return false
    this.time = Math.max(this.time, next.at)
    this.alarms.delete(next)
    next.callback()
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
      if (!isIdle || this.inTransit > 0) continue
      if (await condition()) return true
      if (this.inTransit === 0 && !this.skipToAlarm(Number.POSITIVE_INFINITY)) await turn()
    }
    return false
  }
}

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

interface Waiting {
  readonly to: MemoryEnd
  /** undefined: the end of the stream. */
  readonly message: Uint8Array | undefined
}

class MemoryStream {
  readonly link: string
  readonly ends: readonly [MemoryEnd, MemoryEnd]
  readonly waiting: Waiting[] = []
  private readonly ended: () => void

  constructor(link: string, ended: () => void) {
    this.link = link
    this.ended = ended
    const first = new MemoryEnd(this)
    const second = new MemoryEnd(this)
    this.ends = [first, second]
  }

  send(from: MemoryEnd, message: Uint8Array | undefined): void {
    const [first, second] = this.ends
    this.waiting.push({ to: from === first ? second : first, message })
  }

  /** The next message in one of the two directions. */
  deliver(random: () => number): void {
    const directions = this.ends.filter((end) => this.waiting.some(({ to }) => to === end))
    const end = directions[Math.floor(random() * directions.length)]
    const i = this.waiting.findIndex(({ to }) => to === end)
    const [next] = this.waiting.splice(i, 1)
    next?.to.receive(next.message)
  }

  break(error: Error): void {
    this.waiting.length = 0
    this.ended()
    for (const end of this.ends) end.fail(error)
  }
}

class MemoryEnd implements Frames {
  private readonly stream: MemoryStream
  private readonly arrived: Uint8Array[] = []
  private failure: Error | undefined
  private wake: (() => void) | undefined

  constructor(stream: MemoryStream) {
    this.stream = stream
  }

  async read(options?: AbortOptions): Promise<Uint8Array> {
    for (;;) {
      options?.signal?.throwIfAborted()
      const message = this.arrived.shift()
      if (message !== undefined) return message
      if (this.failure !== undefined) throw this.failure
      await new Promise<void>((resolve) => {
        this.wake = resolve
        options?.signal?.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  async write(messages: readonly Uint8Array[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    for (const message of messages) this.stream.send(this, message)
  }

  async close(): Promise<void> {
    this.stream.send(this, undefined)
    this.fail(new ClosedError('stream'))
  }

  abort(error: Error): void {
    this.stream.break(error)
  }

  receive(message: Uint8Array | undefined): void {
    if (message === undefined) this.fail(new ClosedError('stream'))
    else this.arrived.push(message)
    this.wake?.()
  }

  fail(error: Error): void {
    this.failure ??= error
    this.wake?.()
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
