import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto'
import { base64url } from 'multiformats/bases/base64'

/** Node's native cryptography. `backend.browser.ts` is its twin elsewhere; both must behave alike. */

/** Verifies signatures under one key. */
export interface Verifier {
  verify(message: Uint8Array, signature: Uint8Array): boolean
  /** The same beside this thread's other work, where the platform can; worth it for several at a time. */
  verifyAside(message: Uint8Array, signature: Uint8Array): Promise<boolean>
}
/** A function that signs with one key. */
export type MessageSigner = (message: Uint8Array) => Uint8Array

/** DER of a PKCS #8 Ed25519 private key, up to its 32-byte seed (RFC 8410 §7). */
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20)

export function sha256(bytes: Uint8Array): Uint8Array {
  const digest = hash('sha256', bytes, 'buffer')
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength)
}

/**
 * OpenSSL refuses S ≥ L and compares the encoding of S·B − k·A with R byte by byte: the cofactorless equation, which under
 * a torsion-free A leaves only canonical, torsion-free R.
 *
 * @param publicKey checked by the caller: canonical, torsion-free, not of small order
 */
export function createVerifier(publicKey: Uint8Array): Verifier {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: base64url.baseEncode(publicKey) }
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return {
    verify: (message, signature) => verify(null, message, key, signature),
    verifyAside: (message, signature) =>
      new Promise((resolve, reject) => {
        verify(null, message, key, signature, (error, isGood) => (error === null ? resolve(isGood) : reject(error)))
      })
  }
}

/** @param secretKey 32-byte seed (RFC 8032 §5.1.5) */
export function createMessageSigner(secretKey: Uint8Array): MessageSigner {
  const der = new Uint8Array(PKCS8_PREFIX.length + secretKey.length)
  der.set(PKCS8_PREFIX)
  der.set(secretKey, PKCS8_PREFIX.length)
  const key = createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'pkcs8' })
  der.fill(0)
  return (message) => {
    const signature = sign(null, message, key)
    return new Uint8Array(signature.buffer, signature.byteOffset, signature.byteLength)
  }
}
