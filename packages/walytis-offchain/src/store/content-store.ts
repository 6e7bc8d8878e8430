import type { AbstractBatchOptions } from 'abstract-level'
import { CID } from 'multiformats/cid'
import { fromString, toString as textOf } from 'uint8arrays'
import type { BatchOperation, BlockId, Store } from 'walytis/interface'
import type { KeyStore } from 'walytis-identities'
import { FORMAT_VERSION } from '../constants.ts'
import { StoreCorruptError, StoreVersionError } from '../errors.ts'
import { BlockIndex } from './block-index.ts'
import { type BlockRow, decodeLogEntry, decodeRow, encodeLogEntry, encodeRow, type LogEntry } from './block-row.ts'
import { LargeStore } from './large-store.ts'
import { blockKey, lockedKey, metaRows, numberKey, numberOfKey, type Rows, rowsOf, underPrefix } from './store-keys.ts'
import { Tally } from './tally.ts'

const NOTHING = new Uint8Array()
const VERSION_KEY = 'version'

/** Rows kept in memory: those of what is on its way, several times over. */
const ROW_CACHE = 4096

/** Bytes of what is kept about a missing content: its size class, and whether it is pinned. */
const ABSENT_SIZE = 9

/** A content that is not here. */
export interface Absent {
  readonly id: BlockId
  /** Bytes of the padded content: the size itself is no secret of the disk's. */
  readonly sizeClass: number
  readonly pinned: boolean
}

/** A number of the log that was given to a write which may not be on disk yet. */
export interface Reservation {
  readonly ordinal: number
  /** The write has happened, or never will. */
  release(): void
}

/**
 * The rows of one private chain: reads, and the single writes of which callers make atomic batches. It decides nothing; it owns only the two
 * counters. Used by intake (what others wrote), by `add` (own writes) and by queries.
 */
export class ContentStore {
  readonly store: Store
  /** Where blocks that are shown and in effect are found. */
  readonly index: BlockIndex
  /** How many there are. */
  readonly tally: Tally
  /** The envelopes that are files of their own. */
  readonly large: LargeStore
  readonly #envelopes: Rows
  readonly #blocks: Rows
  readonly #log: Rows
  readonly #absent: Rows
  readonly #locked: Rows
  readonly #consumers: Rows
  readonly #reserved = new Set<number>()
  readonly #rows = new Map<string, BlockRow>()
  #rowsWritten = 0
  #lastEnvelope = 0
  #lastOrdinal = 0

  private constructor(
    store: Store,
    chain: string,
    keyStore: Pick<KeyStore, 'wrap' | 'unwrap' | 'derive'>,
    large: LargeStore
  ) {
    this.store = store
    this.large = large
    this.index = new BlockIndex(store, chain, keyStore)
    this.tally = new Tally(store, chain, this)
    this.#envelopes = rowsOf(store, chain, 'envelope')
    this.#blocks = rowsOf(store, chain, 'block')
    this.#log = rowsOf(store, chain, 'log')
    this.#absent = rowsOf(store, chain, 'absent')
    this.#locked = rowsOf(store, chain, 'locked')
    this.#consumers = rowsOf(store, chain, 'consumer')
  }

  /** @throws {StoreVersionError} @throws {StoreCorruptError} */
  static async open(
    store: Store,
    chain: string,
    keyStore: Pick<KeyStore, 'wrap' | 'unwrap' | 'derive'>
  ): Promise<ContentStore> {
    await checkVersion(store)
    const opened = new ContentStore(store, chain, keyStore, await LargeStore.open(store, chain))
    // Large envelopes have numbers of the same row.
    opened.#lastEnvelope = Math.max(await lastNumber(opened.#envelopes), await lastNumber(rowsOf(store, chain, 'file')))
    opened.#lastOrdinal = await lastNumber(opened.#log)
    return opened
  }

  /** The number of the next envelope, in a row or in a file. */
  nextEnvelope(): number {
    return ++this.#lastEnvelope
  }

