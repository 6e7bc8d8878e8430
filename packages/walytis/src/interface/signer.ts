import type { AbortOptions, PublicKey } from '@libp2p/interface'

/**
 * Signs the blocks that this node writes to one chain.
 *
 * Contract: `publicKey` never changes during the signer's life; `sign` gives a signature that verifies under it over
 * exactly the given bytes. The bytes begin with a domain string of `walytis`, so a signer may refuse anything else.
 */
export interface Signer {
  /** Ed25519 in block format 1. */
  readonly publicKey: PublicKey
  sign(bytes: Uint8Array, options?: AbortOptions): Uint8Array | Promise<Uint8Array>
}
