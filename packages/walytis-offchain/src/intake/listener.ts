import type { PeerId } from '@libp2p/interface'
import type { BlockId, ChainRecord } from 'walytis/interface'
import type { Did } from 'walytis-identities'
import type { ReadReference } from '../reader.ts'
import type { BlockRow } from '../store/block-row.ts'

/** A block whose reference was read, as it is shown. */
export interface Shown {
  readonly record: ChainRecord
  readonly row: BlockRow
  readonly read: ReadReference
}

/** Told of what intake has written, in the order of writing, once it is durable. */
export interface IntakeListener {
  /** A block can be read; `late`: it was shown without its content before. `content`: when it is held in memory. */
  available(shown: Shown, content: Uint8Array | undefined, peer: PeerId | undefined, late: boolean): void
  /** A block with a large content has come, which takes its time. */
  announced(shown: Shown, peer: PeerId | undefined): void
  /** A block is shown, and its content is not here. `live`: it has just come, so its content may be on its way. */
  wanted(id: BlockId, live: boolean): void
  /** A content is not asked for, or no longer. */
  unwanted(id: BlockId): void
  /** A content was taken off the disk. */
  removed(shown: Shown): void
  /** An envelope was kept. */
  obtained(id: BlockId, epoch: BlockId, from: Did): void
  /** An envelope came that is here already. */
  known(id: BlockId, from: Did): void
  /** A device gave bytes that are not the envelope that the chain names. */
  wrong(id: BlockId, rule: string, from: Did): void
  /** A block or its content breaks a rule, by its author's fault. */
  refused(id: BlockId, rule: string, author: Did | undefined): void
  changed(shown: Shown, kind: 'revoke' | 'reinstate'): void
}
