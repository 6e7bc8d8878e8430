import { compareBytes } from '../block/id.ts'
import { type Conditions, fitsTimes, hasPlaces } from './conditions.ts'
import { FIRST_PAGE, intersection, longerPage, union } from './cursor.ts'
import { gatherAlong, take } from './gather.ts'
import type { Cursor, Gather, IndexEntry, IndexedChange, QueryIndexes } from './indexes.ts'
import { type GatherInit, type Page, race, type WalkedPage } from './race.ts'

/**
 * How each query is answered:
 *
 * | order | asked for | by |
 * |---|---|---|
 * | canonical | topics, a creator | their indexes at once, each jumping to where the others stand |
 * | canonical | times as well | that, or all times of the range sorted, whichever ends first |
 * | arrival | nothing else | the change log |
 * | arrival | anything else | the change log, or what an index leads to sorted, whichever ends first |
 */

/** Topics and creator, as far as they are asked for, in canonical order. */
export type PlaceConditions = Pick<Conditions, 'all' | 'any' | 'creator'>

/** Known blocks in canonical order, revoked ones and the genesis included. */
export function cursorOf(indexes: QueryIndexes, { all, any, creator }: PlaceConditions, reverse: boolean): Cursor {
  const ofTopic = (topic: string): Cursor => indexes.topic(topic, reverse)
  const [first, ...others] = [
    ...all.map(ofTopic),
    ...(any === undefined ? [] : [union(any.map(ofTopic), reverse)]),
    ...(creator === undefined ? [] : [indexes.creator(creator, reverse)])
  ]
  if (first === undefined) return indexes.all(reverse)
  return intersection([first, ...others], reverse)
}

/** Blocks in canonical order, or its reverse. */
export function canonicalPages(
  indexes: QueryIndexes,
  conditions: Conditions,
  maxGathered?: number
): AsyncGenerator<Page> {
  const { times, reverse } = conditions
  const direction = reverse ? -1 : 1
  const compare = (a: IndexEntry, b: IndexEntry): number => compareBytes(a.place, b.place) * direction
  return race({
    walk: walkPlaces(cursorOf(indexes, conditions, reverse), conditions, compare),
    gathers: times === undefined ? [] : [timesOf(indexes, conditions, times)],
    fits: (posting) => fitsTimes(posting, times),
    compare,
    maxGathered
  })
}

/** Blocks in order of arrival, or its reverse, that arrived after a number. */
export function arrivalPages(
  indexes: QueryIndexes,
  conditions: Conditions,
  after: number,
  maxGathered?: number
): AsyncGenerator<Page> {
  const { times, reverse } = conditions
  const direction = reverse ? -1 : 1
  const gathers: GatherInit[] = []
  const horizon = indexes.horizon()
  if (hasPlaces(conditions)) gathers.push({ gather: gatherAlong(cursorOf(indexes, conditions, false)), isExact: true })
  if (times !== undefined) gathers.push(timesOf(indexes, conditions, times))
  return race({
    walk: reverse ? walkLogBack(indexes, after) : walkLog(indexes, after),
    gathers,
    fits: (posting) => posting.arrival > after && posting.arrival <= horizon && fitsTimes(posting, times),
    compare: (a, b) => (a.arrival - b.arrival) * direction,
    maxGathered
  })
}

/** Blocks in whatever order costs least: to be counted. */
export function unorderedPages(
  indexes: QueryIndexes,
  conditions: Conditions,
  maxGathered?: number
): AsyncGenerator<Page> {
  const { times } = conditions
  if (times === undefined || hasPlaces(conditions)) return canonicalPages(indexes, conditions, maxGathered)
  return fittingPages(indexes.times(times), conditions)
}

function timesOf(indexes: QueryIndexes, conditions: Conditions, times: NonNullable<Conditions['times']>): GatherInit {
  return { gather: indexes.times(times), isExact: !hasPlaces(conditions) }
}

async function* fittingPages(gather: Gather, { times }: Conditions): AsyncGenerator<Page> {
  for await (const page of gather) yield { items: page.filter((posting) => fitsTimes(posting, times)), isExact: true }
}

async function* walkPlaces(
  cursor: Cursor,
  { times }: Conditions,
  compare: (a: IndexEntry, b: IndexEntry) => number
): AsyncGenerator<WalkedPage, void> {
  for (let size = FIRST_PAGE; ; size = longerPage(size)) {
    const page = await take(cursor, size)
    const last = page.at(-1)
    if (last === undefined) return
    yield {
      items: page.filter((posting) => fitsTimes(posting, times)),
      isExact: true,
      isAhead: (posting) => compare(posting, last) > 0
    }
  }
}

async function* walkLog(indexes: QueryIndexes, after: number): AsyncGenerator<WalkedPage, void> {
  let last = after
  for (let size = FIRST_PAGE; ; size = longerPage(size)) {
    const page = await indexes.changesAfter(last, size)
    last = page.at(-1)?.seq ?? last
    const walked = last
    yield { items: page.filter(isBlock), isExact: false, isAhead: ({ arrival }) => arrival > walked }
    if (page.length < size) return
  }
}

async function* walkLogBack(indexes: QueryIndexes, after: number): AsyncGenerator<WalkedPage, void> {
  let first: number | undefined
  for (let size = FIRST_PAGE; ; size = longerPage(size)) {
    const page = await indexes.changesBefore({ before: first, after }, size)
    first = page.at(-1)?.seq ?? first
    const walked = first ?? after
    yield { items: page.filter(isBlock), isExact: false, isAhead: ({ arrival }) => arrival < walked }
    if (page.length < size) return
  }
}

function isBlock({ kind }: IndexedChange): boolean {
  return kind === 'block'
}
