import type { ChainRecord } from 'walytis/interface'
import type { Did } from 'walytis-identities'
import type { Details } from '../reference/details.ts'
import type { IndexedBlock } from '../store/block-index.ts'
import type { BlockRow } from '../store/block-row.ts'

/** How a block is found by its topics, creator and time. */
export function indexed({ block }: ChainRecord, row: BlockRow, { topics }: Details): IndexedBlock {
  const { id, height, creator, time } = block
  return { id, height, creator, time, arrival: row.ordinal, topics }
}

/** Author of a block that nobody stands behind: no DID of anybody. */
export const NOBODY = 'did:walytis:'

/** What is known of a block before anything is. */
export const NEW = { epoch: null, ordinal: 0, envelope: 0, refused: '', revoked: false, wish: 'policy' } as const

/** An envelope that came before its block. */
export function early(waiting: { readonly device: Did; readonly envelope: Uint8Array }): {
  from: Did
  envelope: Uint8Array
} {
  return { from: waiting.device, envelope: waiting.envelope }
}
