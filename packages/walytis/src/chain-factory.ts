import type { AbortOptions } from '@libp2p/interface'
import type {
  AccessControl,
  BatchOperation,
  BlockId,
  BlockPolicy,
  ChainSettings,
  ChainSummary,
  Signer,
  Store
} from './interface/index.ts'
import type { ChainNetwork, ManagedChain, Replica } from './replica.ts'

/** What all chains of a node share. */
export interface ChainFactoryComponents {
  /** Opened and closed by the caller. */
  readonly store: Store
  /** May start working after the factory is made; asked only when an application calls. */
  readonly network: ChainNetwork
  /** Milliseconds since 1970, for the time that blocks claim. Default: the platform's clock. */
  readonly now?: (() => number) | undefined
  /** Default: the platform's random generator. */
  readonly randomBytes?: ((length: number) => Uint8Array) | undefined
}

/** The seams of one chain. */
export interface ChainInit {
  readonly signer: Signer
  /** Or how to make it, once the chain's id and settings are known. */
  readonly accessControl: AccessControl | AccessControlMaker
  /** Default: accept all, no effects. */
  readonly policy?: BlockPolicy | undefined
}

export type AccessControlMaker = (chain: BlockId, settings: ChainSettings) => AccessControl | Promise<AccessControl>

export interface CreateChainInit extends ChainInit {
  readonly name?: string | undefined
  readonly access: ChainSettings['access']
  /** Rows written in the same atomic batch as the genesis; called once the chain's id is known. */
  readonly batch?: ((id: BlockId) => BatchOperation[]) | undefined
}

export interface StageChainInit extends ChainInit {
  readonly accessControl: AccessControl
}

/** A chain that is being received: not held until committed, thrown away by a crash. */
export interface StagedChain {
  /** Ingest what the peer sends here. A genesis of another policy is rejected with the rule `policy-mismatch`. */
  readonly replica: Replica
  /** Known once the genesis was ingested. */
  readonly settings: ChainSettings | undefined
  /**
   * Make it a held chain, in one atomic batch with the given rows.
   *
   * @throws {NotFoundError} when the genesis has not arrived
   */
  commit(batch?: BatchOperation[]): Promise<ManagedChain>
  /** Leave no trace of it. */
  discard(): Promise<void>
}

/** Makes, opens, receives, lists and forgets the chains of one store. Opening twice gives the same object. */
export interface ChainFactory {
  create(init: CreateChainInit, options?: AbortOptions): Promise<ManagedChain>
  /**
   * @throws {NotFoundError} when the chain is not held
   * @throws {PolicyMismatchError} when its genesis names another policy
   */
  open(id: string, init: ChainInit, options?: AbortOptions): Promise<ManagedChain>
  /** @throws {InvalidArgumentError} when the chain is held or staged already */
  stage(id: string, init: StageChainInit, options?: AbortOptions): Promise<StagedChain>
  /** Whether the chain is held (a staged one is not). */
  has(id: string): Promise<boolean>
  list(options?: AbortOptions): AsyncIterable<ChainSummary>
  /** Stop the chain when it is open, then forget it and its content. Nothing happens when it is not held. */
  delete(id: string, options?: AbortOptions): Promise<void>
  /** Stop all open chains and discard stages. The store stays open. */
  stop(): Promise<void>
}

/**
 * Opens the chains' part of a store; stages and deletions that a crash left over are cleared away first.
 *
 * @throws {StoreVersionError} when a newer version has written the store
 */
export declare function createChainFactory(components: ChainFactoryComponents): Promise<ChainFactory>
