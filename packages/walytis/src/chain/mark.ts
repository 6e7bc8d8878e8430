import { BLOCK_ID_BYTES } from '../block/id.ts'
import { concat, idAtEnd, numberBytes, readNumber } from '../storage/indexes.ts'
import { stateRow } from './rows.ts'
import type { ChainState, Head } from './state.ts'

/** Where a chain stood when last all of it was on the disk for certain. */
export interface Mark {
  readonly counters: ChainState['counters']
  readonly heads: readonly Head[]
}

const COUNTERS_BYTES = 3 * 8
const HEAD_BYTES = 1 + 8 + BLOCK_ID_BYTES

/** Row: log, in effect and replicated (8 bytes each), then for each head its kinds (1 byte), height (8) and id (36). */
export function encodeMark({ counters, heads }: Mark): Uint8Array {
  const parts = heads.map((head) => concat(Uint8Array.of(head.kinds), numberBytes(head.height), head.id.bytes))
  return concat(stateRow(counters)[1], ...parts)
}

/** @returns undefined when the row is damaged */
export function decodeMark(row: Uint8Array): Mark | undefined {
  if (row.length < COUNTERS_BYTES || (row.length - COUNTERS_BYTES) % HEAD_BYTES !== 0) return undefined
  const counters = { log: readNumber(row), inEffect: readNumber(row, 8), replicated: readNumber(row, 16) }
  const heads: Head[] = []
  for (let at = COUNTERS_BYTES; at < row.length; at += HEAD_BYTES) {
    const head = row.subarray(at, at + HEAD_BYTES)
    heads.push({ kinds: head[0] ?? 0, height: readNumber(head, 1), id: idAtEnd(head) })
  }
  return { counters, heads }
}
