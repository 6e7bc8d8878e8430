import type { AbortOptions } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import type { BlockId, Consumer } from 'walytis/interface'
import { ClosedError, HandlerError } from './errors.ts'
import type { LogEntry } from './store/block-row.ts'
import type { ContentStore } from './store/content-store.ts'

/** Changes read at a time. */
const PAGE = 128

/** Waits before a handler that failed is called again: doubled each time, in milliseconds. */
const RETRY = { first: 50, longest: 30_000 } as const

export interface ConsumerInit {
  readonly name: string
  readonly from: 'beginning' | 'now'
  handle(kind: LogEntry['kind'], id: BlockId): Promise<void>
  /** Resolves once all that the chain knew when it was called stands in the log. */
  settled(options?: AbortOptions): Promise<void>
  /** The consumer was closed, by whomever. */
  closed(): void
}

/** A durable reader of the log of a private chain: one change at a time, each again until the handler succeeds. */
export class LogConsumer implements Consumer {
  readonly name: string
  readonly #store: ContentStore
  readonly #init: ConsumerInit
  readonly #stopping = new AbortController()
  readonly #waiters = new Set<() => void>()
  #position: number
  #failure: Error | undefined
  #work: Promise<void> | undefined

  private constructor(store: ContentStore, init: ConsumerInit, position: number) {
    this.name = init.name
    this.#store = store
    this.#init = init
    this.#position = position
  }

  /** Start from where the name last succeeded. */
  static async start(store: ContentStore, init: ConsumerInit, options?: AbortOptions): Promise<LogConsumer> {
    const stored = await store.cursor(init.name)
    const fresh = init.from === 'now' ? store.horizon() : 0
    const consumer = new LogConsumer(store, init, stored ?? fresh)
    if (stored === undefined) await store.write([store.putCursor(init.name, fresh)], false)
    options?.signal?.addEventListener('abort', () => void consumer.close(), { once: true })
    if (options?.signal?.aborted === true) await consumer.close()
    consumer.wake()
    return consumer
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  async drained(options?: AbortOptions): Promise<void> {
    await this.#init.settled(options)
    const target = this.#store.horizon()
    while (this.#position < target) {
      options?.signal?.throwIfAborted()
      if (this.#stopping.signal.aborted) throw new ClosedError('The consumer is closed')
      await this.#nextStep(options?.signal)
    }
  }

  async close(): Promise<void> {
    const first = !this.#stopping.signal.aborted
    this.#stopping.abort()
    await this.#work
    this.#stepped()
    if (first) this.#init.closed()
  }

  /** The log may have grown. */
  wake(): void {
    if (this.#work !== undefined || this.#stopping.signal.aborted) return
    this.#work = this.#run().finally(() => {
      this.#work = undefined
      if (this.#position < this.#store.horizon()) this.wake()
    })
  }

  async #run(): Promise<void> {
    const horizon = this.#store.horizon()
    for (;;) {
      // A page at a time: a handler may be slow, and an open iterator keeps old rows from being cleared away.
      const page = await this.#page()
      for (const [ordinal, entry] of page) {
        if (!(await this.#hand(ordinal, entry))) return
        this.#position = ordinal
        this.#stepped()
      }
      if (page.length < PAGE) break
    }
    // A write that failed leaves a gap in the numbers: everything up to the horizon has been seen all the same.
    this.#position = Math.max(this.#position, horizon)
    this.#stepped()
  }

  async #page(): Promise<[number, LogEntry][]> {
    const page: [number, LogEntry][] = []
    for await (const row of this.#store.log({ after: this.#position })) {
      page.push(row)
      if (page.length === PAGE) break
    }
    return page
  }

  /** Whether the handler has succeeded, before the consumer was closed. */
  async #hand(ordinal: number, entry: LogEntry): Promise<boolean> {
    const { signal } = this.#stopping
    for (let pause: number = RETRY.first; !signal.aborted; pause = Math.min(2 * pause, RETRY.longest)) {
      try {
        await this.#init.handle(entry.kind, CID.parse(entry.id))
        // Not synced: at worst, a loss of power hands the change over again.
        await this.#store.write([this.#store.putCursor(this.name, ordinal)], false)
        this.#failure = undefined
        return true
      } catch (error) {
        this.#failure = error instanceof Error ? error : new HandlerError(this.name, { cause: error })
        await pauseFor(pause, signal)
      }
    }
    return false
  }

  #stepped(): void {
    for (const resolve of this.#waiters) resolve()
    this.#waiters.clear()
  }

  async #nextStep(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.add(resolve)
    signal?.addEventListener('abort', () => resolve(), { once: true })
    await promise
  }
}

async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  const aborted = (): void => resolve()
  signal.addEventListener('abort', aborted, { once: true })
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', aborted)
}
