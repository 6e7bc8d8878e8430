import type { AbortOptions, PublicKey } from '@libp2p/interface'

/**
 * Signs the blocks that this node writes to one chain, and its side of the join when it joins one by an invitation.
 *
 * Contract:
 * - `publicKey` never changes during the signer's life, and `sign` gives a signature that verifies under it over exactly the
 *   given bytes.
 * - The bytes begin with `walytis/block/1\0` or `walytis/join/1\0`, so a signer may refuse anything else.
 * - `sign` may take its time, across a thread or to a device. Meanwhile this node's copy of the chain stands still for writers and
 *   peers, since the block's place in it is taken; reading goes on. So a signer that asks a person should give up after a
 *   while. It must give up when its signal says so: the caller's, which is also aborted when the chain closes.
 * - When it rejects, the call that asked for it fails with that error, nothing was written, and the next call is tried afresh.
 * - No two nodes use the same key in the same chain: two blocks of one `seq` are a fork, which proves that the key was copied.
 */
export interface Signer {
  /** Ed25519 in block format 1. */
  readonly publicKey: PublicKey
  /** 64 bytes of Ed25519 over the given bytes. */
  sign(bytes: Uint8Array, options?: AbortOptions): Uint8Array | Promise<Uint8Array>
}
