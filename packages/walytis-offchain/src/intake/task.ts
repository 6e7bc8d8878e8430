import type { PeerId } from '@libp2p/interface'
import type { BlockId, ChainRecord } from 'walytis/interface'
import type { Did } from 'walytis-identities'
import type { BlockRow, Wish } from '../store/block-row.ts'

/** Something to take in, by the block that it is about. */
export type Task =
  | { readonly kind: 'observe'; readonly id: BlockId; readonly peer: PeerId | undefined; readonly revoked: boolean }
  | { readonly kind: 'give'; readonly id: BlockId; readonly from: Did; readonly envelope: Uint8Array }
  | { readonly kind: 'unlock'; readonly id: BlockId }
  | { readonly kind: 'wish'; readonly id: BlockId; readonly wish: Wish }
  | { readonly kind: 'fetched'; readonly id: BlockId; readonly number: number; readonly from: Did | undefined }
  | { readonly kind: 'reject'; readonly id: BlockId; readonly rule: string }

/** A task, and who waits for it. */
export interface Queued {
  readonly task: Task
  resolve(): void
  reject(error: unknown): void
}

/** What a task finds: only what it needs of it. */
export interface Loaded {
  readonly row?: BlockRow | undefined
  readonly record?: ChainRecord | undefined
  readonly author?: Did | undefined
}
