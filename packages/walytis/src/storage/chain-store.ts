import type { PublicKey } from '@libp2p/interface'
import type { AbstractSublevel } from 'abstract-level'
import type { LRUCache } from 'lru-cache'
import { blockIdFromBytes, idKeyIn } from '../block/id.ts'
import { PAGE_ROWS } from '../constants.ts'
import { DamagedRecordError, StoreCorruptError } from '../errors.ts'
import type { BatchOperation, BlockId, Durability, Store } from '../interface/index.ts'
import { Damages } from './damages.ts'
import {
  afterPrefix,
  blockKey,
  childPrefix,
  contentKey,
  INDEX,
  idAtEnd,
  numberAt,
  placeOf,
  readNumber,
  STATE_KEY,
  seqPrefix,
  stoppedKey
} from './indexes.ts'
import { locationOf, namingFailures, SYNCED, UNSYNCED } from './open-store.ts'
import { ReadAhead } from './read-ahead.ts'
import { decodeStored, type StoredBlock } from './stored-block.ts'

/**
 * The rows of one chain: reads, and one kind of write, the atomic batch. Owned by the chain's writer, which alone
 * writes; whoever queries reads.
 */

export type Rows = AbstractSublevel<Store, string | Uint8Array | Buffer, Uint8Array, Uint8Array>
export type Row = readonly [key: Uint8Array, value: Uint8Array]
/** A change to this chain's rows, or one that a layer above wants in the same batch. */
export type Write = RowWrite | BatchOperation
export type RowWrite =
  | { readonly type: 'put'; readonly sublevel: Rows; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly sublevel: Rows; readonly key: Uint8Array }
/** Decoded blocks of all chains of a node. Entries of a forgotten chain are never asked for again and age out. */
export type BlockCache = LRUCache<string, StoredBlock>

/** Counters of a chain. */
export interface ChainCounters {
  /** The last number given out in the change log. */
  readonly log: number
  /** Blocks in effect, without the genesis. */
  readonly inEffect: number
  /** Replicated blocks, the genesis included. */
  readonly replicated: number
}

/** Where in an index to read. Bounds are whole keys. */
export interface KeyRange {
  readonly gt?: Uint8Array | undefined
  readonly gte?: Uint8Array | undefined
  readonly lt?: Uint8Array | undefined
  readonly lte?: Uint8Array | undefined
  readonly reverse?: boolean | undefined
}

/** Rows whose keys begin with a prefix, page by page: all that an index needs of where it lies. */
export interface RowSource {
  /** At most `limit` rows whose keys begin with a prefix. */
  page(prefix: Uint8Array, range: KeyRange, limit: number): Promise<Row[]>
  /** An error for a row that is not as it was written. */
  damaged(): Error
}

/** At most `limit` rows whose keys begin with a prefix. */
export async function readPage(rows: Rows, prefix: Uint8Array, range: KeyRange, limit: number): Promise<Row[]> {
  const bounds = {
    ...(range.gt === undefined ? { gte: range.gte ?? prefix } : { gt: range.gt }),
    ...(range.lte === undefined ? { lt: range.lt ?? afterPrefix(prefix) } : { lte: range.lte }),
    reverse: range.reverse ?? false,
    limit
  }
  return await rows.iterator(bounds).all()
}

/** The sublevel of a chain's rows. */
export function chainRows(store: Store, id: string): Rows {
  return store.sublevel<Uint8Array, Uint8Array>(['walytis', 'chain', id], {
    keyEncoding: 'view',
    valueEncoding: 'view'
  })
}

/** Bytes of contents read in one go, and one content more. */
const READ_AHEAD_BYTES = 64 * 1024

let instances = 0

export class ChainStore implements RowSource {
  readonly store: Store
  readonly rows: Rows
  /** Records that were met damaged. */
  readonly damages = new Damages()
  readonly #id: string
  readonly #cache: BlockCache
  readonly #instance = instances++
  readonly #contentsAhead = new ReadAhead((arrival, atMost) => this.#contentsFrom(arrival, atMost))

  constructor(store: Store, id: string, cache: BlockCache) {
    this.#id = id
    this.store = store
    this.rows = chainRows(store, id)
    this.#cache = cache
  }

