import type { AbortOptions } from '@libp2p/interface'
import type { DIDDocument } from 'did-resolver'
import type { BaseBlockchain } from 'walytis/interface'

/** `did:walytis:<CID of the genesis>`. */
export type Did = `did:walytis:${string}`

/** Anybody with a DID: an identity (one controller, usually a device) or a group of principals. */
export interface Principal {
  readonly did: Did
  /** The chain from which its state follows. */
  readonly blockchain: BaseBlockchain
  /** Its W3C DID document, as its events in effect say. */
  document(options?: AbortOptions): Promise<DIDDocument>
  /** Its events in effect, in canonical order. */
  history(options?: AbortOptions): AsyncIterable<HistoryEntry>
  /** Whether `signature` was made by this principal (for a group: by one of its current devices) over `bytes` in `context`. */
  verify(bytes: Uint8Array, signature: Uint8Array, context: string): Promise<boolean>
  /** Seal bytes so that the principal can read them. Says nothing of who sealed them: not authenticated. */
  encryptTo(bytes: Uint8Array): Promise<Uint8Array>
  /** Stop taking part. What is stored stays. */
  close(): Promise<void>
}

export interface HistoryEntry {
  readonly kind: EventKind
  readonly author: Did
  /** As the author claims. */
  readonly time: Date
  /** Whom it concerns: the DID added, removed, …; undefined where it concerns nobody in particular. */
  readonly subject?: Did | undefined
}

export type EventKind =
  | 'inception'
  | 'rotate'
  | 'document'
  | 'invite'
  | 'revoke-invite'
  | 'add'
  | 'remove'
  | 'leave'
  | 'role'
  | 'epoch'
  | 'mirror'
