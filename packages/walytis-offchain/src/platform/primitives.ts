/**
 * The primitives on the hot path, by the platform's native implementation (Node). The twin for browsers is `primitives.browser.ts`; a spec
 * proves that both give the same bytes.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'

const TAG_SIZE = 16

/** SHA-256 over the concatenation of `parts` (FIPS 180-4). 32 bytes. */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return plain(hash.digest())
}

/** HMAC-SHA256 over the concatenation of `parts` (RFC 2104). 32 bytes. */
export function hmacSha256(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return plain(hmac.digest())
}

/** ChaCha20-Poly1305 (RFC 8439): the ciphertext followed by its tag of 16 bytes. `key` 32 bytes, `nonce` 12 bytes. */
export function aeadSeal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(plaintext.length + TAG_SIZE)
  aeadSealInto(key, nonce, aad, plaintext, sealed)
  return sealed
}

/** The same, written to `target`, which has room for exactly the ciphertext and its tag. */
export function aeadSealInto(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  target: Uint8Array
): void {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_SIZE })
  cipher.setAAD(aad, { plaintextLength: plaintext.length })
  target.set(cipher.update(plaintext), 0)
  cipher.final()
  target.set(cipher.getAuthTag(), plaintext.length)
}

/** Undefined when the tag does not fit: wrong key, nonce, associated data, or bytes. */
export function aeadOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array
): Uint8Array | undefined {
  const size = sealed.length - TAG_SIZE
  if (size < 0) return undefined
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_SIZE })
  decipher.setAAD(aad, { plaintextLength: size })
  decipher.setAuthTag(sealed.subarray(size))
  const plaintext = decipher.update(sealed.subarray(0, size))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return plain(plaintext)
}

/** A `Buffer` seen as the `Uint8Array` it is: encoders and comparisons treat the two differently. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}
