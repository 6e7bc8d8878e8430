import type { AbortOptions, PublicKey } from '@libp2p/interface'
import { NotFoundError } from '../errors.ts'
import type { BlockQuery } from '../interface/index.ts'
import type { OrderedId } from '../replica.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import type { StoredBlock } from '../storage/stored-block.ts'
import { type Conditions, conditionsOf, isUnconditional, matches } from './conditions.ts'
import { arrivalPages, canonicalPages, cursorOf, unorderedPages } from './plan.ts'
import type { Page } from './race.ts'

/** Reading a chain by its indexes, lazily: as much is read as is asked for, a page at a time, and never content. */

/** For tests: how many postings a query may hold in memory to sort them. */
export interface QueryTuning {
  readonly maxGathered?: number | undefined
}

/** Places of known blocks in canonical order, revoked ones and the genesis included. */
export async function* places(
  store: ChainStore,
  filter: { readonly creator?: PublicKey | undefined; readonly topic?: string | undefined } = {}
): AsyncGenerator<OrderedId> {
  const { creator, topic } = filter
  const cursor = cursorOf(store, { creator, all: topic === undefined ? [] : [topic], any: undefined }, false)
  for (let posting = await cursor.next(); posting !== undefined; posting = await cursor.next()) yield posting
}

/**
 * Blocks in effect that match, without the genesis.
 *
 * @throws {InvalidArgumentError} the query makes no sense
 * @throws {NotFoundError} `after` names an unknown block
 */
export async function* queryBlocks(
  store: ChainStore,
  query: BlockQuery = {},
  options: AbortOptions = {},
  tuning: QueryTuning = {}
): AsyncGenerator<StoredBlock> {
  const conditions = conditionsOf(query)
  if (conditions === undefined) return
  let left = conditions.limit
  for await (const page of await orderedPages(store, query, conditions, tuning)) {
    options.signal?.throwIfAborted()
    for (const stored of await blocksOf(store, page, conditions)) {
      yield stored
      if (--left <= 0) return
    }
  }
}

/**
 * How many such blocks there are.
 *
 * @param total how many blocks are in effect
 * @throws {InvalidArgumentError} the query makes no sense
 * @throws {NotFoundError} `after` names an unknown block
 */
export async function countBlocks(
  store: ChainStore,
  query: BlockQuery,
  total: number,
  options: AbortOptions = {},
  tuning: QueryTuning = {}
): Promise<number> {
  const conditions = conditionsOf(query)
  if (conditions === undefined) return 0
  const { limit } = conditions
  if (query.after === undefined && isUnconditional(conditions)) return Math.min(total, limit)
  const pages =
    query.after === undefined
      ? unorderedPages(store, conditions, tuning.maxGathered)
      : await orderedPages(store, query, conditions, tuning)
  let count = 0
  for await (const page of pages) {
    options.signal?.throwIfAborted()
    count += page.isExact ? page.items.length : (await blocksOf(store, page, conditions)).length
    if (count >= limit) return limit
  }
  return count
}

async function orderedPages(
  store: ChainStore,
  { after }: BlockQuery,
  conditions: Conditions,
  { maxGathered }: QueryTuning
): Promise<AsyncGenerator<Page>> {
  if (conditions.order === 'canonical') return canonicalPages(store, conditions, maxGathered)
  const stored = after === undefined ? undefined : await store.get(after)
  if (after !== undefined && stored === undefined) throw new NotFoundError('block', after.toString())
  return arrivalPages(store, conditions, stored?.arrival ?? 0, maxGathered)
}

/** The blocks of a page that match and are in effect now: since its rows were read, that may have changed. */
async function blocksOf(store: ChainStore, { items, isExact }: Page, conditions: Conditions): Promise<StoredBlock[]> {
  const blocks: StoredBlock[] = []
  const found = await store.getMany(items.map(({ id }) => id))
  for (const [index, { id }] of items.entries()) {
    const stored = found[index]
    if (stored === undefined) throw store.damagedRecord(id, 'block')
    if (!stored.revoked && (isExact || matches(stored, conditions))) blocks.push(stored)
  }
  return blocks
}
