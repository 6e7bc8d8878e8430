import type { AbortOptions } from '@libp2p/interface'
import type { Chain } from './chain/chain.ts'
import { changesAfter, type LoggedChange } from './change-log.ts'
import { CONSUMER_RETRY } from './constants.ts'
import { ClosedError, HandlerError } from './errors.ts'
import type { Consumer } from './interface/index.ts'
import { cursorKey, numberBytes, readNumber } from './storage/indexes.ts'

export interface ConsumerInit {
  readonly name: string
  readonly from: 'beginning' | 'now'
  handle(change: LoggedChange): Promise<void>
  /** The consumer was closed, by whomever. */
  closed(): void
}

/**
 * A durable reader of the change log: hands over one change at a time, and moves its cursor when the handler has succeeded. A
 * handler that fails is called again with the same change, after growing pauses. After a crash the last change may come twice. A handler
 * must not wait for its own consumer to close: closing waits for the handler.
 */
export class LogConsumer implements Consumer {
  readonly name: string
  readonly #chain: Chain
  readonly #init: ConsumerInit
  readonly #stopping = new AbortController()
  readonly #waiters = new Set<() => void>()
  #position: number
  #failure: Error | undefined
  #work: Promise<void> | undefined
  readonly #unsubscribe: () => void

  private constructor(chain: Chain, init: ConsumerInit, position: number) {
    this.name = init.name
    this.#chain = chain
    this.#init = init
    this.#position = position
    this.#unsubscribe = chain.onCommitted(() => this.#wake())
  }

  /** Start from where the name last succeeded. */
  static async start(chain: Chain, init: ConsumerInit, options: AbortOptions = {}): Promise<LogConsumer> {
    const { store } = chain.components
    const row = await store.read(cursorKey(init.name))
    const fresh = init.from === 'now' ? chain.state.counters.log : 0
    const consumer = new LogConsumer(chain, init, row === undefined ? fresh : readNumber(row))
    if (row === undefined) await store.writeLater(cursorKey(init.name), numberBytes(fresh))
    options.signal?.addEventListener('abort', () => void consumer.close(), { once: true })
    if (options.signal?.aborted === true) await consumer.close()
    consumer.#wake()
    return consumer
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  async drained(options: AbortOptions = {}): Promise<void> {
    const target = this.#chain.state.counters.log
    while (this.#position < target) {
      options.signal?.throwIfAborted()
      if (this.#stopping.signal.aborted) throw new ClosedError('consumer')
      await this.#nextStep(options.signal)
    }
  }

  async close(): Promise<void> {
    if (this.#stopping.signal.aborted) {
      await this.#work
      return
    }
    this.#stopping.abort()
    this.#unsubscribe()
    await this.#work
    this.#stepped()
    this.#init.closed()
  }

  #wake(): void {
    if (this.#work !== undefined || this.#stopping.signal.aborted) return
    this.#work = this.#run().finally(() => {
      this.#work = undefined
      // changes that came while the last page was being finished
      if (this.#position < this.#chain.state.counters.log) this.#wake()
    })
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const page = await this.#retry(() => changesAfter(this.#chain.components.store, this.#position))
      if (page === undefined || page.length === 0) return
      for (const change of page) {
        const handled = await this.#retry(async () => {
          await this.#init.handle(change)
          await this.#moveTo(change.seq)
          return true
        })
        if (handled === undefined) return
      }
    }
  }

  async #moveTo(seq: number): Promise<void> {
    // not synced: at worst, a loss of power hands the change over again
    await this.#chain.components.store.writeLater(cursorKey(this.name), numberBytes(seq))
    this.#position = seq
    this.#stepped()
  }

  /** Undefined when the consumer was closed before the step succeeded. */
  async #retry<T>(step: () => Promise<T>): Promise<T | undefined> {
    for (let pause: number = CONSUMER_RETRY.first; !this.#stopping.signal.aborted; pause *= 2) {
      try {
        const value = await step()
        this.#failure = undefined
        return value
      } catch (error) {
        this.#failure = error instanceof Error ? error : new HandlerError(this.name, { cause: error })
        await delay(Math.min(pause, CONSUMER_RETRY.longest), this.#stopping.signal)
      }
    }
    return undefined
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

async function delay(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clearTimeout(timer)
}
