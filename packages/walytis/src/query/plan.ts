import { compareBytes } from '../block/id.ts'
import { changesAfter, changesBefore, type LoggedChange } from '../change-log.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import { creatorPrefix, INDEX, topicPrefix } from '../storage/indexes.ts'
import type { Posting } from '../storage/posting.ts'
import { type Conditions, fitsTimes, hasPlaces } from './conditions.ts'
import { type Cursor, FIRST_PAGE, intersection, longerPage, scan, union } from './cursor.ts'
import { type Gather, gatherAlong, gatherTimes, take } from './gather.ts'
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
export function cursorOf(store: ChainStore, { all, any, creator }: PlaceConditions, reverse: boolean): Cursor {
  const ofTopic = (topic: string): Cursor => scan(store, topicPrefix(topic), reverse)
  const [first, ...others] = [
    ...all.map(ofTopic),
    ...(any === undefined ? [] : [union(any.map(ofTopic), reverse)]),
    ...(creator === undefined ? [] : [scan(store, creatorPrefix(creator), reverse)])
  ]
  if (first === undefined) return scan(store, Uint8Array.of(INDEX.order), reverse)
  return intersection([first, ...others], reverse)
}

/** Blocks in canonical order, or its reverse. */
export function canonicalPages(store: ChainStore, conditions: Conditions, maxGathered?: number): AsyncGenerator<Page> {
  const { times, reverse } = conditions
  const direction = reverse ? -1 : 1
  const compare = (a: Posting, b: Posting): number => compareBytes(a.place, b.place) * direction
  return race({
    walk: walkPlaces(cursorOf(store, conditions, reverse), conditions, compare),
    gathers: times === undefined ? [] : [timesOf(store, conditions, times)],
    fits: (posting) => fitsTimes(posting, times),
    compare,
    maxGathered
  })
}

/** Blocks in order of arrival, or its reverse, that arrived after a number. */
export function arrivalPages(
  store: ChainStore,
  conditions: Conditions,
  after: number,
  maxGathered?: number
): AsyncGenerator<Page> {
  const { times, reverse } = conditions
  const direction = reverse ? -1 : 1
  const gathers: GatherInit[] = []
  if (hasPlaces(conditions)) gathers.push({ gather: gatherAlong(cursorOf(store, conditions, false)), isExact: true })
  if (times !== undefined) gathers.push(timesOf(store, conditions, times))
  return race({
    walk: reverse ? walkLogBack(store, after) : walkLog(store, after),
    gathers,
    fits: (posting) => posting.arrival > after && fitsTimes(posting, times),
    compare: (a, b) => (a.arrival - b.arrival) * direction,
    maxGathered
  })
}

/** Blocks in whatever order costs least: to be counted. */
export function unorderedPages(store: ChainStore, conditions: Conditions, maxGathered?: number): AsyncGenerator<Page> {
  const { times } = conditions
  if (times === undefined || hasPlaces(conditions)) return canonicalPages(store, conditions, maxGathered)
  return fittingPages(gatherTimes(store, times), conditions)
}

function timesOf(store: ChainStore, conditions: Conditions, times: NonNullable<Conditions['times']>): GatherInit {
  return { gather: gatherTimes(store, times), isExact: !hasPlaces(conditions) }
}

async function* fittingPages(gather: Gather, { times }: Conditions): AsyncGenerator<Page> {
  for await (const page of gather) yield { items: page.filter((posting) => fitsTimes(posting, times)), isExact: true }
}

async function* walkPlaces(
  cursor: Cursor,
  { times }: Conditions,
  compare: (a: Posting, b: Posting) => number
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

async function* walkLog(store: ChainStore, after: number): AsyncGenerator<WalkedPage, void> {
  let last = after
  for (let size = FIRST_PAGE; ; size = longerPage(size)) {
    const page = await changesAfter(store, last, size)
    last = page.at(-1)?.seq ?? last
    const walked = last
    yield { items: page.filter(isBlock), isExact: false, isAhead: ({ arrival }) => arrival > walked }
    if (page.length < size) return
  }
}

async function* walkLogBack(store: ChainStore, after: number): AsyncGenerator<WalkedPage, void> {
  let first: number | undefined
  for (let size = FIRST_PAGE; ; size = longerPage(size)) {
    const page = await changesBefore(store, { before: first, after }, size)
    first = page.at(-1)?.seq ?? first
    const walked = first ?? after
    yield { items: page.filter(isBlock), isExact: false, isAhead: ({ arrival }) => arrival < walked }
    if (page.length < size) return
  }
}

function isBlock({ kind }: LoggedChange): boolean {
  return kind === 'block'
}
