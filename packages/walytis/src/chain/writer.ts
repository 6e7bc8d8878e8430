import { ClosedError, StoreFailedError } from '../errors.ts'
import { commit } from './commit.ts'
import type { Transaction } from './transaction.ts'

/** Work that changes the chain. What it does to the transaction becomes true when the group it is in is on the disk. */
export type Work<T> = (transaction: Transaction) => Promise<T>

export interface WorkOptions {
  /** Start from what is on the disk: no other work of the group comes before it. */
  readonly alone?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

interface Job {
  readonly alone: boolean
  readonly signal: AbortSignal | undefined
  work(transaction: Transaction): Promise<void>
  resolve(): void
  reject(error: unknown): void
}

export interface WriterInit {
  begin(): Transaction
  /** A transaction is on the disk: tell those who listen. Must not throw. */
  committed(transaction: Transaction): void
  /** Blocks and bytes of content after which a group is written. */
  readonly limits: { readonly blocks: number; readonly bytes: number }
}

/**
 * The one who changes a chain: takes work one at a time, so that every block knows where it stands, and writes the work that
 * has queued up meanwhile in one synced batch. Owns the order of writes; a chain has exactly one.
 */
export class Writer {
  readonly #init: WriterInit
  readonly #queue: Job[] = []
  #running: Promise<void> | undefined
  #failure: unknown
  #closed = false

  constructor(init: WriterInit) {
    this.#init = init
  }

  /**
   * Resolves with what the work gave once that is durable. Work that throws must not have touched the transaction.
   *
   * @throws {ClosedError} after `close`
   * @throws {StoreFailedError} when the store can't write, now or before
   */
  async run<T>(work: Work<T>, options: WorkOptions = {}): Promise<T> {
    if (this.#closed) throw new ClosedError('chain')
    options.signal?.throwIfAborted()
    const result = Promise.withResolvers<T>()
    let value: T
    this.#queue.push({
      alone: options.alone ?? false,
      signal: options.signal,
      work: async (transaction) => {
        value = await work(transaction)
      },
      resolve: () => result.resolve(value),
      reject: result.reject
    })
    this.#running ??= this.#drain()
    return await result.promise
  }

  /** Take no more work, and wait for what was taken. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #drain(): Promise<void> {
    // calls made in the same turn of the event loop come into the same group
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#writeGroup()
    this.#running = undefined
  }

  async #writeGroup(): Promise<void> {
    const transaction = this.#init.begin()
    const done: Job[] = []
    for (
      let job = this.#next(transaction, done.length);
      job !== undefined;
      job = this.#next(transaction, done.length)
    ) {
      try {
        job.signal?.throwIfAborted()
        if (this.#failure !== undefined) throw this.#failure
        await job.work(transaction)
        done.push(job)
      } catch (error) {
        job.reject(error)
      }
    }
    try {
      if (!transaction.isEmpty) {
        await commit(transaction)
        this.#init.committed(transaction)
      }
      for (const job of done) job.resolve()
    } catch (error) {
      // Whether the disk has it can't be known now. To go on from the old state could sign a second block of the same seq.
      this.#failure = error instanceof StoreFailedError ? error : new StoreFailedError('UNKNOWN', { cause: error })
      for (const job of done) job.reject(this.#failure)
    }
  }

  #next(transaction: Transaction, taken: number): Job | undefined {
    const { blocks, bytes } = this.#init.limits
    if (transaction.added.length >= blocks || transaction.contentBytes >= bytes) return undefined
    if (taken > 0 && this.#queue[0]?.alone === true) return undefined
    return this.#queue.shift()
  }
}
