import type { AbstractBatchOptions } from 'abstract-level'
import type { BatchOperation, Store } from 'walytis/interface'
import type { ContentFile, ContentFiles } from '../platform/content-files.ts'
import { numberKey, numberOfKey, type Rows, rowsOf, underPrefix } from './store-keys.ts'

/** Large envelopes as rows under rising keys, for databases that lie in no folder: in browsers, and in memory. */
export class RowFiles implements ContentFiles {
  readonly #store: Store
  readonly #rows: Rows

  constructor(store: Store, chain: string) {
    this.#store = store
    this.#rows = rowsOf(store, chain, 'part')
  }

  async open(number: number): Promise<ContentFile> {
    return new RowFile(this.#store, this.#rows, numberKey(number))
  }

  async remove(number: number): Promise<void> {
    const range = underPrefix(numberKey(number))
    await write(this.#store, [{ type: 'del', sublevel: this.#rows, key: partKey(numberKey(number), 0) }])
    await this.#rows.clear(range)
  }

  async list(): Promise<number[]> {
    const numbers: number[] = []
    for (;;) {
      const last = numbers.at(-1)
      const range = last === undefined ? {} : { gt: underPrefix(numberKey(last)).lt }
      const [next] = await this.#rows.keys({ ...range, limit: 1 }).all()
      if (next === undefined) return numbers
      numbers.push(numberOfKey(next.slice(0, next.indexOf('/'))))
    }
  }
}

class RowFile implements ContentFile {
  readonly #store: Store
  readonly #rows: Rows
  readonly #name: string

  constructor(store: Store, rows: Rows, name: string) {
    this.#store = store
    this.#rows = rows
    this.#name = name
  }

  async writePart(index: number, bytes: Uint8Array): Promise<void> {
    await this.#put(partKey(this.#name, index), bytes)
  }

  async readPart(index: number, length: number): Promise<Uint8Array | undefined> {
    return await this.#get(partKey(this.#name, index), length)
  }

  async writeHashes(window: number, hashes: Uint8Array): Promise<void> {
    await this.#put(hashesKey(this.#name, window), hashes)
  }

  async readHashes(window: number, length: number): Promise<Uint8Array | undefined> {
    return await this.#get(hashesKey(this.#name, window), length)
  }

  /** Each row was synced as it was written. */
  async sync(): Promise<void> {}

  async close(): Promise<void> {}

  async #put(key: string, value: Uint8Array): Promise<void> {
    await write(this.#store, [{ type: 'put', sublevel: this.#rows, key, value }])
  }

  async #get(key: string, length: number): Promise<Uint8Array | undefined> {
    const bytes = await this.#rows.get(key)
    if (bytes?.length !== length) return undefined
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }
}

function partKey(name: string, index: number): string {
  return `${name}/part/${numberKey(index)}`
}

function hashesKey(name: string, window: number): string {
  return `${name}/hashes/${numberKey(window)}`
}

async function write(store: Store, operations: BatchOperation[]): Promise<void> {
  const options: AbstractBatchOptions<string, Uint8Array> & { sync: boolean } = { sync: true }
  await store.batch<string, Uint8Array>(operations, options)
}
