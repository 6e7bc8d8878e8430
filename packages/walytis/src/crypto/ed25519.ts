import { ed25519 } from '@noble/curves/ed25519.js'
import { LRUCache } from 'lru-cache'
import { base64url } from 'multiformats/bases/base64'
import { copyBytes } from '../bytes.ts'
import { createMessageSigner, createVerifier, type Verifier } from './backend.ts'

/**
 * Ed25519 (RFC 8032), strict, the same set of signatures accepted on every platform: S < L; A and R canonical and
 * torsion-free; A not of small order; the cofactorless equation. Implementations differ exactly in these points
 * (Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs"), and a difference would split a chain.
 */

export const ED25519_SECRET_KEY_BYTES = 32
export const ED25519_PUBLIC_KEY_BYTES = 32
export const ED25519_SIGNATURE_BYTES = 64

/** Checking a key costs as much as several signatures, and the same few keys sign everything. */
const verifiers = new LRUCache<string, { verifier: Verifier | undefined }>({ max: 4096 })

/**
 * @param publicKey 32 bytes
 * @param signature 64 bytes
 * @returns false for whatever is wrong with any argument; never throws
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false
  return verifierFor(publicKey)?.verify(message, signature) ?? false
}

/** `verifyEd25519` beside this thread's other work, where the platform can: for many signatures at a time. */
export async function verifyEd25519Aside(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array
): Promise<boolean> {
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false
  return (await verifierFor(publicKey)?.verifyAside(message, signature)) ?? false
}

/** Whether 32 bytes are a public key under which `verifyEd25519` accepts anything at all. */
export function isValidEd25519Key(publicKey: Uint8Array): boolean {
  return verifierFor(publicKey) !== undefined
}

/**
 * @param secretKey 32-byte seed
 * @returns 64 bytes, deterministic
 */
export function signEd25519(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  return createMessageSigner(secretKey)(message)
}

/**
 * The public key, 32 bytes, of a secret one.
 *
 * @param secretKey 32-byte seed
 */
export function ed25519PublicKey(secretKey: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(secretKey)
}

function verifierFor(publicKey: Uint8Array): Verifier | undefined {
  if (publicKey.length !== ED25519_PUBLIC_KEY_BYTES) return undefined
  const name = base64url.baseEncode(publicKey)
  const known = verifiers.get(name)
  if (known !== undefined) return known.verifier
  const verifier = isStrictPoint(publicKey) ? createVerifier(copyBytes(publicKey)) : undefined
  verifiers.set(name, { verifier })
  return verifier
}

function isStrictPoint(bytes: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(bytes, false)
    return !point.isSmallOrder() && point.isTorsionFree()
  } catch {
    // noble throws for bytes that encode no point
    return false
  }
}
