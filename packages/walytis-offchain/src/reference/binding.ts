import type { PublicKey } from '@libp2p/interface'
import { concat } from 'uint8arrays'
import type { BlockId } from 'walytis/interface'

/** Where a content belongs. It goes into everything that is authenticated, so nothing can be moved to another place. */
export interface Binding {
  /** The chain's id: 36 bytes, CIDv1 dag-cbor sha2-256. */
  readonly chain: Uint8Array
  /** The creator's multikey: 0xed 0x01 and the 32 bytes of its Ed25519 key. */
  readonly creator: Uint8Array
}

const ED25519_MULTICODEC = Uint8Array.of(0xed, 0x01)

/** The binding of what `creator` writes to `chain`. */
export function bindingOf(chain: BlockId, creator: PublicKey): Binding {
  return { chain: chain.bytes, creator: concat([ED25519_MULTICODEC, creator.raw]) }
}

/** Chain and creator one after the other. Both have a fixed length, so the join has one reading. */
export function bindingBytes(binding: Binding): Uint8Array {
  return concat([binding.chain, binding.creator])
}
