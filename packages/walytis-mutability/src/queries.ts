import type { Block, BlockQuery } from 'walytis/interface'
import { RESERVED_PREFIX, TOPIC_ORIGINAL } from './constants.ts'
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
