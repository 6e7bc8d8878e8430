import type { AbortOptions, PeerId } from '@libp2p/interface'
import type {
  AccessControl,
  BaseBlockchain,
  BlockId,
  Invitation,
  PeerAddresses,
  RawBlock,
  SyncResult
} from './interface/index.ts'
import type { InviteOptions, SyncOptions } from './interface/options.ts'

/**
 * What the network side needs of a chain. Only *replicated* blocks show here: ancestors of blocks in effect, blocks that the
 * policy retains, and their ancestors.
 */
export interface Replica {
  readonly chain: BlockId
  readonly access: AccessControl
  /** Tips of the replicated blocks, in canonical order. */
  heads(): Promise<BlockId[]>
  count(): Promise<number>
  /** Whether the block is stored, replicated or not. */
  has(id: BlockId): Promise<boolean>
  /** Undefined unless replicated. */
  read(id: BlockId): Promise<RawBlock | undefined>
  /** Where a stored block stands, replicated or not. */
  links(id: BlockId): Promise<Links | undefined>
  /** Replicated ids in canonical order from `lower` (inclusive) to `upper` (exclusive). */
  ids(lower?: OrderedId, upper?: OrderedId): AsyncIterable<OrderedId>
  /**
   * Check, judge and store blocks that a peer sent, parents first where they came in disorder. Blocks whose parents are unknown wait in a
   * bounded pool. Resolves once all that could be accepted is synced to disk. Never throws for what the bytes are.
   */
  ingest(blocks: RawBlock[], from: PeerId, options?: AbortOptions): Promise<IngestResult>
  /** Told of every batch of newly accepted replicated blocks, after it is durable. Returns what stops it. */
  onAccepted(listener: (blocks: AcceptedBlock[], from: PeerId | undefined) => void): () => void
}

/** A block's height, and its links to the past: parents, and `prev`. */
export interface Links {
  readonly height: number
  readonly links: readonly BlockId[]
}

/** A block's place in the canonical order. */
export interface OrderedId {
  readonly height: number
  readonly id: BlockId
}

export interface AcceptedBlock extends OrderedId {
  readonly raw: RawBlock
}

export interface IngestResult {
  readonly accepted: BlockId[]
  /** Already stored before. */
  readonly known: number
  /** Parents that waiting blocks of this peer lack: ask it for them. */
  readonly missing: BlockId[]
  /** By the name of the rule that was broken. */
  readonly rejected: { readonly id?: BlockId | undefined; readonly rule: string }[]
}

/** What a chain's facade needs of the network side. */
export interface ChainNetwork {
  peers(chain: string): PeerId[]
  sync(chain: string, options?: SyncOptions): Promise<SyncResult>
  invite(chain: string, options?: InviteOptions): Promise<Invitation>
  invitations(chain: string): AsyncIterable<Invitation>
  revokeInvitation(chain: string, id: string): Promise<void>
  addPeers(chain: string, peers: PeerAddresses[]): Promise<void>
  /** The chain was closed by its user. */
  closed(chain: string): Promise<void>
}

/** A chain as the node manages it. */
export interface ManagedChain {
  readonly blockchain: BaseBlockchain
  readonly replica: Replica
  /** Emit `peer:joined`, `peer:left` or `sync:level` on the facade. */
  notify(
    event:
      | { type: 'peer:joined'; peer: PeerId }
      | { type: 'peer:left'; peer: PeerId }
      | { type: 'sync:level'; result: SyncResult }
  ): void
  /** Stop without telling the network side. */
  stop(): Promise<void>
}
