import type { AbortOptions } from '@libp2p/interface'
import { CHANGES_PER_CHECKPOINT, CONSUMER_RETRY } from './constants.ts'
import { ClosedError, HandlerError } from './errors.ts'
import type { ConsumeOptions, Consumer } from './interface/index.ts'

/** A log of numbered changes that only grows, and the durable cursor of one consumer in it. */
export interface ConsumedLog<C extends { readonly seq: number }> {
  /** The number up to which nothing can be added to the log any more. */
  last(): number
  /** The next few changes after a number, in their order; none at the end. */
  after(seq: number): Promise<readonly C[]>
  /** The number of the last change that was handled; undefined when the consumer is new. */
  cursor(): Promise<number | undefined>
  /** Need not be synced: at worst, a loss of power hands changes over again. */
  moveCursor(seq: number): Promise<void>
  /** Tell `grown` whenever `last` may have become greater, until what it returns is called. */
  watch(grown: () => void): () => void
  /** Resolves once all that is known beneath stands in the log. Default: it always does. */
  settled?(options?: AbortOptions): Promise<void>
}

export interface ConsumerInit<C extends { readonly seq: number }> {
  readonly name: string
  readonly from: 'beginning' | 'now'
  readonly log: ConsumedLog<C>
  handle(change: C): Promise<void>
  /** The consumer was closed, by whomever. */
  closed(): void
  /** What the caller's `onFailure` threw. Must not throw. */
  report(error: unknown): void
}

type ConsumerOptions = Pick<ConsumeOptions, 'signal' | 'onFailure' | 'checkpoint'>

/**
 * A durable reader of a log: hands over one change at a time, and moves its cursor when the handler has succeeded. A
 * handler that fails is called again with the same change, after growing pauses. After a crash the last change may come twice. A handler
 * must not wait for its own consumer to close: closing waits for the handler.
 */
export class LogConsumer<C extends { readonly seq: number }> implements Consumer {
  readonly name: string
  readonly #init: ConsumerInit<C>
  readonly #log: ConsumedLog<C>
  readonly #stopping = new AbortController()
  readonly #waiters = new Set<() => void>()
  readonly #onFailure: ConsumeOptions['onFailure']
  readonly #checkpoint: ConsumeOptions['checkpoint']
  #position: number
  /** Changes handled since the cursor was moved. */
  #unnoted = 0
  #failure: Error | undefined
  #work: Promise<void> | undefined
  #closing: Promise<void> | undefined
  readonly #unsubscribe: () => void

  private constructor(init: ConsumerInit<C>, position: number, options: ConsumerOptions) {
    this.name = init.name
    this.#onFailure = options.onFailure
    this.#checkpoint = options.checkpoint
    this.#init = init
    this.#log = init.log
    this.#position = position
    this.#unsubscribe = init.log.watch(() => this.#wake())
  }

  /** Start from where the name last succeeded. The signal, when it comes, closes the consumer. */
  static async start<C extends { readonly seq: number }>(
    init: ConsumerInit<C>,
    options: ConsumerOptions = {}
  ): Promise<LogConsumer<C>> {
    const { log } = init
    const { signal } = options
    const cursor = await log.cursor()
    const fresh = init.from === 'now' ? log.last() : 0
    if (cursor === undefined) await log.moveCursor(fresh)
    const consumer = new LogConsumer(init, cursor ?? fresh, options)
    const aborted = (): void => void consumer.close()
    signal?.addEventListener('abort', aborted, { once: true })
    consumer.#stopping.signal.addEventListener('abort', () => signal?.removeEventListener('abort', aborted))
    if (signal?.aborted === true) await consumer.close()
    consumer.#wake()
    return consumer
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  async drained(options: AbortOptions = {}): Promise<void> {
    await this.#log.settled?.(options)
    const target = this.#log.last()
    while (this.#position < target) {
      options.signal?.throwIfAborted()
      if (this.#stopping.signal.aborted) throw new ClosedError('consumer')
      await this.#nextStep(options.signal)
    }
  }

  /** Stop, and wait for a handler that is at work. */
  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    this.#stopping.abort()
    this.#unsubscribe()
    await this.#work
    this.#stepped()
    try {
      await this.#note()
    } catch (error) {
      // the changes are handed over again, and nothing is lost
      this.#init.report(error)
    }
    this.#init.closed()
  }

  /** Move the cursor to where the consumer stands, once what its handler has made of the changes up to there is certain. */
  async #note(): Promise<void> {
    if (this.#unnoted === 0) return
    await this.#checkpoint?.()
    await this.#log.moveCursor(this.#position)
    this.#unnoted = 0
  }

  #wake(): void {
    if (this.#work !== undefined || this.#stopping.signal.aborted) return
    this.#work = this.#run().finally(() => {
      this.#work = undefined
      // changes that came while the last page was being finished
      if (this.#position < this.#log.last()) this.#wake()
    })
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const last = this.#log.last()
      // a page at a time: a handler may be slow, and an open iterator keeps old rows from being cleared away
      const page = await this.#retry(() => this.#log.after(this.#position))
      if (page === undefined) return
      if (page.length === 0) {
        // a write that failed can leave a gap in the numbers: there is nothing up to the last one all the same
        this.#moved(Math.max(this.#position, last))
        return
      }
      for (const change of page) {
        const handled = await this.#retry(async () => {
          await this.#init.handle(change)
          if (this.#checkpoint === undefined) await this.#log.moveCursor(change.seq)
          return true
        })
        if (handled === undefined) return
        this.#moved(change.seq)
        if (this.#checkpoint === undefined || ++this.#unnoted < CHANGES_PER_CHECKPOINT) continue
        await this.#retry(() => this.#note())
      }
    }
  }

  /** Undefined when the consumer was closed before the step succeeded. */
  async #retry<T>(step: () => Promise<T>): Promise<T | undefined> {
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt++) {
      try {
        const value = await step()
        this.#failure = undefined
        return value
      } catch (error) {
        const retryIn = Math.min(CONSUMER_RETRY.first * 2 ** (attempt - 1), CONSUMER_RETRY.longest)
        this.#failed(error instanceof Error ? error : new HandlerError(this.name, { cause: error }), attempt, retryIn)
        await delay(retryIn, this.#stopping.signal)
      }
    }
    return undefined
  }

  #failed(error: Error, attempt: number, retryIn: number): void {
    this.#failure = error
    try {
      this.#onFailure?.({ consumer: this.name, error, attempt, retryIn })
    } catch (thrown) {
      this.#init.report(thrown)
    }
  }

  #moved(seq: number): void {
    this.#position = seq
    this.#stepped()
  }

  #stepped(): void {
    for (const resolve of this.#waiters) resolve()
    this.#waiters.clear()
  }

  async #nextStep(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.add(resolve)
    const aborted = (): void => resolve()
    signal?.addEventListener('abort', aborted, { once: true })
    await promise
    signal?.removeEventListener('abort', aborted)
  }
}

async function delay(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  const aborted = (): void => resolve()
  signal.addEventListener('abort', aborted, { once: true })
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', aborted)
}
