import type { AbortOptions, PublicKey } from '@libp2p/interface'
import type { BlockId } from './block.ts'
import type { SignedBlock } from './signed-block.ts'

/**
 * Says which well-formed blocks a chain accepts, and which accepted ones are in effect.
 *
 * Contract:
 * - Whether a block is accepted, and its annotation, depend on the block, its content and its ancestors alone: never on
 *   the clock, the order of arrival, or what else is known. All replicas must agree.
 * - Effects depend on the set of known blocks alone. Whatever the order of arrival, after the last of a set of blocks has
 *   been judged the same blocks of that set are in effect.
 * - `judge` is called once a block, in causal order, one at a time per chain; its results are stored in the same atomic
 *   batch as the block. A policy keeps no state that it can't rebuild from the context.
 * - It never looks at content of more than 64 KiB (it is not given it).
 */
export interface BlockPolicy {
  /** Stands in the genesis. A node opens a chain only with the policy of that name. */
  readonly name: string
  /** Stand in the genesis, at most 48 KiB. */
  readonly parameters: Uint8Array
  /** Decide about one block. Content is undefined where it is over 64 KiB. What it throws becomes a `PolicyError`. */
  judge(block: SignedBlock, content: Uint8Array | undefined, context: PolicyContext): Judgement | Promise<Judgement>
}

/** What a policy decides about one block. */
export type Judgement = Acceptance | Rejection

/** A policy's yes: what is stored with the block, and what the block changes. */
export interface Acceptance {
  readonly accepted: true
  /** Opaque to walytis, stored with the block, given back for its children. At most 16 KiB. */
  readonly annotation: Uint8Array
  /** What this block changes in which known blocks are in effect; may name the block itself. */
  readonly effects: { readonly revoke: BlockId[]; readonly reinstate: BlockId[] }
  /** Replicate the block even when it is revoked and nothing in effect descends from it. */
  readonly retain: boolean
}

/** A policy's no, for ever: it looked at the block and its ancestors only. */
export interface Rejection {
  readonly accepted: false
  /** Which rule the block breaks: a short, stable name. */
  readonly rule: string
}

/** What a policy may look at while it judges. Blocks judged earlier in the same batch are visible. */
export interface PolicyContext {
  /** The block's parents, then its `prev` when it is not among them. */
  readonly linked: readonly JudgedBlock[]
  /** A known block, in effect or not. */
  get(id: BlockId, options?: AbortOptions): Promise<JudgedBlock | undefined>
  /** Whether `ancestor` is a proper ancestor of `descendant`; both must be known. `prev` links count. */
  isAncestor(ancestor: BlockId, descendant: BlockId, options?: AbortOptions): Promise<boolean>
  /** Known blocks, revoked ones included, in canonical order. */
  known(filter?: { creator?: PublicKey | undefined; topic?: string | undefined }): AsyncIterable<JudgedBlock>
}

/** A stored block with what its policy said of it. */
export interface JudgedBlock {
  readonly block: SignedBlock
  readonly annotation: Uint8Array
  readonly revoked: boolean
  /** @throws {LimitExceededError} when it is over 64 KiB, which `block.size` tells beforehand */
  content(options?: AbortOptions): Promise<Uint8Array>
}
