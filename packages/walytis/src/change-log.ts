import { PAGE_ROWS } from './constants.ts'
import type { BlockId } from './interface/index.ts'
import type { ChainStore } from './storage/chain-store.ts'
import { concat, INDEX, idAtEnd, logKey, numberAt } from './storage/indexes.ts'

/**
 * The change log of a chain: what this node came to know, in causal order of arrival, numbered from 1. Local to this node,
 * and never rewritten, so a number is a position that stays valid.
 */

export type ChangeKind = 'block' | 'revoke' | 'reinstate'

export interface LoggedChange {
  readonly seq: number
  readonly kind: ChangeKind
  readonly id: BlockId
}

const KINDS: readonly ChangeKind[] = ['block', 'revoke', 'reinstate']
const PREFIX = Uint8Array.of(INDEX.log)

/** Row of a change: its kind (1 byte: 0 block, 1 revoke, 2 reinstate), then the block's id. */
export function encodeChange(kind: ChangeKind, id: BlockId): Uint8Array {
  return concat(Uint8Array.of(KINDS.indexOf(kind)), id.bytes)
}

/** At most `limit` changes after a position, oldest first. */
export async function changesAfter(store: ChainStore, seq: number, limit = PAGE_ROWS): Promise<LoggedChange[]> {
  const rows = await store.page(PREFIX, { gte: logKey(seq + 1) }, limit)
  return rows.map(([key, value]) => parse(store, key, value))
}

/** At most `limit` changes between two positions, both exclusive, newest first. */
export async function changesBefore(
  store: ChainStore,
  range: { readonly before?: number | undefined; readonly after: number },
  limit = PAGE_ROWS
): Promise<LoggedChange[]> {
  const lt = range.before === undefined ? undefined : logKey(range.before)
  const rows = await store.page(PREFIX, { gte: logKey(range.after + 1), lt, reverse: true }, limit)
  return rows.map(([key, value]) => parse(store, key, value))
}

function parse(store: ChainStore, key: Uint8Array, value: Uint8Array): LoggedChange {
  const kind = KINDS[value[0] ?? KINDS.length]
  if (kind === undefined) throw store.damaged()
  return store.parse(() => ({ seq: numberAt(key, 1), kind, id: idAtEnd(value) }))
}
