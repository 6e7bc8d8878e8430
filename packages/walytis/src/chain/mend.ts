import { changesAfter } from '../change-log.ts'
import type { BlockId } from '../interface/index.ts'
import { DEFAULT_POLICY } from '../policy.ts'
import type { ChainStore, RowWrite } from '../storage/chain-store.ts'
import { blockKey, contentKey, orderKey } from '../storage/indexes.ts'
import { annotationIn, encodeStored, flagsIn } from '../storage/stored-block.ts'
import type { Candidate } from './accept.ts'
import type { ChainComponents } from './chain.ts'
import type { Transaction } from './transaction.ts'

/**
 * Write the rows of a known block anew whose own were damaged: the block and its content as a peer has sent them, verified; what
 * this node knows of it from the other indexes. Nothing happens when these don't say it, or when the policy's annotation is lost with the
 * row.
 */
export async function mend(
  { block, content }: Candidate,
  { store, policy }: ChainComponents,
  transaction: Transaction
): Promise<void> {
  const [row, order] = [await store.read(blockKey(block.id)), await store.read(orderKey(block))]
  const arrival = block.chain === null ? 0 : await arrivalOf(store, block.id)
  // its length says whether the parts of the row are where they were
  const kept = row === undefined ? undefined : annotationIn(row, block.bytes.length)
  const annotation = kept ?? (policy.name === DEFAULT_POLICY.name ? new Uint8Array() : undefined)
  if (order?.[0] === undefined || arrival === undefined || annotation === undefined) return
  const stored = encodeStored({ block, annotation, arrival, ...flagsIn(order[0]) })
  const put = (key: Uint8Array, value: Uint8Array): RowWrite => ({ type: 'put', sublevel: store.rows, key, value })
  transaction.writes.push(put(blockKey(block.id), stored))
  if (content.length > 0) transaction.writes.push(put(contentKey(arrival), content))
  transaction.mended.push(block.id)
}

/** Where a block stands in the change log. */
async function arrivalOf(store: ChainStore, id: BlockId): Promise<number | undefined> {
  let page = await changesAfter(store, 0)
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    const found = page.find((change) => change.kind === 'block' && change.id.equals(id))
    if (found !== undefined) return found.seq
    page = await changesAfter(store, last.seq)
  }
  return undefined
}
