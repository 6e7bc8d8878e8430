import type { AbortOptions, PeerId, PublicKey } from '@libp2p/interface'
import type { AbstractBatchOperation, AbstractLevel } from 'abstract-level'
import type { TypedEventTarget } from 'main-event'
import type { Block, BlockId, BlockQuery } from './block.ts'
import type { BlockchainEvents } from './events.ts'
import type { LayerRows } from './layer-rows.ts'
import type { AddOptions, ConsumeOptions, InviteOptions, SyncOptions, SyncResult } from './options.ts'
import type { BlockPosition, SignedBlock } from './signed-block.ts'

/** The database type of this stack: any `abstract-level` store. */
export type Store = AbstractLevel<string | Uint8Array | Buffer, string, string>

/** A write for an atomic batch; it may name any sublevel of the node's store. */
export type BatchOperation = AbstractBatchOperation<Store, string, Uint8Array>

/** A non-linear blockchain: the interface that every layer implements and consumes, so that layers stack. */
export interface Blockchain<B extends Block = Block> extends TypedEventTarget<BlockchainEvents<B>> {
  /** The CID of the genesis. */
  readonly id: string
  /** What layers above have fixed in the genesis. Chains that don't tell leave this out. */
  readonly layers?: LayerSettings | undefined
  /** As whom this node writes here: `author` and `creator` of its own blocks. Undefined where it can't write. */
  readonly writer?: Pick<Block, 'author' | 'creator'> | undefined
  /**
   * Write a block. Once it resolves, the block is synced to disk, and its content with it. Content of more than 256 KiB goes to the disk
   * as it comes, in constant memory; others get it when they read it.
   *
   * @throws {LimitExceededError} content over 256 GiB, or topics over the limits
   * @throws {ClosedError} after `close`
   */
  add(content: Uint8Array | AsyncIterable<Uint8Array>, options?: AddOptions): Promise<B>
  /** A revoked block comes back marked.
   * @throws {NotFoundError} */
  get(id: BlockId | string, options?: AbortOptions): Promise<B>
  /** Whether this node holds the block, in effect or not; false for text that is no id. */
  has(id: BlockId | string, options?: AbortOptions): Promise<boolean>
  /** Blocks in effect, lazily. The genesis is not among them. */
  blocks(query?: BlockQuery, options?: AbortOptions): AsyncIterable<B>
  /** How many blocks `blocks` would give. */
  count(query?: BlockQuery, options?: AbortOptions): Promise<number>
  /** Blocks in effect that no block in effect follows; the genesis when there is no other. */
  heads(options?: AbortOptions): Promise<BlockId[]>
  /** Whether `a` is a proper ancestor of `b`.
   * @throws {NotFoundError} */
  isAncestor(a: BlockId, b: BlockId, options?: AbortOptions): Promise<boolean>
  /**
   * Hand every change to `handler`, one at a time, in causal order, at least once, from where this name last succeeded: also
   * when the process was killed meanwhile. Names are this node's own, and consumers of different names don't wait for each other. A
   * handler that takes its time holds up neither writing nor receiving; one that fails is called again with the same change,
   * after growing pauses, until it succeeds or the consumer is closed. It must not wait for its own consumer to close.
   *
   * The consumer ends by its own `close`, by the signal, or with the chain.
   *
   * @throws {InvalidArgumentError} a consumer of this name is running
   * @throws {ClosedError} after `close`
   */
  consume(name: string, handler: (change: Change<B>) => Promise<void>, options?: ConsumeOptions): Promise<Consumer>
  /**
   * Make an invitation and remember it durably.
   *
   * @throws {AccessDeniedError} a layer above decides who may hold the chain
   */
  invite(options?: InviteOptions): Promise<Invitation>
  /** Invitations of this node that are neither used up, expired, nor revoked. */
  invitations(options?: AbortOptions): AsyncIterable<Invitation>
  /** @throws {NotFoundError} */
  revokeInvitation(id: string, options?: AbortOptions): Promise<void>
  /** Peers with which this chain is live now. */
  getPeers(): PeerId[]
  /**
   * Compare with peers, and exchange what either lacks. Resolves when that is done with each peer, or can't be done: the result
   * says with whom this node is level, and why not with others.
   */
  sync(options?: SyncOptions): Promise<SyncResult>
  /**
   * Rows that a layer above keeps beside this chain. Chains that have no place for them leave this out.
   *
   * @param layer the layer's own name, at most 64 bytes of UTF-8
   * @throws {LimitExceededError} a name that is longer
   */
  rows?(layer: string): LayerRows
  /** Stop taking part. What is stored stays. */
  close(): Promise<void>
}

