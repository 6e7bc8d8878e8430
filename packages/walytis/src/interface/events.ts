import type { PeerId } from '@libp2p/interface'
import type { Block, BlockId } from './block.ts'
import type { SyncResult } from './options.ts'

/** Events of a chain. Each is emitted after what it tells of is as durable as the one who wrote it wanted; what came from peers is synced. */
export interface BlockchainEvents<B extends Block = Block> {
  /** A block in effect was stored; `peer` is who sent it, undefined when this node wrote it. */
  'block:added': CustomEvent<{ readonly block: B; readonly peer?: PeerId | undefined }>
  /** A damaged record was fetched again from a peer, and can be read. */
  'block:repaired': CustomEvent<{ readonly block: BlockId }>
  'block:revoked': CustomEvent<{ readonly block: B }>
  'block:reinstated': CustomEvent<{ readonly block: B }>
  /** The content of a block that came without it is here now. */
  'content:available': CustomEvent<{ readonly block: B }>
  /** A peer takes part in this chain, live. */
  'peer:joined': CustomEvent<{ readonly peer: PeerId }>
  'peer:left': CustomEvent<{ readonly peer: PeerId }>
  /** This node has just become level with a peer. */
  'sync:level': CustomEvent<SyncResult>
  /**
   * What was received of the chain turned out forged while it was in use already: the chain is closed and forgotten whole. Only where
   * it was joined with `until: 'begun'`, and not complete yet.
   */
  'join:failed': CustomEvent<{ readonly error: Error }>
}
