import { ClosedError, StoreFailedError } from '../errors.ts'
import type { Durability } from '../interface/index.ts'
import { commit } from './commit.ts'
import type { Transaction } from './transaction.ts'
import { Unsynced } from './unsynced.ts'

/** Work that changes the chain. What it does to the transaction becomes true when the group it is in is written. */
export type Work<T> = (transaction: Transaction) => Promise<T>

export interface WorkOptions {
  /** Start from what is on the disk: no other work of the group comes before it. */
  readonly alone?: boolean | undefined
  /** Default `disk`. A group with one such waits for the disk, and so does one that does more than to append plain blocks. */
  readonly durability?: Durability | undefined
  readonly signal?: AbortSignal | undefined
}

interface Job {
  readonly alone: boolean
  readonly durability: Durability
  readonly signal: AbortSignal | undefined
  work(transaction: Transaction): Promise<void>
  resolve(): void
  reject(error: unknown): void
}

export interface WriterInit {
  begin(): Transaction
  /** A transaction is written: tell those who listen. Must not throw. */
  committed(transaction: Transaction): void
  /** Transactions are on the disk: what they did may leave the node. Told before `committed`. Must not throw. */
  durable(transactions: readonly Transaction[]): void
  /** Blocks and bytes of content after which a group is written. */
  readonly limits: { readonly blocks: number; readonly bytes: number }
}

/**
 * The one who changes a chain: takes work one at a time, so that every block knows where it stands, and writes the work that
 * has queued up meanwhile in one batch, synced when one of those who wait wants it so. Owns the order of writes; a chain has exactly one.
 */
export class Writer {
  /** What is written and may still be lost. */
  readonly unsynced = new Unsynced()
  readonly #init: WriterInit
  readonly #queue: Job[] = []
  #running: Promise<void> | undefined
  #failure: unknown
  #closed = false

  constructor(init: WriterInit) {
    this.#init = init
  }

  /**
   * Resolves with what the work gave once that is as durable as asked for. Work that throws must not have touched the transaction.
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
      durability: options.durability ?? 'disk',
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

  /**
   * Take no more work, wait for what was taken, and sync what is not yet.
   *
   * @throws {StoreFailedError} that can't be written; not again when it was said before
   */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    if (this.unsynced.isEmpty || this.#failure !== undefined) return
    await this.#write(this.#init.begin(), true)
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
      const wanted = done.some(({ durability }) => durability === 'disk')
      const isOwed = wanted && !this.unsynced.isEmpty
      if (isOwed || !transaction.isEmpty) {
        await this.#write(transaction, wanted || this.unsynced.isFull || !transaction.isPlain)
      }
      for (const job of done) job.resolve()
    } catch (error) {
      for (const job of done) job.reject(error)
    }
  }

  async #write(transaction: Transaction, synced: boolean): Promise<void> {
    try {
      const durable = await commit(transaction, this.unsynced, synced)
      if (durable.length > 0) this.#init.durable(durable)
      if (!transaction.isEmpty) this.#init.committed(transaction)
    } catch (error) {
      // Whether the disk has it can't be known now. To go on from the old state could sign a second block of the same seq.
      this.#failure = error instanceof StoreFailedError ? error : new StoreFailedError('UNKNOWN', { cause: error })
      throw this.#failure
    }
  }

  #next(transaction: Transaction, taken: number): Job | undefined {
    const { blocks, bytes } = this.#init.limits
    if (transaction.added.length >= blocks || transaction.contentBytes >= bytes) return undefined
    if (taken > 0 && this.#queue[0]?.alone === true) return undefined
    return this.#queue.shift()
  }
}
