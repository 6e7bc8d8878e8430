import { type AbstractBatchOperation, AbstractLevel } from 'abstract-level'
import { MemoryLevel } from 'memory-level'
import type { Store } from '../../src/interface/index.ts'

type Operation = AbstractBatchOperation<Store, string, string>
type Undo = { readonly key: unknown; readonly value: unknown }[]

const RAW = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

/**
 * A disk that outlives the processes which use it. What was not synced can be lost with the power: batches are lost from the
 * last one back, as of a log whose end was not written.
 */
export class SimulatedDisk {
  readonly level: MemoryLevel<string, string> = new MemoryLevel()
  private unsynced: Undo[] = []
  private last: Promise<unknown> = Promise.resolve()

  /** One batch after the other, each whole. */
  async batch(operations: Operation[], options: object): Promise<void> {
    const work = this.last.then(async () => {
      const keys = operations.map(({ key }) => key as unknown as Buffer)
      const values = await this.level.getMany<Buffer, Buffer>(keys, RAW)
      await this.level.batch(operations, options)
      if ('sync' in options && options.sync === true) this.unsynced = []
      else this.unsynced.push(keys.map((key, i) => ({ key, value: values[i] })))
    })
    this.last = work.catch(() => {})
    await work
  }

  /** The power fails: some of what was not synced, from the last batch back, is gone. */
  async losePower(chance: () => number): Promise<void> {
    await this.last
    const lost = Math.floor(chance() * (this.unsynced.length + 1))
    for (const undo of this.unsynced.splice(this.unsynced.length - lost).reverse()) {
      await this.level.batch<Buffer, Buffer>(
        undo.map(({ key, value }) =>
          value === undefined
            ? { type: 'del', key: key as Buffer, ...RAW }
            : { type: 'put', key: key as Buffer, value: value as Buffer, ...RAW }
        ),
        {}
      )
    }
    this.unsynced = []
  }
}

/**
 * A process's view of the disk. It can be killed at any of its operations, before it is carried out or after: from then on
 * nothing that the process waits for ever comes.
 */
export class SimulatedStore extends AbstractLevel<string | Uint8Array | Buffer, string, string> {
  readonly #disk: SimulatedDisk
  #isDead = false
  #left = Number.POSITIVE_INFINITY
  #when: 'before' | 'after' = 'before'
  #died: () => void = () => {}

  constructor(disk: SimulatedDisk) {
    super({ encodings: { buffer: true, utf8: true, view: true }, has: true, seek: true, implicitSnapshots: true })
    this.#disk = disk
  }

  /** Die at the n-th operation from now, counted from 0. */
  dieAt(n: number, when: 'before' | 'after', died: () => void): void {
    this.#left = n
    this.#when = when
    this.#died = died
  }

  kill(): void {
    this.#isDead = true
  }

  async _get(key: string, options: object): Promise<unknown> {
    return await this.#perform(() => this.#disk.level.get(key, options))
  }

  async _getMany(keys: string[], options: object): Promise<unknown[]> {
    return await this.#perform(() => this.#disk.level.getMany(keys, options))
  }

  async _has(key: string, options: object): Promise<boolean> {
    return await this.#perform(() => this.#disk.level.has(key, options))
  }

  async _hasMany(keys: string[], options: object): Promise<boolean[]> {
    return await this.#perform(() => this.#disk.level.hasMany(keys, options))
  }

  async _put(key: string, value: string, options: object): Promise<void> {
    await this._batch([{ type: 'put', key, value, ...options }], options)
  }

  async _del(key: string, options: object): Promise<void> {
    await this._batch([{ type: 'del', key, ...options }], options)
  }

  async _clear(options: object): Promise<void> {
    await this.#perform(() => this.#disk.level.clear(options))
  }

  async _batch(operations: Operation[], options: object): Promise<void> {
    await this.#perform(() => this.#disk.batch(operations, options))
  }

  _iterator(options: object): unknown {
    return this.#disk.level.iterator(options)
  }

  async #perform<T>(operation: () => Promise<T>): Promise<T> {
    const dies = this.#left-- === 0
    if (this.#isDead || (dies && this.#when === 'before')) return await this.#die(dies)
    const result = await operation()
    return dies || this.#isDead ? await this.#die(dies) : result
  }

  /** A process that was killed hears nothing any more. */
  async #die(isNew: boolean): Promise<never> {
    this.#isDead = true
    if (isNew) this.#died()
    return await new Promise<never>(() => {})
  }
}
