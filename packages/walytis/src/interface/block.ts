import type { PublicKey } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import type { ContentOptions } from './options.ts'

/**
 * The name of a block: CIDv1, dag-cbor, sha2-256 over the whole signed block.
 *
 * CIDs are objects, so two equal ids are not the same `Map` key: use `id.toString()` there.
 */
export type BlockId = CID

/** A block as an application sees it. */
export interface Block {
  readonly id: BlockId
  /** Ids of the blocks that this one follows, sorted. */
  readonly parents: BlockId[]
  /** 0 for the genesis, else 1 + the highest of parents and the creator's previous block. */
  readonly height: number
  /** The key that signed the block: proved, not claimed. */
  readonly creator: PublicKey
  /** Who wrote it, as this chain names people: the creator's multikey on a plain chain, a DID on chains of identities. */
  readonly author: string
  /** Position among the creator's own blocks in this chain, from 1. */
  readonly seq: number
  /** When the creator says it wrote the block. A claim, for display only. */
  readonly time: Date
  readonly topics: string[]
  /** Bytes of content. */
  readonly size: number
  /** Whether the chain's policy has taken the block out of effect. */
  readonly revoked: boolean
  /**
   * Whether the content was here when this object was made. Where it was not, `content` and `stream` fetch it from other members of
   * the chain, and wait until the signal says otherwise: give them one.
   */
  readonly available: boolean
  /**
   * The whole content.
   *
   * @throws {LimitExceededError} more than 1 GiB, for which there is `stream`
   * @throws {InvalidContentError} the author signed a content that can't exist
   */
  content(options?: ContentOptions): Promise<Uint8Array>
  /** The content piece by piece, in constant memory: each piece as soon as it is here.
   * @throws {InvalidContentError} */
  stream(options?: ContentOptions): AsyncIterable<Uint8Array>
}

/** Which blocks, and in which order. Fields combine by "and". */
export interface BlockQuery {
  /** Blocks that carry all of `all` and, when given, at least one of `any`. */
  topics?: { all?: string[] | undefined; any?: string[] | undefined } | undefined
  creator?: PublicKey | undefined
  /** Claimed time, inclusive. */
  since?: Date | undefined
  /** Claimed time, inclusive. */
  until?: Date | undefined
  /** `canonical` (default): the same on every node. `arrival`: as this node came to know them. */
  order?: 'canonical' | 'arrival' | undefined
  /** Only blocks that arrived after this one. Arrival order only. */
  after?: BlockId | undefined
  reverse?: boolean | undefined
  limit?: number | undefined
}
