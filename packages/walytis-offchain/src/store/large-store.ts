import type { AbstractBatchOptions } from 'abstract-level'
import type { BatchOperation, BlockId, Store } from 'walytis/interface'
import { openFolder } from '#folder'
import { HEADER_SIZE } from '../envelope/header.ts'
import { FULL_PART_SIZE, HASH_SIZE, WINDOW_PARTS } from '../envelope/shape.ts'
import type { ContentFile, ContentFiles } from '../platform/content-files.ts'
import { decodeFileRow, encodeFileRow, type FileRow } from './file-row.ts'
import { RowFiles } from './row-files.ts'
import { numberKey, numberOfKey, type Rows, rowsOf } from './store-keys.ts'

const LAYOUT = {
  partSlot: FULL_PART_SIZE,
  hashSlot: WINDOW_PARTS * HASH_SIZE,
  windowParts: WINDOW_PARTS,
  headerSize: HEADER_SIZE
}

/** A large envelope that is being fetched. */
export interface PartialFile {
  readonly number: number
  readonly windows: Uint8Array
}

/** The large envelopes of one chain: files, and the rows that say how far each has come. Files are shared by all who read and write them. */
export class LargeStore {
  readonly #store: Store
  readonly #rows: Rows
  readonly #files: ContentFiles
  readonly #open = new Map<number, { readonly file: Promise<ContentFile>; users: number }>()
  readonly #numbers = new Set<number>()
  readonly #partial = new Map<string, PartialFile>()

  private constructor(store: Store, chain: string, files: ContentFiles) {
    this.#store = store
    this.#rows = rowsOf(store, chain, 'file')
    this.#files = files
  }

  /** Clears away what was being sealed when the process ended, and files of which no row knows. */
  static async open(store: Store, chain: string): Promise<LargeStore> {
    const location = locationOf(store)
    const folder = location === undefined ? undefined : openFolder(location, chain, LAYOUT)
    const opened = new LargeStore(store, chain, folder ?? new RowFiles(store, chain))
    await opened.#recover()
    return opened
  }

  /** Begin an envelope of this node's own, under a number that was used for nothing before. */
  async begin(number: number): Promise<void> {
    this.#numbers.add(number)
    await this.#write([this.#put(number, { state: 'sealing', block: null, windows: new Uint8Array() })])
  }

  /** The write that makes an envelope a block's own: it goes into the batch of that block. */
  whole(number: number, block: BlockId): BatchOperation {
    return this.#put(number, { state: 'whole', block, windows: new Uint8Array() })
  }

  /** The write that makes an envelope nobody's: `remove` follows, at the next start at the latest. */
  forsake(number: number): BatchOperation {
    return this.#put(number, { state: 'sealing', block: null, windows: new Uint8Array() })
  }

  /** Whether this is the number of an envelope in a file, and not of one in a row. */
  has(number: number): boolean {
    return this.#numbers.has(number)
  }

  /** How far the envelope of a block has come that is being fetched. */
  partial(block: BlockId): PartialFile | undefined {
    return this.#partial.get(block.toString())
  }

  /** Begin the envelope of somebody else's block. */
  async beginPartial(block: BlockId, partial: PartialFile): Promise<void> {
    this.#numbers.add(partial.number)
    await this.setPartial(block, partial)
  }

  /** Note which windows are here. What they consist of has been synced before. */
  async setPartial(block: BlockId, partial: PartialFile): Promise<void> {
    const { number, windows } = partial
    await this.#write([this.#put(number, { state: 'partial', block, windows })])
    if (this.has(number)) this.#partial.set(block.toString(), partial)
  }

  /** A block's envelope is whole, and the write of `whole` on the disk. */
  finished(block: BlockId): void {
    this.#partial.delete(block.toString())
  }

  /** Use a file; it stays open until everybody who uses it is done. */
  async use<T>(number: number, work: (file: ContentFile) => Promise<T>): Promise<T> {
    const file = await this.acquire(number)
    try {
      return await work(file)
    } finally {
      await this.release(number)
    }
  }

  /** Use a file until `release` is called. */
  async acquire(number: number): Promise<ContentFile> {
    const known = this.#open.get(number)
    const open = known ?? { file: this.#files.open(number), users: 0 }
    this.#open.set(number, open)
    open.users++
    try {
      return await open.file
    } catch (error) {
      if (--open.users === 0) this.#open.delete(number)
      throw error
    }
  }

  async release(number: number): Promise<void> {
    const open = this.#open.get(number)
    if (open === undefined || --open.users > 0) return
    this.#open.delete(number)
    await (await open.file).close()
  }

  /** Destroy an envelope: its wrapped key first. Whoever reads it meanwhile gets bytes that don't open. */
  async remove(number: number): Promise<void> {
    // First of all, so that nobody notes anything more about it.
    this.#numbers.delete(number)
    for (const [block, partial] of this.#partial) if (partial.number === number) this.#partial.delete(block)
    await this.#files.remove(number)
    await this.#write([{ type: 'del', sublevel: this.#rows, key: numberKey(number) }])
  }

  async #recover(): Promise<void> {
    const known = new Set<number>()
    for await (const [key, value] of this.#rows.iterator()) {
      const number = numberOfKey(key)
      const { state, block, windows } = decodeFileRow(value)
      if (state === 'sealing' || block === null) await this.remove(number)
      else {
        known.add(number)
        this.#numbers.add(number)
      }
      if (state === 'partial' && block !== null) this.#partial.set(block.toString(), { number, windows })
    }
    for (const number of await this.#files.list()) if (!known.has(number)) await this.#files.remove(number)
  }

  #put(number: number, row: FileRow): BatchOperation {
    return { type: 'put', sublevel: this.#rows, key: numberKey(number), value: encodeFileRow(row) }
  }

  async #write(operations: BatchOperation[]): Promise<void> {
    const options: AbstractBatchOptions<string, Uint8Array> & { sync: boolean } = { sync: true }
    await this.#store.batch<string, Uint8Array>(operations, options)
  }
}

/** The folder of a database, or of the one of which this is a part. */
function locationOf(store: Store): string | undefined {
  const root = 'db' in store ? store.db : store
  const found = typeof root === 'object' && root !== null && 'location' in root ? root.location : undefined
  return typeof found === 'string' ? found : undefined
}
