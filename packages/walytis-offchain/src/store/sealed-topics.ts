import { CID } from 'multiformats/cid'
import { compare, concat, fromString } from 'uint8arrays'
import { type Cursor, type IndexEntry, placeBytes } from 'walytis'
import type { BatchOperation, BlockId, Store } from 'walytis/interface'
import type { KeyStore } from 'walytis-identities'
import { hmacSha256 } from '#primitives'
import { domains } from '../domains.ts'
import { StoreCorruptError } from '../errors.ts'
import { heightOfTopicKey, numberKey, type Rows, rowsOf, topicKey, topicPrefix } from './store-keys.ts'

/** What the index says of a block. */
export interface TopicPosting {
  readonly id: BlockId
  readonly height: number
  /** Milliseconds since 1970, as its creator claims. */
  readonly time: number
  /** Its number in this node's log. */
  readonly arrival: number
}

/** Rows read at first, and after jumps; every further page is twice as long, up to `LONGEST_PAGE`. */
const FIRST_PAGE = 4
const LONGEST_PAGE = 256

/** Bytes of `id ‖ time ‖ arrival`. */
const ID_SIZE = 36
const POSTING_SIZE = ID_SIZE + 8 + 8

/** Where blocks are found by topics that stand nowhere in clear. Keys are made blind, and values sealed, by the node's key store. */
export class SealedTopics {
  readonly #rows: Rows
  readonly #keyStore: Pick<KeyStore, 'wrap' | 'unwrap'>
  readonly #blindingKey: Uint8Array
  readonly #chain: string
  readonly #context: string

  constructor(store: Store, chain: string, keyStore: Pick<KeyStore, 'wrap' | 'unwrap' | 'derive'>) {
    this.#rows = rowsOf(store, chain, 'topic')
    this.#chain = chain
    this.#context = `${domains.topicIndexValue}/${chain}`
    this.#keyStore = keyStore
    this.#blindingKey = keyStore.derive(domains.topicIndex)
  }

  /** The writes that make a block found by its topics. */
  puts(topics: readonly string[], posting: TopicPosting): BatchOperation[] {
    const value = encodePosting(posting)
    return this.#keys(topics, posting).map((key) => ({
      type: 'put',
      sublevel: this.#rows,
      key,
      value: this.#keyStore.wrap(value, this.#context)
    }))
  }

  /** The writes that undo this. */
  dels(topics: readonly string[], posting: Pick<TopicPosting, 'id' | 'height'>): BatchOperation[] {
    return this.#keys(topics, posting).map((key) => ({ type: 'del', sublevel: this.#rows, key }))
  }

  /** Blocks that carry `topic`, in canonical order or its reverse. */
  cursor(topic: string, reverse: boolean): Cursor {
    const prefix = topicPrefix(this.#blind('topic', fromString(topic)))
    return new SealedScan(this.#rows, prefix, reverse, (value) => this.#open(value))
  }

  /** What tells whether rows were made with this key: 32 bytes. */
  fingerprint(): Uint8Array {
    return this.#blind('index', new Uint8Array())
  }

  async clear(): Promise<void> {
    await this.#rows.clear()
  }

  #keys(topics: readonly string[], { id, height }: Pick<TopicPosting, 'id' | 'height'>): string[] {
    if (topics.length === 0) return []
    const blindId = this.#blind('id', id.bytes)
    return topics.map((topic) => topicKey(this.#blind('topic', fromString(topic)), height, blindId))
  }

  #open(value: Uint8Array): Uint8Array {
    const opened = this.#keyStore.unwrap(value, this.#context)
    if (opened.length !== POSTING_SIZE) throw new StoreCorruptError('A row of the topic index can not be read')
    return opened
  }

  #blind(kind: 'topic' | 'id' | 'index', bytes: Uint8Array): Uint8Array {
    return hmacSha256(this.#blindingKey, fromString(`${kind}\0${this.#chain}\0`), bytes)
  }
}

function encodePosting({ id, time, arrival }: TopicPosting): Uint8Array {
  const numbers = new Uint8Array(16)
  const view = new DataView(numbers.buffer)
  view.setBigUint64(0, BigInt(time))
  view.setBigUint64(8, BigInt(arrival))
  return concat([id.bytes, numbers])
}

/** A row of the index, opened when it is asked what its key does not tell: most are only counted, or jumped over. */
class SealedEntry implements IndexEntry {
  readonly height: number
  readonly revoked = false
  readonly #sealed: Uint8Array
  readonly #open: (sealed: Uint8Array) => Uint8Array
  #opened: Uint8Array | undefined

  constructor(height: number, sealed: Uint8Array, open: (sealed: Uint8Array) => Uint8Array) {
    this.height = height
    this.#sealed = sealed
    this.#open = open
  }

  get id(): BlockId {
    return CID.decode(this.#bytes().subarray(0, ID_SIZE))
  }

  get place(): Uint8Array {
    return placeBytes({ height: this.height, id: this.id })
  }

  get time(): number {
    return this.#number(ID_SIZE)
  }

  get arrival(): number {
    return this.#number(ID_SIZE + 8)
  }

  #number(offset: number): number {
    const bytes = this.#bytes()
    return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset))
  }

  #bytes(): Uint8Array {
    this.#opened ??= this.#open(this.#sealed)
    return this.#opened
  }
}

