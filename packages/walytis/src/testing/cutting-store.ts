import { type AbstractBatchOperation, AbstractLevel } from 'abstract-level'
import { MemoryLevel } from 'memory-level'
import type { Store } from '../interface/index.ts'

type Operation = AbstractBatchOperation<MemoryLevel<string, string>, string, string>

/**
 * A database whose machine can lose its power: what was written and not synced is then there or not, batch by batch. Keeps
 * everything in memory.
 */
export type CuttingStore = Store & {
  /** Batches written since the last that was synced. */
  readonly volatile: number
  /** The database as it is after a loss of power that only these of the volatile batches have outlived; numbered from 0, oldest first. */
  cut(survives: (batch: number) => boolean): Promise<CuttingStore>
}

/** An empty one, which whoever uses it opens. */
export function createCuttingStore(): CuttingStore {
  return new Cutting()
}

class Cutting extends AbstractLevel<string | Uint8Array | Buffer, string, string> {
  readonly #inner = new MemoryLevel<string, string>()
  #synced: Operation[] = []
  #volatile: Operation[][] = []

  constructor() {
    super({ encodings: { buffer: true, utf8: true, view: true }, has: true, seek: true, implicitSnapshots: true })
  }

  get volatile(): number {
    return this.#volatile.length
  }

  async cut(survives: (batch: number) => boolean): Promise<CuttingStore> {
    const after = new Cutting()
    await after.open()
    const rest = this.#volatile.filter((_, index) => survives(index)).flat()
    await after._batch([...this.#synced, ...rest], { sync: true })
    return after
  }

  async _open(): Promise<void> {
    await this.#inner.open()
  }

  async _close(): Promise<void> {
    await this.#inner.close()
  }

  async _get(key: string, options: object): Promise<unknown> {
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

  async _put(key: string, value: string, options: { sync?: boolean }): Promise<void> {
    await this._batch([{ type: 'put', key, value, ...options }], options)
  }

  async _del(key: string, options: { sync?: boolean }): Promise<void> {
    await this._batch([{ type: 'del', key, ...options }], options)
  }

  async _clear(options: object): Promise<void> {
    await this.#inner.clear(options)
  }

  async _batch(operations: Operation[], options: { sync?: boolean }): Promise<void> {
    await this.#inner.batch(operations, {})
    // LevelDB syncs its whole log: what was written before is on the disk, too
    if (options.sync !== true) {
      this.#volatile.push(operations)
      return
    }
    this.#synced.push(...this.#volatile.flat(), ...operations)
    this.#volatile = []
  }

  _iterator(options: object): unknown {
    return this.#inner.iterator(options)
  }
}
