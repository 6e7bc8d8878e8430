/**
 * The contract of walytis, types only: what layers above depend on instead of the implementation.
 *
 * @packageDocumentation
 */
export type { AccessControl } from './access-control.ts'
export type { Block, BlockId, BlockQuery } from './block.ts'
export type {
  Acceptance,
  BlockPolicy,
  JudgedBlock,
  Judgement,
  PolicyContext,
  Rejection
} from './block-policy.ts'
export type {
  BaseBlockchain,
  BatchOperation,
  Blockchain,
  BlockDraft,
  ChainRecord,
  ChainSettings,
  Change,
  Consumer,
  ForkProof,
  Invitation,
  LayerSettings,
  PeerAddresses,
  Store
} from './blockchain.ts'
export type { BlockchainEvents } from './events.ts'
export type { LayerKey, LayerRows, LayerWrite } from './layer-rows.ts'
export type {
  AddOptions,
  ConsumeOptions,
  ConsumerFailure,
  ContentOptions,
  ContentProgress,
  Durability,
  InviteOptions,
  JoinOptions,
  MissedPeer,
  ReplicationProgress,
  SyncedPeer,
  SyncOptions,
  SyncResult
} from './options.ts'
export type { BlockPosition, RawBlock, SignedBlock } from './signed-block.ts'
export type { Signer } from './signer.ts'
export type {
  ChainSeams,
  ChainSummary,
  CreateOptions,
  JoinSeams,
  OpenOptions,
  ReplicateOptions,
  Walytis
} from './walytis.ts'
