import type { RowSource } from '../storage/chain-store.ts'
import { afterPrefix, timePrefix } from '../storage/indexes.ts'
import { postingOf } from '../storage/posting.ts'
import { FIRST_PAGE, longerPage } from './cursor.ts'
import type { Cursor, Gather, IndexEntry, TimeRange } from './indexes.ts'

/** Postings along a cursor. */
export async function* gatherAlong(cursor: Cursor): Gather {
  for (let size = FIRST_PAGE; ; size = longerPage(size)) {
    const page = await take(cursor, size)
    yield page
    if (page.length < size) return
  }
}

/** Postings of blocks that claim to be of these times, in the order of their times. */
export async function* gatherTimes(store: RowSource, { since, until }: TimeRange): Gather {
  if (since > until) return
  let range: { gte?: Uint8Array; gt?: Uint8Array; lt: Uint8Array } = {
    gte: timePrefix(since),
    lt: afterPrefix(timePrefix(until))
  }
  for (let size = FIRST_PAGE; ; size = longerPage(size)) {
    const rows = await store.page(timePrefix(), range, size)
    yield rows.map((row) => postingOf(store, row))
    const last = rows.at(-1)
    if (last === undefined || rows.length < size) return
    range = { gt: last[0], lt: range.lt }
  }
}

/** The next postings of a cursor, fewer only at its end. */
export async function take(cursor: Cursor, count: number): Promise<IndexEntry[]> {
  const postings: IndexEntry[] = []
  while (postings.length < count) {
    const posting = await cursor.next()
    if (posting === undefined) break
    postings.push(posting)
  }
  return postings
}
