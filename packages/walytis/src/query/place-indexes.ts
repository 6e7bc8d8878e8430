import type { PublicKey } from '@libp2p/interface'
import type { BlockId } from '../interface/index.ts'
import { type Row, type RowSource, type Rows, readPage } from '../storage/chain-store.ts'
import { creatorPrefix, INDEX, orderKey, placeKey, timePrefix } from '../storage/indexes.ts'
import { encodePosting } from '../storage/posting.ts'
import { scan } from './cursor.ts'
import { gatherTimes } from './gather.ts'
import type { QueryIndexes } from './indexes.ts'

/** Rows by which blocks are found in canonical order, by creator and by claimed time: walytis's own, and those of layers that show other blocks. */

/** What these indexes say of a block. */
export interface PlacedBlock {
  readonly id: BlockId
  readonly height: number
  readonly creator: PublicKey
  /** Milliseconds since 1970. */
  readonly time: number
}

/** The rows of one block, for a sublevel with binary keys and values. `flags`: 1 where it is out of effect. */
export function placeRows(block: PlacedBlock, arrival: number, flags = 0): Row[] {
  const posting = encodePosting(flags, block.time, arrival)
  return [
    [orderKey(block), posting],
    [placeKey(creatorPrefix(block.creator), block), posting],
    [placeKey(timePrefix(block.time), block), posting]
  ]
}

/** Indexes along such rows. */
export function placeIndexes(source: RowSource): Pick<QueryIndexes, 'all' | 'creator' | 'times'> {
  return {
    all: (reverse) => scan(source, Uint8Array.of(INDEX.order), reverse),
    creator: (creator, reverse) => scan(source, creatorPrefix(creator), reverse),
    times: (range) => gatherTimes(source, range)
  }
}

/** A sublevel as a place of such rows. @param damaged makes the error for a row that is not as it was written */
export function rowSourceOf(rows: Rows, damaged: () => Error): RowSource {
  return { damaged, page: async (prefix, range, limit) => await readPage(rows, prefix, range, limit) }
}
