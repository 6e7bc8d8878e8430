import { idKey } from '../block/id.ts'
import { encodeChange } from '../change-log.ts'
import { encodePublished } from '../content/file-row.ts'
import { linksOf } from '../graph/order.ts'
import { placeRows } from '../query/place-indexes.ts'
import type { ChainStore, Row, RowWrite, Write } from '../storage/chain-store.ts'
import {
  blockKey,
  childPrefix,
  concat,
  contentKey,
  forkKey,
  headKey,
  lackingKey,
  logKey,
  numberBytes,
  placeKey,
  publishedKey,
  STATE_KEY,
  seqPrefix,
  topicPrefix
} from '../storage/indexes.ts'
import { encodePosting } from '../storage/posting.ts'
import { encodeStored, flagsOf, type StoredBlock } from '../storage/stored-block.ts'
import type { ChainState, Head } from './state.ts'
import type { Transaction } from './transaction.ts'

/** What a chain's changes are on the disk (docs/protocol.md, "Storage"). */

const NOTHING = new Uint8Array()

/** All rows of a transaction. */
export function rowsOf(transaction: Transaction): Write[] {
  const { store, counters } = transaction
  const writes: Write[] = [...transaction.writes]
  const put = (row: Row): void => void writes.push(putting(store, row))
  for (const stored of transaction.changed.values()) {
    put([blockKey(stored.block.id), encodeStored(stored)])
    for (const row of postingRows(stored)) put(row)
  }
  for (const stored of transaction.added) {
    const content = transaction.contents.get(idKey(stored.block.id))
    const changed = transaction.changed.get(idKey(stored.block.id)) ?? stored
    for (const row of indexRows(changed, content)) put(row)
    if (transaction.state.isPublic && content !== undefined && content.length > 0) {
      put([publishedKey(stored.block.content, stored.arrival), encodePublished('content')])
    }
  }
  for (const { seq, kind, id } of transaction.log) put([logKey(seq), encodeChange(kind, id)])
  for (const { creator, seq, blocks } of transaction.forks) {
    put([forkKey(creator, seq), concat(blocks[0].bytes, blocks[1].bytes)])
  }
  writes.push(...headWrites(transaction, store))
  put(stateRow(counters))
  return writes
}

/** All rows of a block that was added without any further effect to a chain that is not public, in the change log too. */
export function rowsOfPlainBlock(stored: StoredBlock, content: Uint8Array | undefined): Row[] {
  const { block, arrival } = stored
  return [
    [blockKey(block.id), encodeStored(stored)],
    ...postingRows(stored),
    ...indexRows(stored, content),
    [logKey(arrival), encodeChange('block', block.id)]
  ]
}

/** The row of the counters. */
export function stateRow(counters: ChainState['counters']): Row {
  return [
    STATE_KEY,
    concat(numberBytes(counters.log), numberBytes(counters.inEffect), numberBytes(counters.replicated))
  ]
}

/** The row of a head. */
export function headRow(head: Head): Row {
  return [headKey(head), Uint8Array.of(head.kinds)]
}

/** Write a row. */
export function putting(store: ChainStore, [key, value]: Row): RowWrite {
  return { type: 'put', sublevel: store.rows, key, value }
}

/** Delete a row. */
export function deleting(store: ChainStore, key: Uint8Array): RowWrite {
  return { type: 'del', sublevel: store.rows, key }
}

/** Rows by which queries find the block, and which say whether it is in effect: written again when that changes. */
function postingRows(stored: StoredBlock): Row[] {
  const { block } = stored
  const flags = flagsOf(stored)
  const posting = encodePosting(flags, block.time, stored.arrival)
  return [
    ...placeRows(block, stored.arrival, flags),
    ...block.topics.map((topic): Row => [placeKey(topicPrefix(topic), block), posting])
  ]
}

function indexRows({ block, arrival, lacking }: StoredBlock, content: Uint8Array | undefined): Row[] {
  const rows: Row[] = []
  if (content !== undefined && content.length > 0) rows.push([contentKey(arrival), content])
  if (lacking) rows.push([lackingKey({ root: block.content, size: block.size }, block.id), NOTHING])
  rows.push([concat(seqPrefix(block.creator, block.seq), block.id.bytes), NOTHING])
  for (const link of linksOf(block)) rows.push([concat(childPrefix(link), block.id.bytes), NOTHING])
  return rows
}

function headWrites(transaction: Transaction, store: ChainStore): Write[] {
  const writes: Write[] = []
  const before = transaction.state.heads
  for (const [key, head] of transaction.heads) {
    if (before.get(key)?.kinds !== head.kinds) writes.push(putting(store, headRow(head)))
  }
  for (const [key, head] of before) {
    if (!transaction.heads.has(key)) writes.push(deleting(store, headKey(head)))
  }
  return writes
}
