import type { AbortOptions } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import type { BaseBlockchain, BlockId, BlockQuery } from 'walytis/interface'
import { InvalidArgumentError, NotFoundError } from './errors.ts'
import { isContentBlock } from './on-chain.ts'
import { type LoadContent, type OnChain, onChainOfBlock, onChainOfRecord, PrivateBlockView } from './private-block.ts'
import type { Reader } from './reader.ts'
import { type BlockRow, stateOf } from './store/block-row.ts'
import type { ContentStore } from './store/content-store.ts'
import { comparePostings, type Posting } from './store/topic-index.ts'

export interface QueryComponents {
  readonly base: Pick<BaseBlockchain, 'blocks' | 'record'>
  readonly store: ContentStore
  readonly reader: Reader
  readonly load: LoadContent
}

/** Blocks in effect that are shown and match, lazily: as much is read as is asked for. */
export async function* queryBlocks(
  components: QueryComponents,
  query: BlockQuery = {},
  options?: AbortOptions
): AsyncGenerator<PrivateBlockView> {
  if (query.after !== undefined && query.order !== 'arrival') {
    throw new InvalidArgumentError('query', '`after` is a position in arrival order, so it needs order: "arrival"')
  }
  const limit = query.limit ?? Number.POSITIVE_INFINITY
  if (limit <= 0) return
  let given = 0
  for await (const onChain of candidates(components, query, options)) {
    options?.signal?.throwIfAborted()
    if (onChain.revoked || !matchesChain(onChain, query)) continue
    const row = await components.store.row(onChain.id)
    const block = row === undefined ? undefined : shownBlock(components, onChain, row)
    if (block === undefined || !matchesTopics(block, query)) continue
    yield block
    given++
    if (given >= limit) return
  }
}

/** A block as it is shown: undefined while the seed of its epoch is missing, and when it was refused. */
export function shownBlock(
  { reader, load }: Pick<QueryComponents, 'reader' | 'load'>,
  onChain: OnChain,
  row: BlockRow
): PrivateBlockView | undefined {
  const state = stateOf(row)
  if (state === 'locked' || state === 'refused') return undefined
  const result = reader.read(onChain)
  return result.state === 'read' ? new PrivateBlockView(onChain, row, result.read.details, load) : undefined
}

async function* candidates(
  components: QueryComponents,
  query: BlockQuery,
  options?: AbortOptions
): AsyncGenerator<OnChain> {
  const { base } = components
  if (query.order === 'arrival') {
    yield* onChainOf(components, arrivals(components.store, query))
    return
  }
  const narrowing = query.topics?.all?.[0] === undefined ? query.topics?.any : [query.topics.all[0]]
  if (narrowing !== undefined) {
    yield* onChainOf(components, postingsOfAny(components.store, narrowing, query.reverse ?? false))
    return
  }
  const { creator, since, until, reverse } = query
  for await (const block of base.blocks({ creator, since, until, reverse }, options)) {
    if (isContentBlock(block)) yield await onChainOfBlock(block, options)
  }
}

async function* onChainOf({ base }: QueryComponents, ids: AsyncIterable<BlockId>): AsyncGenerator<OnChain> {
  for await (const id of ids) {
    const record = await base.record(id)
    if (record !== undefined) yield onChainOfRecord(record)
  }
}

/** In the order in which this node came to be able to read them. */
async function* arrivals(store: ContentStore, { after, reverse }: BlockQuery): AsyncGenerator<BlockId> {
  const row = after === undefined ? undefined : await store.row(after)
  if (after !== undefined && (row === undefined || row.ordinal === 0)) throw new NotFoundError(after.toString())
  for await (const [, entry] of store.log({ after: row?.ordinal ?? 0, reverse: reverse ?? false })) {
    if (entry.kind === 'block') yield CID.parse(entry.id)
  }
}

/** Blocks that carry any of the topics, in canonical order, each once. */
async function* postingsOfAny(
  store: ContentStore,
  topics: readonly string[],
  reverse: boolean
): AsyncGenerator<BlockId> {
  const iterators = [...new Set(topics)].map((topic) => store.topics.postings(topic, reverse))
  try {
    const fronts = await Promise.all(iterators.map(async (iterator) => await iterator.next()))
    for (;;) {
      const first = firstOf(fronts, reverse)
      if (first === undefined) return
      yield first.id
      for (const [index, front] of fronts.entries()) {
        const iterator = iterators[index]
        if (iterator === undefined || front.done === true || !front.value.id.equals(first.id)) continue
        fronts[index] = await iterator.next()
      }
    }
  } finally {
    await Promise.all(iterators.map(async (iterator) => await iterator.return(undefined)))
  }
}

function firstOf(fronts: readonly IteratorResult<Posting, unknown>[], reverse: boolean): Posting | undefined {
  let first: Posting | undefined
  for (const front of fronts) {
    if (front.done === true) continue
    const order = first === undefined ? -1 : comparePostings(front.value, first) * (reverse ? -1 : 1)
    if (order < 0) first = front.value
  }
  return first
}

function matchesChain(block: OnChain, { creator, since, until }: BlockQuery): boolean {
  if (creator !== undefined && !block.creator.equals(creator)) return false
  if (since !== undefined && block.time.getTime() < since.getTime()) return false
  return until === undefined || block.time.getTime() <= until.getTime()
}

function matchesTopics({ topics }: { readonly topics: readonly string[] }, { topics: wanted }: BlockQuery): boolean {
  if (wanted?.all?.some((topic) => !topics.includes(topic)) === true) return false
  return wanted?.any === undefined || wanted.any.some((topic) => topics.includes(topic))
}
