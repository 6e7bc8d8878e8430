import { compareOrder } from '../graph/order.ts'
import type { AcceptedBlock } from '../replica.ts'
import { type ChainState, creatorName } from './state.ts'
import type { Transaction } from './transaction.ts'
import type { Unsynced } from './unsynced.ts'

/**
 * Write all of a transaction in one batch, then make its view the chain's. Nothing changes when the write fails.
 *
 * @param synced wait for the disk, with all that was written before without waiting
 * @returns the transactions that are on the disk now and were not before, in their order
 */
export async function commit(transaction: Transaction, unsynced: Unsynced, synced: boolean): Promise<Transaction[]> {
  const { store, state } = transaction
  if (transaction.broken !== undefined) throw transaction.broken
  const durable = synced ? await unsynced.sync(transaction) : await unsynced.write(transaction)
  store.remember(transaction.changed.values())
  publishState(transaction, state)
  return durable
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
