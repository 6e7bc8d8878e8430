import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, fromString } from 'uint8arrays'
import type { KeyStore } from 'walytis-identities'
import { fixedRandom } from './places.ts'

/** Sealing under a fixed key, for tests of what is stored and not of who may open it. */
export function sealingKeys(): Pick<KeyStore, 'wrap' | 'unwrap' | 'derive'> {
  const key = sha256(fromString('key of the tests'))
  const random = fixedRandom('nonces')
  return {
    wrap(bytes, context) {
      const nonce = random(24)
      return concat([nonce, xchacha20poly1305(key, nonce, fromString(context)).encrypt(bytes)])
    },
    unwrap: (bytes, context) =>
      xchacha20poly1305(key, bytes.subarray(0, 24), fromString(context)).decrypt(bytes.subarray(24)),
    derive: (context) => hmac(sha256, key, fromString(context))
  }
}
