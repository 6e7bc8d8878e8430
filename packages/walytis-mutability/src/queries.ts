import type { Block, BlockQuery } from 'walytis/interface'
import { PAGE_BLOCKS, RESERVED_PREFIX, TOPIC_ORIGINAL } from './constants.ts'
import { applicationTopics } from './operations/verify.ts'

/**
 * The query of the chain beneath that gives originals. Undefined when it can match none: reserved topics are hidden, so
 * nothing carries them for whoever asks here.
 */
export function queryOfOriginals(query: BlockQuery): BlockQuery | undefined {
  const { all = [], any } = query.topics ?? {}
  if (all.some((topic) => topic.startsWith(RESERVED_PREFIX))) return undefined
  const visible = any && applicationTopics(any)
  if (any?.length !== 0 && visible?.length === 0) return undefined
  return { ...query, topics: { all: [TOPIC_ORIGINAL, ...all], any: visible } }
}

/** Whether a block is one that the query asks for; position and limit aside. */
export function matches(block: Block, query: BlockQuery): boolean {
  const { topics, creator, since, until } = query
  return (
    (topics?.all ?? []).every((topic) => block.topics.includes(topic)) &&
    (topics?.any?.some((topic) => block.topics.includes(topic)) ?? true) &&
    (creator === undefined || creator.equals(block.creator)) &&
    (since === undefined || block.time >= since) &&
    (until === undefined || block.time <= until)
  )
}

/** Whether a query leaves out originals, its order aside. */
export function isConditional({ topics, creator, since, until }: BlockQuery): boolean {
  return topics !== undefined || creator !== undefined || since !== undefined || until !== undefined
}

/**
 * What a source gives, some at a time: few at first, since whoever asks for blocks may want no more than the first; then more, so
 * that what is read for each of them is read together.
 *
 * @param atMost of the whole
 */
export async function* pages<T>(source: AsyncIterable<T>, atMost: number): AsyncGenerator<T[]> {
  let page: T[] = []
  let size = 1
  for await (const item of source) {
    page.push(item)
    if (page.length < Math.min(size, atMost)) continue
    yield page
    page = []
    size = Math.min(size * 2, PAGE_BLOCKS)
  }
  if (page.length > 0) yield page
}
