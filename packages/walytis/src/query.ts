import type { AbortOptions, PublicKey } from '@libp2p/interface'
import { changes } from './change-log.ts'
import { PAGE_ROWS } from './constants.ts'
import { InvalidArgumentError, NotFoundError } from './errors.ts'
import { mergeOrdered } from './graph/order.ts'
import type { BlockId, BlockQuery } from './interface/index.ts'
import type { OrderedId } from './replica.ts'
import type { ChainStore } from './storage/chain-store.ts'
import { creatorPrefix, INDEX, placeOf, topicPrefix } from './storage/indexes.ts'
import type { StoredBlock } from './storage/stored-block.ts'

/** Reading a chain by its indexes, lazily: as much is read as is asked for, a page at a time. */

/** Which index narrows a walk in canonical order: that of a creator, of topics (any of them), or all blocks. */
export interface PlaceFilter {
  readonly creator?: PublicKey | undefined
  readonly topics?: readonly string[] | undefined
}

/** Places of known blocks in canonical order, revoked ones and the genesis included. */
export function places(store: ChainStore, filter: PlaceFilter = {}, reverse = false): AsyncIterable<OrderedId> {
  if (filter.creator !== undefined) return scanPlaces(store, creatorPrefix(filter.creator), reverse)
  if (filter.topics === undefined) return scanPlaces(store, Uint8Array.of(INDEX.order), reverse)
  const [topic] = filter.topics
  if (filter.topics.length === 1 && topic !== undefined) return scanPlaces(store, topicPrefix(topic), reverse)
  return mergeOrdered(
    filter.topics.map((one) => scanPlaces(store, topicPrefix(one), reverse)),
    reverse
  )
}

/**
 * Blocks in effect that match, without the genesis.
 *
 * @throws {InvalidArgumentError} `after` in canonical order
 * @throws {NotFoundError} `after` names an unknown block
 */
export async function* queryBlocks(
  store: ChainStore,
  query: BlockQuery = {},
  options?: AbortOptions
): AsyncGenerator<StoredBlock> {
  checkQuery(query)
  const limit = query.limit ?? Number.POSITIVE_INFINITY
  if (limit <= 0) return
  let given = 0
  for await (const page of pagesOf(await idsFor(store, query), Math.min(limit, PAGE_ROWS))) {
    options?.signal?.throwIfAborted()
    for (const stored of await store.getMany(page)) {
      if (stored === undefined) throw store.damaged()
      if (stored.revoked || !matches(stored, query)) continue
      yield stored
      given++
      if (given >= limit) return
    }
  }
}

function checkQuery(query: BlockQuery): void {
  if (query.after !== undefined && query.order !== 'arrival') {
    throw new InvalidArgumentError('query', '`after` is a position in arrival order, so it needs order: "arrival"')
  }
}

async function idsFor(store: ChainStore, query: BlockQuery): Promise<AsyncIterable<BlockId>> {
  if (query.order !== 'arrival') return idsOf(places(store, narrowest(query), query.reverse))
  const after = query.after === undefined ? undefined : await store.get(query.after)
  if (query.after !== undefined && after === undefined) throw new NotFoundError('block', query.after.toString())
  return arrivals(store, after?.arrival, query.reverse)
}

/** The index that leaves least to filter: one topic that all must carry, else the creator, else the topics of which any will do. */
function narrowest(query: BlockQuery): PlaceFilter {
  const [required] = query.topics?.all ?? []
  if (required !== undefined) return { topics: [required] }
  if (query.creator !== undefined) return { creator: query.creator }
  return query.topics?.any === undefined ? {} : { topics: query.topics.any }
}

function matches({ block }: StoredBlock, query: BlockQuery): boolean {
  if (block.chain === null) return false
  if (query.topics?.all?.some((topic) => !block.topics.includes(topic)) === true) return false
  if (query.topics?.any !== undefined && !query.topics.any.some((topic) => block.topics.includes(topic))) return false
  if (query.creator !== undefined && !block.creator.equals(query.creator)) return false
  if (query.since !== undefined && block.time < query.since.getTime()) return false
  return query.until === undefined || block.time <= query.until.getTime()
}

async function* scanPlaces(store: ChainStore, prefix: Uint8Array, reverse: boolean): AsyncGenerator<OrderedId> {
  for await (const [key] of store.scan(prefix, { reverse })) yield placeOf(key)
}

async function* idsOf(source: AsyncIterable<OrderedId>): AsyncGenerator<BlockId> {
  for await (const { id } of source) yield id
}

async function* arrivals(
  store: ChainStore,
  after: number | undefined,
  reverse: boolean | undefined
): AsyncGenerator<BlockId> {
  for await (const change of changes(store, { after, reverse })) if (change.kind === 'block') yield change.id
}

async function* pagesOf<T>(source: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let page: T[] = []
  for await (const item of source) {
    page.push(item)
    if (page.length < size) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
