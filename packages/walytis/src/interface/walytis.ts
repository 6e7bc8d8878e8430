import type { AbortOptions, Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Helia } from 'helia'
import type { AccessControl } from './access-control.ts'
import type { BlockId } from './block.ts'
import type { BlockPolicy } from './block-policy.ts'
import type { BaseBlockchain, Invitation, LayerSettings, PeerAddresses, Store } from './blockchain.ts'
import type { JoinOptions } from './options.ts'
import type { RawBlock } from './signed-block.ts'
import type { Signer } from './signer.ts'

/** The three seams by which a layer above takes part in a chain. */
export interface ChainSeams {
  /** Default: the node's own key. */
  signer?: Signer | undefined
  accessControl?: AccessControl | undefined
  /** Default: accept all, no effects. */
  policy?: BlockPolicy | undefined
}

/** Seams of a chain that is joined by an invitation, whose access is settled by the chain itself. */
export type JoinSeams = Pick<ChainSeams, 'signer' | 'policy'>

export interface CreateOptions extends ChainSeams, AbortOptions {
  name?: string | undefined
  /** `invite` (default): whoever joined by an invitation. `public`: whoever knows the id. */
  access?: 'invite' | 'public' | undefined
  /** What layers above fix for all nodes of the chain.
   * @throws {LimitExceededError} from `create`, when it is more than a genesis takes */
  layers?: LayerSettings | undefined
  /** A genesis that `prepareGenesis` made before, in place of a new one: it says name, access, layers and the policy's parameters. */
  genesis?: RawBlock | undefined
  /** Rows written in the same atomic batch as the genesis; called once the chain's id is known. */
  batch?: ((id: BlockId) => import('./blockchain.ts').BatchOperation[]) | undefined
}

export interface OpenOptions extends ChainSeams, AbortOptions {}

export interface ReplicateOptions extends ChainSeams, JoinOptions {
  /** Who has the chain. */
  peers: PeerAddresses[]
}

/** A chain that this node holds, as `list` shows it. */
export interface ChainSummary {
  readonly id: string
  readonly name?: string | undefined
  readonly count: number
  readonly heads: BlockId[]
  /** False while it is still being received. */
  readonly complete: boolean
}

/** One node with many chains. */
export interface Walytis extends AsyncDisposable {
  readonly helia: Helia
  readonly libp2p: Libp2p
  readonly peerId: PeerId
  /** The node's database, for layers above that keep rows in the same atomic batches. They use sublevels of their own. */
  readonly store: Store
  /** Where this node can be reached, each with its peer id. */
  getMultiaddrs(): Multiaddr[]
  /**
   * Begin a chain; it is on the disk when this resolves.
   *
   * @throws {InvalidBlockError} for a genesis that is none, or that the policy refuses
   * @throws {InvalidArgumentError} when the chain of a given genesis is held, or being received, already
   */
  create(init?: CreateOptions): Promise<BaseBlockchain>
  /**
   * Join a chain, and hold it once this returns. A chain with a policy of its own needs that policy; with a signer, it is
   * that key which joins and writes.
   *
   * @throws {InvitationError} malformed, expired, used up, revoked, or refused
   * @throws {InvalidArgumentError} the chain is being received already
   * @throws {PolicyMismatchError} the chain is governed by another policy
   * @throws {ClosedError} the node was stopped meanwhile
   */
  join(invitation: string | Invitation, options?: JoinOptions & JoinSeams): Promise<BaseBlockchain>
  /**
   * Take part in a chain whose access was settled by the layer above: staged, every block verified before it is kept.
   *
   * @throws {InvalidBlockError} a peer sent what is not the chain
   * @throws {PolicyMismatchError} the chain is governed by another policy
   * @throws {UnreachableError} no peer could be reached, or none went on sending
   * @throws {InvalidArgumentError} the chain is being received already
   * @throws {ClosedError} the node was stopped meanwhile
   */
  replicate(id: string, options: ReplicateOptions): Promise<BaseBlockchain>
  /** A chain that this node holds. Opened twice, it is the same object.
   * @throws {NotFoundError} */
  open(id: string, options?: OpenOptions): Promise<BaseBlockchain>
  /** The chains that this node holds, open or not. */
  list(options?: AbortOptions): AsyncIterable<ChainSummary>
  /** Forget a chain and all its content on this node. */
  delete(id: string, options?: AbortOptions): Promise<void>
  /** Connect to a peer. Chains of both then find each other by themselves. */
  dial(peer: PeerId | Multiaddr | Multiaddr[], options?: AbortOptions): Promise<void>
  /** Start again after `stop`; `createWalytis` has started it.
   * @throws what `createWalytis` does */
  start(): Promise<void>
  /** Close all chains, all connections, and the store unless the caller gave it. */
  stop(): Promise<void>
}
