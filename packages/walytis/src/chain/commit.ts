import { idKey } from '../block/id.ts'
import { encodeChange } from '../change-log.ts'
import { encodePublished } from '../content/file-row.ts'
import { compareOrder, linksOf } from '../graph/order.ts'
import type { AcceptedBlock } from '../replica.ts'
import type { ChainStore, Write } from '../storage/chain-store.ts'
import {
  blockKey,
  childPrefix,
  concat,
  contentKey,
  creatorPrefix,
  forkKey,
  headKey,
  lackingKey,
  logKey,
  numberBytes,
  orderKey,
  placeKey,
  publishedKey,
  STATE_KEY,
  seqPrefix,
  timePrefix,
  topicPrefix
} from '../storage/indexes.ts'
import { encodePosting } from '../storage/posting.ts'
import { encodeStored, type StoredBlock } from '../storage/stored-block.ts'
import { type ChainState, creatorName } from './state.ts'
import type { Transaction } from './transaction.ts'

const NOTHING = new Uint8Array()

/** Write all of a transaction in one synced batch, then make its view the chain's. Nothing changes when the write fails. */
export async function commit(transaction: Transaction): Promise<void> {
  const { store, state } = transaction
  if (transaction.broken !== undefined) throw transaction.broken
  await store.write(rowsOf(transaction))
  store.remember(transaction.changed.values())
  publishState(transaction, state)
}

/** What became replicated, in canonical order. */
export function announcedBy(transaction: Transaction): AcceptedBlock[] {
  return [...transaction.announced.values()].sort(compareOrder)
}

function publishState(transaction: Transaction, state: ChainState): void {
  state.counters = transaction.counters
  state.heads.clear()
  for (const [key, head] of transaction.heads) state.heads.set(key, head)
  for (const fork of transaction.forks) state.forked.add(creatorName(fork.creator))
  for (const [name, seq] of transaction.latestSeqs) state.latestSeq.set(name, seq)
}

function rowsOf(transaction: Transaction): Write[] {
  const { store, counters } = transaction
  const writes: Write[] = [...transaction.writes]
  const put = (key: Uint8Array, value: Uint8Array): void => {
    writes.push({ type: 'put', sublevel: store.rows, key, value })
  }
  for (const stored of transaction.changed.values()) {
    put(blockKey(stored.block.id), encodeStored(stored))
    putPostings(stored, put)
  }
  for (const stored of transaction.added) {
    putIndexes(transaction.changed.get(idKey(stored.block.id)) ?? stored, transaction, put)
  }
  for (const { seq, kind, id } of transaction.log) put(logKey(seq), encodeChange(kind, id))
  for (const { creator, seq, blocks } of transaction.forks) {
    put(forkKey(creator, seq), concat(blocks[0].bytes, blocks[1].bytes))
  }
  writes.push(...headWrites(transaction, store))
  put(STATE_KEY, concat(numberBytes(counters.log), numberBytes(counters.inEffect), numberBytes(counters.replicated)))
  return writes
}

/** Rows by which queries find the block, and which say whether it is in effect: written again when that changes. */
function putPostings(stored: StoredBlock, put: (key: Uint8Array, value: Uint8Array) => void): void {
  const { block } = stored
  const posting = encodePosting(stored)
  put(orderKey(block), posting)
  put(placeKey(creatorPrefix(block.creator), block), posting)
  put(placeKey(timePrefix(block.time), block), posting)
  for (const topic of block.topics) put(placeKey(topicPrefix(topic), block), posting)
}

function putIndexes(
  { block, arrival, lacking }: StoredBlock,
  transaction: Transaction,
  put: (key: Uint8Array, value: Uint8Array) => void
): void {
  const content = transaction.contents.get(idKey(block.id))
  if (content !== undefined && content.length > 0) {
    put(contentKey(arrival), content)
    if (transaction.state.isPublic) put(publishedKey(block.content, arrival), encodePublished('content'))
  }
  if (lacking) put(lackingKey({ root: block.content, size: block.size }, block.id), NOTHING)
  put(concat(seqPrefix(block.creator, block.seq), block.id.bytes), NOTHING)
  for (const link of linksOf(block)) put(concat(childPrefix(link), block.id.bytes), NOTHING)
}

function headWrites(transaction: Transaction, store: ChainStore): Write[] {
  const writes: Write[] = []
  const before = transaction.state.heads
  for (const [key, head] of transaction.heads) {
    if (before.get(key)?.kinds === head.kinds) continue
    writes.push({ type: 'put', sublevel: store.rows, key: headKey(head), value: Uint8Array.of(head.kinds) })
  }
  for (const [key, head] of before) {
    if (!transaction.heads.has(key)) writes.push({ type: 'del', sublevel: store.rows, key: headKey(head) })
  }
  return writes
}
