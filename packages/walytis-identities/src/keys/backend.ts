import * as crypto from 'node:crypto'
import type { Primitives } from './primitives.ts'
import {
  ML_DSA_65_PUBLIC_KEY_BYTES,
  ML_DSA_65_SIGNATURE_BYTES,
  X_WING_CIPHERTEXT_BYTES,
  X_WING_PUBLIC_KEY_BYTES
} from './primitives.ts'
import { noblePrimitives } from './primitives-noble.ts'

/**
 * Node's own implementations (OpenSSL) of what this version of Node has, noble's of the rest: Node 26 has all of them, Node 22
 * none. `backend.browser.ts` is its twin elsewhere.
 */

/** X-Wing's label, `\.//^\` (draft-connolly-cfrg-xwing-kem §5.3). */
const X_WING_LABEL = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c)
const ML_KEM_PUBLIC_KEY_BYTES = 1184
const ML_KEM_CIPHERTEXT_BYTES = 1088

const mlDsa65: Primitives['mlDsa65'] = {
  publicKey: (seed) => rawPublic(privateKey('ml-dsa-65', seed)),
  sign: (seed, message) => bytesOf(crypto.sign(null, message, privateKey('ml-dsa-65', seed))),
  verify: (publicKey, message, signature) => {
    if (publicKey.length !== ML_DSA_65_PUBLIC_KEY_BYTES || signature.length !== ML_DSA_65_SIGNATURE_BYTES) {
      return false
    }
    try {
      return crypto.verify(null, message, publicKeyOf('ml-dsa-65', publicKey), signature)
    } catch {
      return false
    }
  }
}

const xWing: Primitives['xWing'] = {
  publicKey: (seed) => {
    const { mlKem, x25519 } = expand(seed)
    return bytesOf(Buffer.concat([rawPublic(mlKem), rawPublic(x25519)]))
  },
  encapsulate: (publicKey) => {
    if (publicKey.length !== X_WING_PUBLIC_KEY_BYTES) {
      return undefined
    }
    try {
      const theirX25519 = publicKey.subarray(ML_KEM_PUBLIC_KEY_BYTES)
      const mlKem = crypto.encapsulate(publicKeyOf('ml-kem-768', publicKey.subarray(0, ML_KEM_PUBLIC_KEY_BYTES)))
      const ephemeral = crypto.generateKeyPairSync('x25519')
      const x25519Secret = crypto.diffieHellman({
        privateKey: ephemeral.privateKey,
        publicKey: publicKeyOf('x25519', theirX25519)
      })
      const x25519Ciphertext = rawPublic(ephemeral.publicKey)
      return {
        secret: combine(mlKem.sharedKey, x25519Secret, x25519Ciphertext, theirX25519),
        ciphertext: bytesOf(Buffer.concat([mlKem.ciphertext, x25519Ciphertext]))
      }
    } catch {
      return undefined
    }
  },
  decapsulate: (seed, ciphertext) => {
    if (ciphertext.length !== X_WING_CIPHERTEXT_BYTES) {
      return undefined
    }
    try {
      const { mlKem, x25519 } = expand(seed)
      const x25519Ciphertext = ciphertext.subarray(ML_KEM_CIPHERTEXT_BYTES)
      const mlKemSecret = crypto.decapsulate(mlKem, ciphertext.subarray(0, ML_KEM_CIPHERTEXT_BYTES))
      const x25519Secret = crypto.diffieHellman({
        privateKey: x25519,
        publicKey: publicKeyOf('x25519', x25519Ciphertext)
      })
      return combine(mlKemSecret, x25519Secret, x25519Ciphertext, rawPublic(x25519))
    } catch {
      return undefined
    }
  }
}

const argon2id: Primitives['argon2id'] = (passphrase, salt, { memoryKiB, passes }) =>
  new Promise((resolve, reject) => {
    const parameters = { message: passphrase, nonce: salt, parallelism: 1, tagLength: 32, memory: memoryKiB, passes }
    crypto.argon2('argon2id', parameters, (error, derived) =>
      error === null ? resolve(bytesOf(derived)) : reject(error)
    )
  })

/** What this platform uses. */
export const primitives: Primitives = {
  name: 'node',
  mlDsa65: supports('ml-dsa-65') ? mlDsa65 : noblePrimitives.mlDsa65,
  xWing: supports('ml-kem-768') && 'encapsulate' in crypto ? xWing : noblePrimitives.xWing,
  argon2id: 'argon2' in crypto ? argon2id : noblePrimitives.argon2id
}

function supports(type: 'ml-dsa-65' | 'ml-kem-768'): boolean {
  try {
    privateKey(type, new Uint8Array(type === 'ml-dsa-65' ? 32 : 64))
    return true
  } catch {
    return false
  }
}

/** X-Wing's key expansion: SHAKE256 gives ML-KEM's d and z, then the X25519 key (§5.2). */
function expand(seed: Uint8Array): { mlKem: crypto.KeyObject; x25519: crypto.KeyObject } {
  const expanded = crypto.createHash('shake256', { outputLength: 96 }).update(seed).digest()
  const mlKem = privateKey('ml-kem-768', expanded.subarray(0, 64))
  const x25519 = crypto.createPrivateKey({
    key: expanded.subarray(64),
    format: 'raw-private',
    asymmetricKeyType: 'x25519'
  })
  expanded.fill(0)
  return { mlKem, x25519 }
}

/** SHA3-256(ss_M ‖ ss_X ‖ ct_X ‖ pk_X ‖ label) (§5.3). */
function combine(...parts: [Uint8Array, Uint8Array, Uint8Array, Uint8Array]): Uint8Array {
  const hash = crypto.createHash('sha3-256')
  for (const part of [...parts, X_WING_LABEL]) {
    hash.update(part)
  }
  return bytesOf(hash.digest())
}

function privateKey(type: 'ml-dsa-65' | 'ml-kem-768', seed: Uint8Array): crypto.KeyObject {
  return crypto.createPrivateKey({ key: seed, format: 'raw-seed', asymmetricKeyType: type })
}

function publicKeyOf(type: 'ml-dsa-65' | 'ml-kem-768' | 'x25519', bytes: Uint8Array): crypto.KeyObject {
  return crypto.createPublicKey({ key: bytes, format: 'raw-public', asymmetricKeyType: type })
}

function rawPublic(key: crypto.KeyObject): Uint8Array {
  const publicKey = key.type === 'private' ? crypto.createPublicKey(key) : key
  return bytesOf(publicKey.export({ format: 'raw-public' }))
}

/** A plain `Uint8Array` over the same memory: a `Buffer` would behave otherwise in `slice`. */
function bytesOf(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}