  /** The next number of the log. Readers of the log stop before it until it is released. */
  reserve(): Reservation {
    const ordinal = ++this.#lastOrdinal
    this.#reserved.add(ordinal)
    return { ordinal, release: () => void this.#reserved.delete(ordinal) }
  }

  /** The last number of the log up to which nothing can be added any more. */
  horizon(): number {
    return Math.min(this.#lastOrdinal, ...[...this.#reserved].map((ordinal) => ordinal - 1))
  }

  /** At most `limit` entries of the log between two numbers, both exclusive. */
  async changes(
    range: { readonly after: number; readonly before?: number | undefined; readonly reverse: boolean },
    limit: number
  ): Promise<{ readonly seq: number; readonly kind: LogEntry['kind']; readonly id: BlockId }[]> {
    const end = Math.min(range.before ?? Number.POSITIVE_INFINITY, this.horizon() + 1)
    const bounds = { gt: numberKey(range.after), lt: numberKey(end), reverse: range.reverse, limit }
    const rows = await this.#log.iterator(bounds).all()
    return rows.map(([key, value]) => {
      const { kind, id } = decodeLogEntry(value)
      return { seq: numberOfKey(key), kind, id: CID.parse(id) }
    })
  }

  async row(id: BlockId): Promise<BlockRow | undefined> {
    const key = blockKey(id)
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    const written = this.#rowsWritten
    const bytes = await this.#blocks.get(key)
    const row = bytes === undefined ? undefined : decodeRow(bytes)
    // Not what was read before a write that has happened since.
    if (row !== undefined && written === this.#rowsWritten) this.#keep(key, row)
    return row
  }

  /** Rows that were just written, so that they need not be read. */
  wrote(rows: Iterable<readonly [id: string, row: BlockRow]>): void {
    this.#rowsWritten++
    for (const [id, row] of rows) this.#keep(id, row)
  }

  async envelope(row: BlockRow): Promise<Uint8Array | undefined> {
    const bytes = row.envelope === 0 ? undefined : await this.#envelopes.get(numberKey(row.envelope))
    // LevelDB gives a `Buffer`; callers get the plain kind.
    return bytes === undefined ? undefined : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** The envelope of a block as it may be given to devices that are entitled to its epoch: held in a row, and not refused. */
  async servable(id: BlockId): Promise<{ readonly epoch: BlockId; readonly envelope: Uint8Array } | undefined> {
    const row = await this.row(id)
    if (row === undefined || row.epoch === null || row.refused !== '') return undefined
    const envelope = await this.envelope(row)
    return envelope === undefined ? undefined : { epoch: row.epoch, envelope }
  }

  /** Entries of the log after a number, up to the horizon or from there back. */
  async *log(range: { after: number; reverse?: boolean }): AsyncGenerator<[ordinal: number, entry: LogEntry]> {
    const bounds = { gt: numberKey(range.after), lte: numberKey(this.horizon()) }
    for await (const [key, value] of this.#log.iterator({ ...bounds, reverse: range.reverse ?? false })) {
      yield [numberOfKey(key), decodeLogEntry(value)]
    }
  }

  /** Blocks that are shown and in effect, and whose content is not here and was not removed. */
  async *absent(): AsyncGenerator<Absent> {
    for await (const [key, value] of this.#absent.iterator()) {
      if (value.length !== ABSENT_SIZE) throw new StoreCorruptError('A row about a missing content can not be read')
      const sizeClass = Number(new DataView(value.buffer, value.byteOffset).getBigUint64(0))
      yield { id: CID.parse(key), sizeClass, pinned: value[8] === 1 }
    }
  }

  /** Ids of blocks that wait for the seed of `epoch`. */
  async *locked(epoch: string): AsyncGenerator<string> {
    for await (const key of this.#locked.keys(underPrefix(epoch))) yield key.slice(epoch.length + 1)
  }

  /** Epochs whose seeds blocks wait for. */
  async lockedEpochs(): Promise<Set<string>> {
    const epochs = new Set<string>()
    // One key of each: however many blocks wait, there are few epochs.
    for (let from = ''; ; ) {
      const [key] = await this.#locked.keys({ gte: from, limit: 1 }).all()
      if (key === undefined) return epochs
      const epoch = key.slice(0, key.indexOf('/'))
      epochs.add(epoch)
      from = underPrefix(epoch).lt
    }
  }

  async cursor(consumer: string): Promise<number | undefined> {
    const bytes = await this.#consumers.get(consumer)
    return bytes === undefined ? undefined : numberOfKey(textOf(bytes))
  }

  putRow(id: BlockId, row: BlockRow): BatchOperation {
    return { type: 'put', sublevel: this.#blocks, key: blockKey(id), value: encodeRow(row) }
  }

  putEnvelope(number: number, envelope: Uint8Array): BatchOperation {
    return { type: 'put', sublevel: this.#envelopes, key: numberKey(number), value: envelope }
  }

  deleteEnvelope(number: number): BatchOperation {
    return { type: 'del', sublevel: this.#envelopes, key: numberKey(number) }
  }

  putLogEntry(ordinal: number, entry: LogEntry): BatchOperation {
    return { type: 'put', sublevel: this.#log, key: numberKey(ordinal), value: encodeLogEntry(entry) }
  }

  putAbsent({ id, sizeClass, pinned }: Absent): BatchOperation {
    const value = new Uint8Array(ABSENT_SIZE)
    new DataView(value.buffer).setBigUint64(0, BigInt(sizeClass))
    value[8] = pinned ? 1 : 0
    return { type: 'put', sublevel: this.#absent, key: blockKey(id), value }
  }

  deleteAbsent(id: BlockId): BatchOperation {
    return { type: 'del', sublevel: this.#absent, key: blockKey(id) }
  }

  setLocked(epoch: BlockId, id: BlockId, locked: boolean): BatchOperation {
    const row = { sublevel: this.#locked, key: lockedKey(epoch.toString(), id.toString()) }
    return locked ? { type: 'put', ...row, value: NOTHING } : { type: 'del', ...row }
  }

  putCursor(consumer: string, ordinal: number): BatchOperation {
    return { type: 'put', sublevel: this.#consumers, key: consumer, value: fromString(numberKey(ordinal)) }
  }

  #keep(key: string, row: BlockRow): void {
    if (this.#rows.size >= ROW_CACHE) this.#rows.delete(this.#rows.keys().next().value ?? key)
    this.#rows.set(key, row)
  }

  /** All or nothing; on disk once it resolves when `sync` is set. */
  async write(operations: BatchOperation[], sync = true): Promise<void> {
    const options: AbstractBatchOptions<string, Uint8Array> & { sync: boolean } = { sync }
    if (operations.length > 0) await this.store.batch<string, Uint8Array>(operations, options)
  }
}

async function lastNumber(rows: Rows): Promise<number> {
  for await (const key of rows.keys({ reverse: true, limit: 1 })) return numberOfKey(key)
  return 0
}

async function checkVersion(store: Store): Promise<void> {
  const meta = metaRows(store)
  const bytes = await meta.get(VERSION_KEY)
  if (bytes === undefined) {
    await meta.put(VERSION_KEY, fromString(String(FORMAT_VERSION)))
    return
  }
  const found = Number(textOf(bytes))
  if (!Number.isSafeInteger(found)) throw new StoreCorruptError('The version of the private content can not be read')
  if (found > FORMAT_VERSION) throw new StoreVersionError(found)
}
