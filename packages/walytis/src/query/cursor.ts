import { compareBytes } from '../block/id.ts'
import { PAGE_ROWS } from '../constants.ts'
import type { Row, RowSource } from '../storage/chain-store.ts'
import { concat } from '../storage/indexes.ts'
import { postingOf } from '../storage/posting.ts'
import type { Cursor, IndexEntry } from './indexes.ts'

/** Rows read at first, and after jumps; every further page is twice as long, up to `PAGE_ROWS`. */
export const FIRST_PAGE = 4

/** How many rows to read after a page of this many. */
export function longerPage(size: number): number {
  return Math.min(size * 2, PAGE_ROWS)
}

type Order = (a: Uint8Array, b: Uint8Array) => number

function orderOf(reverse: boolean): Order {
  return reverse ? (a, b) => compareBytes(b, a) : compareBytes
}

/** Along the rows whose keys begin with a prefix. */
export function scan(store: RowSource, prefix: Uint8Array, reverse: boolean): Cursor {
  return new Scan(store, prefix, reverse)
}

/** Blocks that all of the cursors give. Costs as much as the shortest of them, times their number, however long the others are. */
export function intersection(cursors: readonly [Cursor, ...Cursor[]], reverse: boolean): Cursor {
  const [first, ...others] = cursors
  return others.length === 0 ? first : new Intersection(first, others, orderOf(reverse))
}

/** Blocks that any of the cursors gives, each once. */
export function union(cursors: readonly Cursor[], reverse: boolean): Cursor {
  const [first] = cursors
  return first !== undefined && cursors.length === 1 ? first : new Union(cursors, orderOf(reverse))
}

class Scan implements Cursor {
  readonly #store: RowSource
  readonly #prefix: Uint8Array
  readonly #reverse: boolean
  readonly #order: Order
  #rows: readonly Row[] = []
  #index = -1
  #pageSize = FIRST_PAGE
  /** How many of the rows were asked for and not jumped over. */
  #given = 0
  #ended = false

  constructor(store: RowSource, prefix: Uint8Array, reverse: boolean) {
    this.#store = store
    this.#prefix = prefix
    this.#reverse = reverse
    this.#order = orderOf(reverse)
  }

  async next(to?: Uint8Array): Promise<IndexEntry | undefined> {
    this.#index++
    const target = to === undefined ? undefined : concat(this.#prefix, to)
    for (;;) {
      for (; this.#index < this.#rows.length; this.#index++) {
        const row = this.#rows[this.#index]
        if (row === undefined || (target !== undefined && this.#order(row[0], target) < 0)) continue
        this.#given++
        return postingOf(this.#store, row)
      }
      if (this.#ended) return undefined
      await this.#read(target)
    }
  }

  /** The page that begins at `target`, else the one after the last. */
  async #read(target: Uint8Array | undefined): Promise<void> {
    const last = this.#rows.at(-1)?.[0]
    // whoever jumps far is likely to jump again
    if (last !== undefined)
      this.#pageSize = this.#given * 2 < this.#rows.length ? FIRST_PAGE : longerPage(this.#pageSize)
    const size = this.#pageSize
    const range = this.#reverse
      ? { lte: target, lt: target === undefined ? last : undefined }
      : { gte: target, gt: target === undefined ? last : undefined }
    this.#rows = await this.#store.page(this.#prefix, { ...range, reverse: this.#reverse }, size)
    this.#ended = this.#rows.length < size
    this.#index = 0
    this.#given = 0
  }
}

class Intersection implements Cursor {
  readonly #first: Cursor
  readonly #others: { readonly cursor: Cursor; front: IndexEntry | undefined }[]
  readonly #order: Order

  constructor(first: Cursor, others: readonly Cursor[], order: Order) {
    this.#first = first
    this.#others = others.map((cursor) => ({ cursor, front: undefined }))
    this.#order = order
  }

  async next(to?: Uint8Array): Promise<IndexEntry | undefined> {
    let candidate = await this.#first.next(to)
    while (candidate !== undefined) {
      const beyond = await this.#catchUp(candidate.place)
      if (beyond === 'nothing left') return undefined
      if (beyond === undefined) return candidate
      candidate = await this.#first.next(beyond)
    }
    return undefined
  }

  /** Bring all others to a place. Gives the place where one of them stands instead, when it has nothing there. */
  async #catchUp(place: Uint8Array): Promise<Uint8Array | 'nothing left' | undefined> {
    for (const other of this.#others) {
      if (other.front === undefined || this.#order(other.front.place, place) < 0) {
        other.front = await other.cursor.next(place)
      }
      if (other.front === undefined) return 'nothing left'
      if (this.#order(other.front.place, place) > 0) return other.front.place
    }
    return undefined
  }
}

class Union implements Cursor {
  readonly #parts: { readonly cursor: Cursor; front: IndexEntry | undefined; ended: boolean }[]
  readonly #order: Order
  #last: Uint8Array | undefined

  constructor(cursors: readonly Cursor[], order: Order) {
    this.#parts = cursors.map((cursor) => ({ cursor, front: undefined, ended: false }))
    this.#order = order
  }

  async next(to?: Uint8Array): Promise<IndexEntry | undefined> {
    const isBehind = ({ place }: IndexEntry): boolean =>
      (this.#last !== undefined && this.#order(place, this.#last) <= 0) ||
      (to !== undefined && this.#order(place, to) < 0)
    let first: IndexEntry | undefined
    for (const part of this.#parts) {
      if (!part.ended && (part.front === undefined || isBehind(part.front))) {
        part.front = await part.cursor.next(to)
        part.ended = part.front === undefined
      }
      if (part.front === undefined) continue
      if (first === undefined || this.#order(part.front.place, first.place) < 0) first = part.front
    }
    this.#last = first?.place
    return first
  }
}