/**
 * Along the rows of one topic. Rows of one height lie in the order of blind ids, which is nobody's: they are read together, and sorted by
 * what they hold.
 */
class SealedScan implements Cursor {
  readonly #rows: Rows
  readonly #prefix: string
  readonly #reverse: boolean
  readonly #open: (sealed: Uint8Array) => Uint8Array
  #ready: SealedEntry[] = []
  #next = 0
  /** Rows of the last height read, of which there may be more. */
  #rest: SealedEntry[] = []
  #lastKey: string | undefined
  #pageSize = FIRST_PAGE
  #ended = false

  constructor(rows: Rows, prefix: string, reverse: boolean, open: (sealed: Uint8Array) => Uint8Array) {
    this.#rows = rows
    this.#prefix = prefix
    this.#reverse = reverse
    this.#open = open
  }

  async next(to?: Uint8Array): Promise<IndexEntry | undefined> {
    for (;;) {
      for (; this.#next < this.#ready.length; ) {
        const entry = this.#ready[this.#next++]
        if (entry !== undefined && !(to !== undefined && this.#isBefore(entry, to))) return entry
      }
      if (this.#ended) return undefined
      await this.#read(to === undefined ? undefined : heightOf(to))
    }
  }

  #isBefore(entry: SealedEntry, to: Uint8Array): boolean {
    const direction = this.#reverse ? -1 : 1
    const heights = (entry.height - heightOf(to)) * direction
    return heights < 0 || (heights === 0 && compare(entry.place, to) * direction < 0)
  }

  /** The next page, or the one that begins at a height when that lies beyond what was read. */
  async #read(height: number | undefined): Promise<void> {
    const last = this.#lastKey === undefined ? undefined : heightOfTopicKey(this.#lastKey)
    const jumps = height !== undefined && (last === undefined || (this.#reverse ? height < last : height > last))
    if (jumps) this.#rest = []
    this.#pageSize = jumps ? FIRST_PAGE : Math.min(this.#pageSize * 2, LONGEST_PAGE)
    const limit = this.#pageSize
    const bounds = this.#bounds(jumps ? height : undefined)
    const page = await this.#rows.iterator({ ...bounds, reverse: this.#reverse, limit }).all()
    this.#ended = page.length < limit
    this.#lastKey = page.at(-1)?.[0] ?? this.#lastKey
    const entries = page.map(([key, value]) => new SealedEntry(heightOfTopicKey(key), value, this.#open))
    this.#take([...this.#rest, ...entries])
  }

  #take(entries: SealedEntry[]): void {
    const open = this.#ended ? undefined : entries.at(-1)?.height
    const whole = entries.filter(({ height }) => height !== open)
    this.#rest = entries.filter(({ height }) => height === open)
    this.#ready = sorted(whole, this.#reverse)
    this.#next = 0
  }

  #bounds(height: number | undefined): { gt: string; lt: string } | { gte: string; lt: string } {
    const [first, end] = [`${this.#prefix}/`, `${this.#prefix}0`]
    if (this.#reverse) {
      if (height !== undefined) return { gt: first, lt: `${first}${numberKey(height + 1)}` }
      return { gt: first, lt: this.#lastKey ?? end }
    }
    if (height !== undefined) return { gte: `${first}${numberKey(height)}`, lt: end }
    return { gt: this.#lastKey ?? first, lt: end }
  }
}

/** Entries that lie in the order of heights, also by their ids within each. */
function sorted(entries: SealedEntry[], reverse: boolean): SealedEntry[] {
  const ordered: SealedEntry[] = []
  for (let start = 0; start < entries.length; ) {
    let end = start + 1
    while (end < entries.length && entries[end]?.height === entries[start]?.height) end++
    const group = entries.slice(start, end)
    if (group.length > 1) group.sort((a, b) => compare(a.place, b.place) * (reverse ? -1 : 1))
    ordered.push(...group)
    start = end
  }
  return ordered
}

/** The height in a place. */
function heightOf(place: Uint8Array): number {
  return Number(new DataView(place.buffer, place.byteOffset).getBigUint64(0))
}
