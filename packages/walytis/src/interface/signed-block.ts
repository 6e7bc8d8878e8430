import type { PublicKey } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import type { BlockId } from './block.ts'

/** Where in a chain a new block will stand: decided under the writer's lock, before its content is made. */
export interface BlockPosition {
  /** The chain's id, or null for the genesis. */
  readonly chain: BlockId | null
  readonly parents: BlockId[]
  /** The creator's previous block in this chain, or null. */
  readonly prev: BlockId | null
  readonly seq: number
  readonly height: number
}

/** A decoded block whose form and signature have been checked, with its exact bytes. */
export interface SignedBlock extends BlockPosition {
  readonly id: BlockId
  readonly version: number
  readonly creator: PublicKey
  /** Milliseconds since 1970, as the creator claims. */
  readonly time: number
  readonly topics: string[]
  /** CID of the content: raw for what travels with the block. */
  readonly content: CID
  /** Bytes of content. */
  readonly size: number
  readonly signature: Uint8Array
  /** The canonical encoding, whose hash is the id. */
  readonly bytes: Uint8Array
}

/** A block and its content as they travel and as evidence embeds them: nothing in it is trusted until verified. */
export interface RawBlock {
  readonly block: Uint8Array
  /** The content of a block whose content travels with it (up to 256 KiB). */
  readonly content: Uint8Array
}
