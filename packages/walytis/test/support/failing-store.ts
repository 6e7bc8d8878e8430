import { type AbstractBatchOperation, AbstractLevel } from 'abstract-level'
import type { Store } from '../../src/interface/index.ts'

/** A write that a test made fail. */
class InjectedFault extends Error {
  override readonly name = 'InjectedFault'
  readonly code = 'LEVEL_IO_ERROR'
}

/**
 * An `AbstractLevel` over another that can die at a batch: `before` it, so that nothing of it is on the disk, or `after` it,
 * so that all is but nobody hears of it. From then on every write fails, as after a crash.
 */
export class FailingStore extends AbstractLevel<string | Uint8Array | Buffer, string, string> {
  readonly #inner: Store
  /** Batches written so far. */
  batches = 0
  /** Reads of single rows give no answer, ever. */
  isStuck = false
  #dieAt = Number.POSITIVE_INFINITY
  #when: 'before' | 'after' = 'before'
  #dead = false

  constructor(inner: Store) {
    super({ encodings: { buffer: true, utf8: true, view: true }, has: true, seek: true, implicitSnapshots: true })
    this.#inner = inner
  }

  /** Die at the n-th batch from now, counted from 0. */
  dieAt(n: number, when: 'before' | 'after'): void {
    this.#dieAt = this.batches + n
    this.#when = when
  }

  async _open(): Promise<void> {
    await this.#inner.open()
  }

  async _close(): Promise<void> {
    await this.#inner.close()
  }

  async _get(key: string, options: object): Promise<unknown> {
    if (this.isStuck) return await new Promise<never>(() => {})
    return await this.#inner.get(key, options)
  }

  async _getMany(keys: string[], options: object): Promise<unknown[]> {
    return await this.#inner.getMany(keys, options)
  }

  async _has(key: string, options: object): Promise<boolean> {
    return await this.#inner.has(key, options)
  }

  async _hasMany(keys: string[], options: object): Promise<boolean[]> {
    return await this.#inner.hasMany(keys, options)
  }

  async _put(key: string, value: string, options: object): Promise<void> {
    await this._batch([{ type: 'put', key, value, ...options }], {})
  }

  async _del(key: string, options: object): Promise<void> {
    await this._batch([{ type: 'del', key, ...options }], {})
  }

  async _clear(options: object): Promise<void> {
    if (this.#dead) throw new InjectedFault()
    await this.#inner.clear(options)
  }

  async _batch(operations: AbstractBatchOperation<Store, string, string>[], options: object): Promise<void> {
    const dies = this.batches++ >= this.#dieAt
    if (this.#dead || (dies && this.#when === 'before')) {
      this.#dead = true
      throw new InjectedFault()
    }
    // the keys are encoded and prefixed already; their formats pass through as encodings
    await this.#inner.batch(operations, options)
    if (dies) {
      this.#dead = true
      throw new InjectedFault()
    }
  }

  _iterator(options: object): unknown {
    return this.#inner.iterator(options)
  }
}
