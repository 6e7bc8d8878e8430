import type { AbortOptions } from '@libp2p/interface'
import { ClosedError } from '../errors.ts'
import type { Frames } from '../sync/framing.ts'

/** What a network in memory does to what is under way. */
export interface Weather {
  /** Longest time that a message is under way, in milliseconds. Messages of one direction of a stream keep their order. */
  readonly delay: number
  /**
   * How likely each message is to be lost: its stream breaks, or falls silent in that direction until the connection is found
   * to be dead.
   */
  readonly loss: number
  /** How likely a message is left out, doubled, or swapped with the one before it: what no authenticated stream lets happen. */
  readonly tampering: number
}

/** Nothing is lost, and nothing waits. */
export const CALM: Weather = { delay: 0, loss: 0, tampering: 0 }

/** What the network gives its streams. */
export interface StreamSurroundings {
  readonly weather: Weather
  /** From 0 (inclusive) to 1 (exclusive). */
  chance(): number
  now(): number
  ended(): void
  /** A stream has fallen silent. */
  silenced(): void
  /** A message was read or is about to be: what lies unread in one direction, in bytes. */
  unread(bytes: number): void
}

interface Waiting {
  readonly to: MemoryEnd
  /** undefined: the end of the stream. */
  readonly message: Uint8Array | undefined
  readonly at: number
}

/** One stream in memory: both of its ends, and what is under way between them. */
export class MemoryStream {
  readonly link: string
  readonly ends: readonly [MemoryEnd, MemoryEnd]
  private readonly waiting: Waiting[] = []
  private readonly surroundings: StreamSurroundings
  private readonly silenced = new Set<MemoryEnd>()

  constructor(link: string, surroundings: StreamSurroundings) {
    this.link = link
    this.surroundings = surroundings
    const first = new MemoryEnd(this)
    const second = new MemoryEnd(this)
    this.ends = [first, second]
  }

  /** How many messages are under way. */
  get inTransit(): number {
    return this.waiting.length
  }

  /** When the next message is due in any direction; undefined when none is under way. */
  get nextDue(): number | undefined {
    const dues = this.ends.flatMap((end) => this.headFor(end)?.at ?? [])
    return dues.length === 0 ? undefined : Math.min(...dues)
  }

  send(from: MemoryEnd, message: Uint8Array | undefined): void {
    const { weather } = this.surroundings
    const to = this.otherEnd(from)
    if (this.silenced.has(to)) return
    if (weather.loss > 0 && this.surroundings.chance() < weather.loss) {
      if (this.surroundings.chance() < 0.5) this.break(new ClosedError('connection'))
      else this.silence(to)
      return
    }
    const tampers = message !== undefined && weather.tampering > 0 && this.surroundings.chance() < weather.tampering
    if (!tampers) this.queue(to, message)
    else this.tamper(to, message)
  }

  /** The next message in one of the two directions that is due. */
  deliver(): void {
    const now = this.surroundings.now()
    const directions = this.ends.filter((end) => (this.headFor(end)?.at ?? Number.POSITIVE_INFINITY) <= now)
    const end = directions[Math.floor(this.surroundings.chance() * directions.length)]
    const next = end === undefined ? undefined : this.headFor(end)
    if (end === undefined || next === undefined) return
    this.waiting.splice(this.waiting.indexOf(next), 1)
    this.surroundings.unread(end.receive(next.message))
  }

  break(error: Error): void {
    this.waiting.length = 0
    this.surroundings.ended()
    for (const end of this.ends) end.fail(error)
  }

  otherEnd(end: MemoryEnd): MemoryEnd {
    const [first, second] = this.ends
    return end === first ? second : first
  }

  private silence(to: MemoryEnd): void {
    this.silenced.add(to)
    this.surroundings.silenced()
  }

  private queue(to: MemoryEnd, message: Uint8Array | undefined): void {
    const { weather } = this.surroundings
    const delay = weather.delay === 0 ? 0 : this.surroundings.chance() * weather.delay
    const last = this.waiting.findLast((waiting) => waiting.to === to)?.at ?? 0
    this.waiting.push({ to, message, at: Math.max(last, this.surroundings.now() + delay) })
  }

  private tamper(to: MemoryEnd, message: Uint8Array): void {
    const kind = this.surroundings.chance()
    if (kind < 1 / 3) return
    const before = this.waiting.findLastIndex((waiting) => waiting.to === to && waiting.message !== undefined)
    const [swapped] = kind < 2 / 3 && before >= 0 ? this.waiting.splice(before, 1) : []
    this.queue(to, message)
    this.queue(to, swapped?.message ?? message)
  }

  private headFor(end: MemoryEnd): Waiting | undefined {
    return this.waiting.find(({ to }) => to === end)
  }
}

/** One end of a stream in memory. */
export class MemoryEnd implements Frames {
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
      await this.untilChanged(options?.signal ?? undefined)
    }
  }

  async write(messages: readonly Uint8Array[]): Promise<void> {
    for (const message of messages) {
      if (this.failure !== undefined) throw this.failure
      this.stream.send(this, message)
    }
  }

  async close(): Promise<void> {
    this.stream.send(this, undefined)
    this.fail(new ClosedError('stream'))
  }

  abort(error: Error): void {
    this.stream.break(error)
  }

  /** @returns the bytes that lie unread here */
  receive(message: Uint8Array | undefined): number {
    if (message === undefined) this.fail(new ClosedError('stream'))
    else this.arrived.push(message)
    this.wake?.()
    return this.arrived.reduce((sum, { length }) => sum + length, 0)
  }

  fail(error: Error): void {
    this.failure ??= error
    this.wake?.()
  }

  private async untilChanged(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.wake = resolve
    signal?.addEventListener('abort', () => resolve(), { once: true })
    await promise
  }
}
