import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { argon2idAsync } from '@noble/hashes/argon2.js'
import { ml_kem768_x25519, ml_kem1024_p384 } from '@noble/post-quantum/hybrid.js'
import { ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import type { Encapsulation, Kem, MlDsa, Primitives } from './primitives.ts'

type NobleKem = typeof ml_kem768_x25519

/** The primitives in plain JavaScript, for every platform. */
export const noblePrimitives: Primitives = {
  name: 'noble',
  mlDsa65: mlDsa(ml_dsa65),
  mlDsa87: mlDsa(ml_dsa87),
  xWing: hybridKem(ml_kem768_x25519),
  mlKem1024P384: hybridKem(ml_kem1024_p384),
  chacha20Poly1305: {
    seal: (key, nonce, plaintext, associated) => chacha20poly1305(key, nonce, associated).encrypt(plaintext),
    open: (key, nonce, sealed, associated) => {
      try {
        return chacha20poly1305(key, nonce, associated).decrypt(sealed)
      } catch {
        return undefined
      }
    }
  },
  argon2id: (passphrase, salt, { memoryKiB, passes }) =>
    argon2idAsync(passphrase, salt, { m: memoryKiB, t: passes, p: 1, dkLen: 32 })
}

/** Encapsulation with given randomness, which only noble offers: for vectors. X-Wing takes 64 bytes, MLKEM1024-P384 80. */
export function encapsulateWith(
  publicKey: Uint8Array,
  randomness: Uint8Array | undefined,
  kem: NobleKem = ml_kem768_x25519
): Encapsulation | undefined {
  try {
    const { cipherText, sharedSecret } = kem.encapsulate(publicKey, randomness)
    return { secret: sharedSecret, ciphertext: cipherText }
  } catch {
    return undefined
  }
}

function hybridKem(kem: NobleKem): Kem {
  return {
    publicKey: (seed) => kem.getPublicKey(seed),
    encapsulate: (publicKey) => encapsulateWith(publicKey, undefined, kem),
    decapsulate: (seed, ciphertext) => {
      try {
        return kem.decapsulate(ciphertext, seed)
      } catch {
        return undefined
      }
    }
  }
}

function mlDsa(algorithm: typeof ml_dsa65): MlDsa {
  return {
    publicKey: (seed) => algorithm.keygen(seed).publicKey,
    sign: (seed, message) => algorithm.sign(message, algorithm.keygen(seed).secretKey),
    verify: (publicKey, message, signature) => {
      try {
        return algorithm.verify(signature, message, publicKey)
      } catch {
        return false
      }
    }
  }
}
