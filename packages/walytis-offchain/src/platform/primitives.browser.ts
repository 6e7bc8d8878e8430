/** The twin of `primitives.ts` for platforms without `node:crypto`: the same functions in portable code. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as portableSha256 } from '@noble/hashes/sha2.js'

/** SHA-256 over the concatenation of `parts` (FIPS 180-4). 32 bytes. */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = portableSha256.create()
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** HMAC-SHA256 over the concatenation of `parts` (RFC 2104). 32 bytes. */
export function hmacSha256(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  const mac = hmac.create(portableSha256, key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** ChaCha20-Poly1305 (RFC 8439): the ciphertext followed by its tag of 16 bytes. `key` 32 bytes, `nonce` 12 bytes. */
export function aeadSeal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return chacha20poly1305(key, nonce, aad).encrypt(plaintext)
}

/** The same, written to `target`, which has room for exactly the ciphertext and its tag. */
export function aeadSealInto(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  target: Uint8Array
): void {
  target.set(aeadSeal(key, nonce, aad, plaintext))
}

/** Undefined when the tag does not fit: wrong key, nonce, associated data, or bytes. */
export function aeadOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array
): Uint8Array | undefined {
  if (sealed.length < 16) return undefined
  try {
    return chacha20poly1305(key, nonce, aad).decrypt(sealed)
  } catch {
    return undefined
  }
}
