import type { PublicKey } from '@libp2p/interface'
import { brokenTopicRule } from '../block/format.ts'
import { MAX_TIME } from '../constants.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { BlockQuery } from '../interface/index.ts'
import type { IndexEntry, Queried, TimeRange } from './indexes.ts'

/** A checked query: what a block must be like, and in which order which part of them is wanted. */
export interface Conditions {
  /** Topics that all must be carried; each can be a block's. */
  readonly all: readonly string[]
  /** Topics of which one must be carried; undefined: no such condition. */
  readonly any: readonly string[] | undefined
  readonly creator: PublicKey | undefined
  readonly times: TimeRange | undefined
  readonly order: 'canonical' | 'arrival'
  readonly reverse: boolean
  readonly limit: number
}

/**
 * @returns undefined when no block can match
 * @throws {InvalidArgumentError} `after` in canonical order, dates that are none, a limit that is no number of blocks
 */
export function conditionsOf(query: BlockQuery): Conditions | undefined {
  const {
    topics,
    creator,
    since,
    until,
    order = 'canonical',
    reverse = false,
    limit = Number.POSITIVE_INFINITY
  } = query
  if (query.after !== undefined && order !== 'arrival') {
    throw new InvalidArgumentError('query', '`after` is a position in arrival order, so it needs order: "arrival"')
  }
  if (Number.isNaN(since?.getTime()) || Number.isNaN(until?.getTime())) {
    throw new InvalidArgumentError('query', '`since` and `until` must be valid dates')
  }
  if (limit !== Number.POSITIVE_INFINITY && !Number.isSafeInteger(limit)) {
    throw new InvalidArgumentError('query', '`limit` must be a whole number')
  }
  const all = [...new Set(topics?.all ?? [])]
  const any = topics?.any === undefined ? undefined : [...new Set(topics.any)].filter(isTopic)
  const times =
    since === undefined && until === undefined
      ? undefined
      : { since: Math.max(0, since?.getTime() ?? 0), until: Math.min(MAX_TIME, until?.getTime() ?? MAX_TIME) }
  if (limit <= 0 || !all.every(isTopic) || any?.length === 0) return undefined
  if (times !== undefined && times.since > times.until) return undefined
  return { all, any, creator, times, order, reverse, limit }
}

/** Whether nothing but the order and the limit is asked for. */
export function isUnconditional({ all, any, creator, times }: Conditions): boolean {
  return all.length === 0 && any === undefined && creator === undefined && times === undefined
}

/** Whether topics or a creator are asked for: what an index in canonical order leads to. */
export function hasPlaces({ all, any, creator }: Conditions): boolean {
  return all.length > 0 || any !== undefined || creator !== undefined
}

/** Whether a block in effect is of the times asked for. The genesis never is. */
export function fitsTimes(posting: IndexEntry, times: TimeRange | undefined): boolean {
  if (posting.revoked || posting.height === 0) return false
  return times === undefined || (posting.time >= times.since && posting.time <= times.until)
}

/** Whether a block fits all conditions, be it in effect or not. */
export function matches(block: Queried, { all, any, creator, times }: Conditions): boolean {
  if (!all.every((topic) => block.topics.includes(topic))) return false
  if (any !== undefined && !any.some((topic) => block.topics.includes(topic))) return false
  if (creator !== undefined && !block.creator.equals(creator)) return false
  return times === undefined || (block.time >= times.since && block.time <= times.until)
}

/** Whether a text can be a block's topic: what can't names no block. */
function isTopic(text: string): boolean {
  return brokenTopicRule([text]) === undefined
}
