import type { AbortOptions } from '@libp2p/interface'
import type { BlockId, BlockQuery } from '../interface/index.ts'
import { type Conditions, conditionsOf, isUnconditional, matches } from './conditions.ts'
import type { QuerySource } from './indexes.ts'
import { arrivalPages, canonicalPages, unorderedPages } from './plan.ts'
import type { Page } from './race.ts'

/** Answering queries by indexes, lazily: as much is read as is asked for, a page at a time, and never content. */

/** For tests: how many postings a query may hold in memory to sort them. */
export interface QueryTuning {
  readonly maxGathered?: number | undefined
}

/**
 * Blocks in effect that match, in the order asked for.
 *
 * @throws {InvalidArgumentError} the query makes no sense
 * @throws {NotFoundError} `after` names an unknown block
 */
export async function* answerQuery<B>(
  source: QuerySource<B>,
  query: BlockQuery = {},
  options: AbortOptions = {},
  tuning: QueryTuning = {}
): AsyncGenerator<B> {
  const conditions = conditionsOf(query)
  if (conditions === undefined) return
  let left = conditions.limit
  for await (const page of await orderedPages(source, query, conditions, tuning)) {
    options.signal?.throwIfAborted()
    for (const block of await blocksOf(source, page, conditions)) {
      yield block
      if (--left <= 0) return
    }
  }
}

/**
 * How many blocks `answerQuery` would give.
 *
 * @throws {InvalidArgumentError} the query makes no sense
 * @throws {NotFoundError} `after` names an unknown block
 */
export async function countAnswers<B>(
  source: QuerySource<B>,
  query: BlockQuery = {},
  options: AbortOptions = {},
  tuning: QueryTuning = {}
): Promise<number> {
  const conditions = conditionsOf(query)
  if (conditions === undefined) return 0
  const { limit } = conditions
  if (query.after === undefined && isUnconditional(conditions)) return Math.min(await source.total(), limit)
  const pages =
    query.after === undefined
      ? unorderedPages(source.indexes, conditions, tuning.maxGathered)
      : await orderedPages(source, query, conditions, tuning)
  let count = 0
  for await (const page of pages) {
    options.signal?.throwIfAborted()
    count += page.isExact ? page.items.length : (await blocksOf(source, page, conditions)).length
    if (count >= limit) return limit
  }
  return count
}

async function orderedPages<B>(
  { indexes, arrivalOf }: QuerySource<B>,
  { after }: BlockQuery,
  conditions: Conditions,
  { maxGathered }: QueryTuning
): Promise<AsyncGenerator<Page>> {
  if (conditions.order === 'canonical') return canonicalPages(indexes, conditions, maxGathered)
  return arrivalPages(indexes, conditions, after === undefined ? 0 : await arrivalOf(after), maxGathered)
}

/** The blocks of a page that match and are in effect now: since its rows were read, that may have changed. */
async function blocksOf<B>(source: QuerySource<B>, { items, isExact }: Page, conditions: Conditions): Promise<B[]> {
  const ids: BlockId[] = items.map(({ id }) => id)
  const found = await source.blocks(ids)
  return found.filter(
    (block): block is B => block !== undefined && (isExact || matches(source.queried(block), conditions))
  )
}
