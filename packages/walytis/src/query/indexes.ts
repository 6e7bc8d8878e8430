import type { PublicKey } from '@libp2p/interface'
import type { BlockId } from '../interface/index.ts'

/**
 * What a query is answered by, whatever the rows of the indexes look like: walytis answers by its own (`stored-source.ts`), and a layer
 * above that hides what blocks are about by indexes that only it can read.
 */

/** A block as an index tells of it: enough to filter, to sort and to count without reading it. */
export interface IndexEntry {
  readonly id: BlockId
  /** `height ‖ id`, as `placeBytes` gives it: its order of bytes is the canonical order. */
  readonly place: Uint8Array
  readonly height: number
  /** Out of effect. An index may as well leave such blocks out. */
  readonly revoked: boolean
  /** Milliseconds since 1970, as the creator claims. */
  readonly time: number
  /** Where the block stands in the change log. */
  readonly arrival: number
}

/**
 * Walks along one index or several at once, in canonical order or its reverse. Each reads no more rows than it must, and jumps
 * over what can't be wanted instead of reading it.
 */
export interface Cursor {
  /**
   * The next entry after the one given last, and with `to` the next that does not stand before that place. Undefined at
   * the end.
   */
  next(to?: Uint8Array): Promise<IndexEntry | undefined>
}

/** An inclusive range of claimed times, in milliseconds since 1970. */
export interface TimeRange {
  readonly since: number
  readonly until: number
}

/**
 * All blocks that an index leads to, read page by page in that index's own order: to be sorted into another one, once they
 * are all there. Whoever reads it may do something else between two pages.
 */
export type Gather = AsyncGenerator<readonly IndexEntry[], void>

/** One entry of a change log. `kind` is `block` where a block came. */
export interface IndexedChange {
  readonly seq: number
  readonly kind: string
  readonly id: BlockId
}

/** Where blocks are found. */
export interface QueryIndexes {
  /** All blocks. */
  all(reverse: boolean): Cursor
  /** Blocks that carry a topic. */
  topic(topic: string, reverse: boolean): Cursor
  /** Blocks of one key. */
  creator(creator: PublicKey, reverse: boolean): Cursor
  /** Blocks that claim to be of these times. */
  times(range: TimeRange): Gather
  /** At most `limit` entries of the change log after a number, oldest first; fewer only at its end. */
  changesAfter(seq: number, limit: number): Promise<readonly IndexedChange[]>
  /** At most `limit` entries between two numbers, both exclusive, newest first; fewer only at the end. */
  changesBefore(
    range: { readonly before?: number | undefined; readonly after: number },
    limit: number
  ): Promise<readonly IndexedChange[]>
  /** The number up to which nothing is added to the log any more: what arrived later is not given in order of arrival. */
  horizon(): number
}

/** What conditions are about. */
export interface Queried {
  readonly topics: readonly string[]
  readonly creator: PublicKey
  /** Milliseconds since 1970. */
  readonly time: number
}

/** Blocks, and the indexes that lead to them. */
export interface QuerySource<B> {
  readonly indexes: QueryIndexes
  /** In the order of the ids; undefined where a block is not in effect, or not to be shown. */
  blocks(ids: readonly BlockId[]): Promise<readonly (B | undefined)[]>
  /** What conditions about a block are checked with. */
  queried(block: B): Queried
  /** The number under which a block stands in the change log.
   * @throws {NotFoundError} */
  arrivalOf(id: BlockId): Promise<number>
  /** How many blocks are in effect. */
  total(): Promise<number>
}