/** One entry of the change log: a block came, or went out of effect, or came back. */
export interface Change<B extends Block = Block> {
  readonly kind: 'block' | 'revoke' | 'reinstate'
  readonly block: B
}

/** A durable reader of a chain's change log. */
export interface Consumer {
  readonly name: string
  /** The error that the handler last failed with, while it is being retried. */
  readonly failure: Error | undefined
  /** Resolves once everything known when it was called has been handled. */
  drained(options?: AbortOptions): Promise<void>
  /** Stop; waits for a handler that is at work. The name goes on from here when it is used again. */
  close(): Promise<void>
}

/** One copy-and-paste line that lets somebody join a chain. Whoever holds it can use it: it is a secret. */
export interface Invitation {
  readonly id: string
  /** The chain it is for. */
  readonly chain: string
  readonly expires: Date
  readonly uses: number
  readonly shared: boolean
  /** `walytis:…`, safe in a QR code. */
  toString(): string
  /** The same string. */
  toJSON(): string
}

/**
 * A chain as layers above see it: `Blockchain` plus what binding to blocks' positions, policies and evidence needs.
 * What `Walytis.create`, `open`, `join` and `replicate` return.
 */
export interface BaseBlockchain extends Blockchain {
  /** False while the chain is still being received: what is here can be read, and nothing be written. `sync:level` tells when that is over. */
  readonly complete: boolean
  /** What the genesis says about the chain. */
  readonly settings: ChainSettings
  /**
   * Write a block whose content depends on where it stands. `build` runs under the writer's lock: no other block of this
   * node comes between, and the position it is given is the one the block gets.
   */
  append(build: (position: BlockPosition) => Promise<BlockDraft>, options?: AbortOptions): Promise<Block>
  /** All accepted blocks, revoked ones and the genesis included, in canonical order. */
  records(query?: { topic?: string | undefined }, options?: AbortOptions): AsyncIterable<ChainRecord>
  /** One accepted block with all that is stored of it. */
  record(id: BlockId, options?: AbortOptions): Promise<ChainRecord | undefined>
  /** Proofs that somebody signed two blocks of one seq: evidence for the layer above, and no reason to refuse either. */
  forks(options?: AbortOptions): AsyncIterable<ForkProof>
  /** Peers remembered for this chain, and told apart by the caller: dial them from now on. */
  addPeers(peers: PeerAddresses[]): Promise<void>
}

/** Two different blocks of one creator with the same seq. */
export interface ForkProof {
  readonly creator: PublicKey
  readonly seq: number
  readonly blocks: readonly [BlockId, BlockId]
}

/** What `append` is to write at the position that it was given. */
export interface BlockDraft {
  readonly content: Uint8Array
  readonly topics: string[]
  /** Rows of the layers above, written in the same atomic batch as the block; a function where they depend on its id, or on what else it says. */
  readonly batch?: BatchOperation[] | ((id: BlockId, block: SignedBlock) => BatchOperation[]) | undefined
}

/** An accepted block, in effect or not, with all that is stored of it. */
export interface ChainRecord {
  readonly block: SignedBlock
  /** Empty when the content is larger than what travels with a block (`block.size` over 256 KiB). */
  readonly content: Uint8Array
  readonly annotation: Uint8Array
  readonly revoked: boolean
}

/** What the genesis fixes for the life of the chain. */
export interface ChainSettings {
  readonly name?: string | undefined
  /** `custom`: an `AccessControl` of the layer above decides. */
  readonly access: 'invite' | 'public' | 'custom'
  readonly policy: { readonly name: string; readonly parameters: Uint8Array }
  /** What layers above have fixed, each under its own name. */
  readonly layers?: LayerSettings | undefined
}

/**
 * What layers above a chain fix in its genesis for all of its nodes, each under its own name: at most 16 names of 64 bytes of UTF-8,
 * and 8 KiB of all together.
 */
export type LayerSettings = Readonly<Record<string, Uint8Array>>

/** A peer and where it was last seen. */
export interface PeerAddresses {
  /** Peer id as a string. */
  readonly peer: string
  /** Multiaddrs as strings, at most 16. */
  readonly addresses: string[]
}
