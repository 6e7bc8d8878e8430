import { argon2idAsync } from '@noble/hashes/argon2.js'
import { ml_kem768_x25519 } from '@noble/post-quantum/hybrid.js'
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import type { Encapsulation, Primitives } from './primitives.ts'

/** The primitives in plain JavaScript, for every platform. */
export const noblePrimitives: Primitives = {
  name: 'noble',
  mlDsa65: {
    publicKey: (seed) => ml_dsa65.keygen(seed).publicKey,
    sign: (seed, message) => ml_dsa65.sign(message, ml_dsa65.keygen(seed).secretKey),
    verify: (publicKey, message, signature) => {
      try {
        return ml_dsa65.verify(signature, message, publicKey)
      } catch {
        return false
      }
    }
  },
  xWing: {
    publicKey: (seed) => ml_kem768_x25519.getPublicKey(seed),
    encapsulate: (publicKey) => encapsulateWith(publicKey),
    decapsulate: (seed, ciphertext) => {
      try {
        return ml_kem768_x25519.decapsulate(ciphertext, seed)
      } catch {
        return undefined
      }
    }
  },
  argon2id: (passphrase, salt, { memoryKiB, passes }) =>
    argon2idAsync(passphrase, salt, { m: memoryKiB, t: passes, p: 1, dkLen: 32 })
}

/** X-Wing's encapsulation with given randomness (64 bytes), which only noble offers: for vectors. */
export function encapsulateWith(publicKey: Uint8Array, randomness?: Uint8Array): Encapsulation | undefined {
  try {
    const { cipherText, sharedSecret } = ml_kem768_x25519.encapsulate(publicKey, randomness)
    return { secret: sharedSecret, ciphertext: cipherText }
  } catch {
    return undefined
  }
}
