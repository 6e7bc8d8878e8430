import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { copyBytes } from '../bytes.ts'
import type { MessageSigner, Verifier } from './backend.ts'

/** The twin of `backend.ts` where there is no `node:crypto`: noble, synchronous alike. */

export type { MessageSigner, Verifier } from './backend.ts'

export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes)
}

/**
 * noble refuses S ≥ L and encodings that are not canonical, but multiplies the equation by the cofactor. With A
 * torsion-free, asking the same of R turns it into the cofactorless one.
 *
 * @param publicKey checked by the caller: canonical, torsion-free, not of small order
 */
export function createVerifier(publicKey: Uint8Array): Verifier {
  const verify = (message: Uint8Array, signature: Uint8Array): boolean =>
    ed25519.verify(signature, message, publicKey, { zip215: false }) &&
    ed25519.Point.fromBytes(signature.subarray(0, 32), false).isTorsionFree()
  return { verify, verifyAside: async (message, signature) => verify(message, signature) }
}

/** @param secretKey 32-byte seed (RFC 8032 §5.1.5) */
export function createMessageSigner(secretKey: Uint8Array): MessageSigner {
  const key = copyBytes(secretKey)
  return (message) => ed25519.sign(message, key)
}