  /**
   * @param durability whether to wait for the disk
   * @throws {StoreFailedError} nothing was written, or it can't be known
   */
  async write(writes: Write[], durability: Durability = 'disk'): Promise<void> {
    const options = durability === 'disk' ? SYNCED : UNSYNCED
    // each write names the encodings of its own sublevel, which one type of key for the whole batch can't express
    await this.#guard(() => this.store.batch<string, Uint8Array>(writes as BatchOperation[], options))
  }

  /** Write one row without waiting for the disk: for what may be lost, never for blocks. */
  async writeLater(key: Uint8Array, value: Uint8Array): Promise<void> {
    await this.#guard(() => this.rows.put(key, value))
  }

  async read(key: Uint8Array): Promise<Uint8Array | undefined> {
    return await this.#guard(() => this.rows.get(key))
  }

  /** In the order of the keys. */
  async readMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return keys.length === 0 ? [] : await this.#guard(() => this.rows.getMany([...keys]))
  }

  async get(id: BlockId): Promise<StoredBlock | undefined> {
    return this.#cache.get(this.#cacheKey(id)) ?? (await this.getMany([id]))[0]
  }

  /** In the order of the ids; undefined where unknown. */
  async getMany(ids: readonly BlockId[]): Promise<(StoredBlock | undefined)[]> {
    const found = ids.map((id) => this.#cache.get(this.#cacheKey(id)))
    const wanted = ids.filter((_, index) => found[index] === undefined)
    if (wanted.length === 0) return found
    const rows = await this.#guard(() => this.rows.getMany(wanted.map(blockKey)))
    let next = 0
    return found.map((hit, index) => {
      const id = ids[index]
      if (hit !== undefined || id === undefined) return hit
      const row = rows[next++]
      return row === undefined ? undefined : this.#decode(id, row)
    })
  }

  async has(id: BlockId): Promise<boolean> {
    return (await this.hasMany([id]))[0] ?? false
  }

  /** In the order of the ids. */
  async hasMany(ids: readonly BlockId[]): Promise<boolean[]> {
    const found = ids.map((id) => this.#cache.has(this.#cacheKey(id)))
    const wanted = ids.filter((_, index) => found[index] !== true)
    if (wanted.length === 0) return found
    const rows = await this.#guard(() => this.rows.hasMany(wanted.map(blockKey)))
    let next = 0
    return found.map((hit) => hit || rows[next++] === true)
  }

  async content(arrival: number): Promise<Uint8Array | undefined> {
    return (await this.#contentsAhead.take(arrival)) ?? (await this.read(contentKey(arrival)))
  }

  /** Contents of many, in the order of the arrivals. */
  async contents(arrivals: readonly number[]): Promise<(Uint8Array | undefined)[]> {
    return await this.readMany(arrivals.map(contentKey))
  }

  async counters(): Promise<ChainCounters> {
    const row = await this.read(STATE_KEY)
    if (row === undefined) return { log: 0, inEffect: 0, replicated: 0 }
    return this.parse(() => ({ log: readNumber(row), inEffect: readNumber(row, 8), replicated: readNumber(row, 16) }))
  }

  /** Blocks that link directly to this one. */
  async children(id: BlockId): Promise<BlockId[]> {
    const ids: BlockId[] = []
    for await (const [key] of this.scan(childPrefix(id))) ids.push(idAtEnd(key))
    return ids
  }

  /** The highest seq stored of a creator, or 0. */
  async latestSeq(creator: PublicKey): Promise<number> {
    const prefix = seqPrefix(creator)
    const [row] = await this.page(prefix, { reverse: true }, 1)
    return row === undefined ? 0 : numberAt(row[0], prefix.length)
  }

  /** The first ids of a creator's blocks of one seq, two at most: more than one where it has forked. */
  async atSeq(creator: PublicKey, seq: number): Promise<BlockId[]> {
    // never all: whoever forks a thousand times must not make each further block cost a thousand rows
    const rows = await this.page(seqPrefix(creator, seq), {}, 2)
    return rows.map(([key]) => idAtEnd(key))
  }

  /** The block that stopped this key from writing here, if any. */
  async stoppedBy(creator: PublicKey): Promise<BlockId | undefined> {
    const row = await this.read(stoppedKey(creator))
    return row === undefined ? undefined : this.parse(() => blockIdFromBytes(row))
  }

  /** Rows of heads, with the bits that say of which set. */
  async heads(): Promise<{ height: number; id: BlockId; kinds: number }[]> {
    const heads: { height: number; id: BlockId; kinds: number }[] = []
    for await (const [key, value] of this.scan(Uint8Array.of(INDEX.head))) {
      heads.push({ ...placeOf(key), kinds: value[0] ?? 0 })
    }
    return heads
  }

  /** Rows whose keys begin with a prefix, lazily and page by page: no iterator stays open while the reader thinks. */
  async *scan(prefix: Uint8Array, range: KeyRange = {}): AsyncGenerator<Row> {
    let rest = range
    while (true) {
      const rows = await this.page(prefix, rest, PAGE_ROWS)
      yield* rows
      const last = rows.at(-1)
      if (last === undefined || rows.length < PAGE_ROWS) return
      rest =
        range.reverse === true ? { ...rest, lte: undefined, lt: last[0] } : { ...rest, gte: undefined, gt: last[0] }
    }
  }

  /** At most `limit` such rows. */
  async page(prefix: Uint8Array, range: KeyRange, limit: number): Promise<Row[]> {
    return await this.#guard(() => readPage(this.rows, prefix, range, limit))
  }

  /** The last key that begins with a prefix. */
  async lastKey(prefix: Uint8Array): Promise<Uint8Array | undefined> {
    const bounds = { gte: prefix, lt: afterPrefix(prefix), reverse: true, limit: 1 }
    return (await this.#guard(() => this.rows.keys(bounds).all()))[0]
  }

  /** Forget all rows whose keys begin with a prefix. */
  async clear(prefix: Uint8Array): Promise<void> {
    await this.#guard(() => this.rows.clear({ gte: prefix, lt: afterPrefix(prefix) }))
  }

  /** Remember blocks that were just written. */
  remember(blocks: Iterable<StoredBlock>): void {
    for (const stored of blocks) this.#cache.set(this.#cacheKey(stored.block.id), stored)
  }

  /** An error for a block, or its content, that ought to be there as it was written; noted, so that it is fetched again. */
  damagedRecord(block: BlockId, part: 'block' | 'content'): DamagedRecordError {
    this.damages.note(block)
    return new DamagedRecordError(this.#id, part, block.toString())
  }

  /** An error for a row that ought to be there. */
  damaged(): StoreCorruptError {
    return new StoreCorruptError(locationOf(this.store))
  }

  /**
   * What a row says.
   *
   * @throws {StoreCorruptError} when it can't be read
   */
  parse<T>(row: () => T): T {
    try {
      return row()
    } catch (cause) {
      throw new StoreCorruptError(locationOf(this.store), { cause })
    }
  }

  async #contentsFrom(arrival: number, atMost: number): Promise<Map<number, Uint8Array>> {
    const range: object = {
      gte: contentKey(arrival),
      lt: contentKey(arrival + atMost),
      highWaterMarkBytes: READ_AHEAD_BYTES
    }
    return await this.#guard(async () => {
      const iterator = this.rows.iterator(range)
      try {
        // one go, which LevelDB ends after so many bytes
        const rows = await iterator.nextv(atMost)
        return new Map(rows.map(([key, value]) => [numberAt(key, 1), value]))
      } finally {
        await iterator.close()
      }
    })
  }

  #decode(id: BlockId, row: Uint8Array): StoredBlock {
    const stored = decodeStored(id, row)
    if (stored === undefined) throw this.damagedRecord(id, 'block')
    // what the writer remembered meanwhile is newer than the row read
    const newer = this.#cache.get(this.#cacheKey(id))
    if (newer !== undefined) return newer
    this.#cache.set(this.#cacheKey(id), stored)
    return stored
  }

  #cacheKey(id: BlockId): string {
    return idKeyIn(this.#instance, id)
  }

  async #guard<T>(operation: () => Promise<T>): Promise<T> {
    return await namingFailures(this.store, operation)
  }
}
