import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import type {
  AccessControl,
  BaseBlockchain,
  BatchOperation,
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
  /** Whether the chain is still being received. */
  isPartial(): boolean
  /** Whether the block is stored, replicated or not. */
  has(id: BlockId): Promise<boolean>
  /** Undefined unless replicated. */
  read(id: BlockId): Promise<RawBlock | undefined>
  /** The same for many, in their order: of the first only, when all together have more than so many bytes, but of one at least. */
  readMany(ids: readonly BlockId[], bytes: number): Promise<(RawBlock | undefined)[]>
  /** Where a stored block stands, replicated or not. */
  links(id: BlockId): Promise<Links | undefined>
  /** Replicated ids in canonical order from `lower` (inclusive) to `upper` (exclusive). */
  ids(lower?: OrderedId, upper?: OrderedId): AsyncIterable<OrderedId>
  /**
   * Check, judge and store blocks that a peer sent, parents first where they came in disorder. Blocks whose parents are unknown wait in a
   * bounded pool. Resolves once all that could be accepted is synced to disk. Never throws for what the bytes are.
   */
  ingest(blocks: readonly RawBlock[], from: PeerId, options?: AbortOptions): Promise<IngestResult>
  /** Begin to check blocks whose turn to be ingested, as this very list, comes soon. */
  prepare(blocks: readonly RawBlock[], from: PeerId): void
  /** Blocks whose records were met damaged: peers that have them are asked for them. `ingest` mends them. */
  readonly damages: DamagedBlocks
  /** Told of every batch of newly accepted replicated blocks, after it is durable. Returns what stops it. */
  onAccepted(listener: (blocks: AcceptedBlock[], from: PeerId | undefined) => void): () => void
}

/** Blocks that are to be fetched again. */
export interface DamagedBlocks {
  readonly ids: BlockId[]
  watch(listener: (id: BlockId) => void): () => void
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

/** A content that is larger than what travels with its block: the root of its UnixFS file, and its bytes. */
export interface FileReference {
  readonly root: CID
  readonly size: number
}

/**
 * How much of a larger content is here: the first `stored` nodes of the order in which they travel. `refused`: no file of that root has that
 * size, so nobody can ever have it.
 */
export interface FileProgress {
  readonly state: 'partial' | 'whole' | 'refused'
  readonly stored: number
}

/** The larger contents of a chain, as their exchange needs them. */
export interface ExchangedFiles {
  /** The larger content of a stored block; undefined when there is no such block, or its content travels with it. */
  of(block: BlockId): Promise<{ readonly reference: FileReference; readonly replicated: boolean } | undefined>
  /** Undefined when nothing of it is here. */
  progress(reference: FileReference): Promise<FileProgress | undefined>
  /** A stored node, by its position. */
  read(reference: FileReference, position: number): Promise<Uint8Array>
  /** Keep the next nodes, which have been checked. Resolves once they are synced to disk. */
  append(reference: FileReference, position: number, nodes: readonly Uint8Array[]): Promise<void>
  /** Nobody can have it: forget what is here of it, and remember that. */
  refuse(reference: FileReference): Promise<void>
  /** All nodes are stored: the content counts as here from now on. */
  complete(reference: FileReference): Promise<void>
  /** Blocks whose larger content is not here. */
  lacking(): AsyncIterable<BlockId>
}

/** Options of fetching a larger content. */
export interface FetchOptions extends AbortOptions {
  /** Nobody waits for it: it gives way to what somebody waits for. */
  readonly ahead?: boolean | undefined
}

/** What a chain's facade needs of the network side. */
export interface ChainNetwork {
  peers(chain: string): PeerId[]
  sync(chain: string, options?: SyncOptions): Promise<SyncResult>
  invite(chain: string, options?: InviteOptions): Promise<Invitation>
  invitations(chain: string): AsyncIterable<Invitation>
  revokeInvitation(chain: string, id: string): Promise<void>
  addPeers(chain: string, peers: PeerAddresses[]): Promise<void>
  /**
   * Ask the chain's peers for a larger content until it is here.
   *
   * @throws {InvalidContentError} when it turns out that nobody can have it
   * @throws {ClosedError} when the chain is closed meanwhile
   */
  fetch(chain: string, block: BlockId, options?: FetchOptions): Promise<void>
  /** The chain was closed by its user. */
  closed(chain: string): Promise<void>
}

/** A chain as the node manages it. */
export interface ManagedChain {
  readonly blockchain: BaseBlockchain
  readonly replica: Replica
  readonly files: ExchangedFiles
  /** What anybody may read by IPFS: a block or content of a public chain. */
  published(cid: CID): Promise<Uint8Array | undefined>
  /** Whether it is still being received. */
  isPartial(): boolean
  /** All of it has come: durable, in one batch with the given rows, when this resolves. */
  complete(batch: BatchOperation[]): Promise<void>
  /** Emit an event of the network side on the facade. */
  notify(
    event:
      | { type: 'peer:joined'; peer: PeerId }
      | { type: 'peer:left'; peer: PeerId }
      | { type: 'sync:level'; result: SyncResult }
      | { type: 'join:failed'; error: Error }
  ): void
  /** Stop without telling the network side. */
  stop(): Promise<void>
}
