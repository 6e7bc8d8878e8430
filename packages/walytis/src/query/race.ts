import { MAX_GATHERED } from '../constants.ts'
import type { BlockId } from '../interface/index.ts'
import { FIRST_PAGE, longerPage } from './cursor.ts'
import type { Gather, IndexEntry } from './indexes.ts'

/** A few blocks that may be what was asked for, in the order asked for. */
export interface Page {
  readonly items: readonly { readonly id: BlockId }[]
  /** Whether all of them are what was asked for, as far as the indexes knew when they were read. */
  readonly isExact: boolean
}

/** A page of a walk, and how far the walk has come by it: whatever is not past that needn't be looked at again. */
export interface WalkedPage extends Page {
  /** Whether the walk, going on, might still come to a block. */
  isAhead(posting: IndexEntry): boolean
}

export interface GatherInit {
  readonly gather: Gather
  /** Whether all that it finds is what was asked for. */
  readonly isExact: boolean
}

export interface RaceInit {
  /** All that may be asked for, in the order asked for. */
  readonly walk: AsyncGenerator<WalkedPage, void>
  /** Ways to find the same by an index of another order. */
  readonly gathers: readonly GatherInit[]
  /** Which postings are worth keeping. */
  fits(posting: IndexEntry): boolean
  /** The order asked for. */
  compare(a: IndexEntry, b: IndexEntry): number
  readonly maxGathered?: number | undefined
}

/**
 * Walk in the order asked for, and meanwhile gather what narrower indexes lead to, a page here and a page there. As soon as
 * one of them has led to its end, the rest is sorted in memory and the walk is over. So the cost is a small multiple of that of the
 * best way, whichever that is; what a reader leaves early costs little; and memory is bounded, since an index that leads to too
 * much is given up.
 */
export async function* race(init: RaceInit): AsyncGenerator<Page, void> {
  const { walk, fits, compare, maxGathered = MAX_GATHERED } = init
  let runners = init.gathers.map(({ gather, isExact }) => ({ gather, isExact, found: [] as IndexEntry[] }))
  let walked: WalkedPage | undefined
  try {
    for (;;) {
      for (const { gather, isExact, found } of runners) {
        const step = await gather.next()
        if (step.done === true) {
          const rest = found.filter((posting) => walked?.isAhead(posting) ?? true).sort(compare)
          yield* pagesOf(rest, isExact)
          return
        }
        for (const posting of step.value) if (fits(posting)) found.push(posting)
      }
      runners = runners.filter(({ found }) => found.length <= maxGathered)
      const step = await walk.next()
      if (step.done === true) return
      walked = step.value
      yield walked
    }
  } finally {
    for (const { gather } of init.gathers) await gather.return()
    await walk.return()
  }
}

function* pagesOf(items: readonly IndexEntry[], isExact: boolean): Generator<Page> {
  let start = 0
  for (let size = FIRST_PAGE; start < items.length; size = longerPage(size)) {
    yield { items: items.slice(start, start + size), isExact }
    start += size
  }
}
