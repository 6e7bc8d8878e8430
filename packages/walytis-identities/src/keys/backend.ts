import * as crypto from 'node:crypto'
import { InvalidArgumentError } from '../errors.ts'
import type { Aead, Kem, MlDsa, Primitives } from './primitives.ts'
import { AEAD_TAG_BYTES, ML_DSA_65, ML_DSA_87 } from './primitives.ts'
import { noblePrimitives } from './primitives-noble.ts'

/**
 * Node's own implementations (OpenSSL) of what this version of Node has, noble's of the rest: Node 26 has all of them, Node 22
 * only the AEAD. `backend.browser.ts` is its twin elsewhere.
 */

/** The classical half of a hybrid KEM. Functions throw for malformed points. */
export interface Curve {
  readonly publicKeyBytes: number
  readonly secretKeyBytes: number
  publicKey(secretKey: Uint8Array): Uint8Array
  generate(): { readonly secretKey: Uint8Array; readonly publicKey: Uint8Array }
  agree(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array
}

/** The post-quantum half: ML-KEM (FIPS 203), with keys from a seed d ‖ z of 64 bytes. Functions throw for malformed input. */
export interface MlKem {
  readonly publicKeyBytes: number
  readonly ciphertextBytes: number
  publicKey(seed: Uint8Array): Uint8Array
  encapsulate(publicKey: Uint8Array): { readonly secret: Uint8Array; readonly ciphertext: Uint8Array }
  decapsulate(seed: Uint8Array, ciphertext: Uint8Array): Uint8Array
}

type MlDsaName = 'ml-dsa-65' | 'ml-dsa-87'
type MlKemName = 'ml-kem-768' | 'ml-kem-1024'

const x25519: Curve = {
  publicKeyBytes: 32,
  secretKeyBytes: 32,
  publicKey: (secretKey) => rawPublic(x25519Private(secretKey)),
  generate: () => {
    const { privateKey: key } = crypto.generateKeyPairSync('x25519')
    return { secretKey: bytesOf(key.export({ format: 'raw-private' })), publicKey: rawPublic(key) }
  },
  agree: (secretKey, publicKey) =>
    bytesOf(crypto.diffieHellman({ privateKey: x25519Private(secretKey), publicKey: publicKeyOf('x25519', publicKey) }))
}

/** NIST P-384: uncompressed points (SEC 1 §2.3.3); the secret is the x coordinate. */
const p384: Curve = {
  publicKeyBytes: 97,
  secretKeyBytes: 48,
  publicKey: (secretKey) => {
    const ecdh = crypto.createECDH('secp384r1')
    ecdh.setPrivateKey(secretKey)
    return bytesOf(ecdh.getPublicKey())
  },
  generate: () => {
    const ecdh = crypto.createECDH('secp384r1')
    const publicKey = bytesOf(ecdh.generateKeys())
    // a private key may come without its leading zeros
    const secretKey = new Uint8Array(48)
    const scalar = ecdh.getPrivateKey()
    secretKey.set(scalar, secretKey.length - scalar.length)
    return { secretKey, publicKey }
  },
  agree: (secretKey, publicKey) => {
    // OpenSSL would also take the compressed and the hybrid encoding
    if (publicKey[0] !== 4) {
      throw new InvalidArgumentError('publicKey', 'Not an uncompressed point')
    }
    const ecdh = crypto.createECDH('secp384r1')
    ecdh.setPrivateKey(secretKey)
    return bytesOf(ecdh.computeSecret(publicKey))
  }
}

/** Node's parts of the hybrid KEMs, apart: for public vectors. Only Node 26 has the post-quantum ones. */
export const parts = {
  x25519,
  p384,
  mlKem768: mlKem('ml-kem-768', 1184, 1088),
  mlKem1024: mlKem('ml-kem-1024', 1568, 1568)
} as const

const chacha20Poly1305: Aead = {
  seal: (key, nonce, plaintext, associated) => {
    const cipher = crypto.createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: AEAD_TAG_BYTES })
    if (associated !== undefined) {
      cipher.setAAD(associated)
    }
    const sealed = new Uint8Array(plaintext.length + AEAD_TAG_BYTES)
    sealed.set(cipher.update(plaintext))
    cipher.final()
    sealed.set(cipher.getAuthTag(), plaintext.length)
    return sealed
  },
  open: (key, nonce, sealed, associated) => {
    if (sealed.length < AEAD_TAG_BYTES) {
      return undefined
    }
    const end = sealed.length - AEAD_TAG_BYTES
    try {
      const decipher = crypto.createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: AEAD_TAG_BYTES })
      if (associated !== undefined) {
        decipher.setAAD(associated)
      }
      decipher.setAuthTag(sealed.subarray(end))
      const plaintext = decipher.update(sealed.subarray(0, end))
      decipher.final()
      return bytesOf(plaintext)
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
  mlDsa65: supports('ml-dsa-65') ? mlDsa('ml-dsa-65', ML_DSA_65) : noblePrimitives.mlDsa65,
  mlDsa87: supports('ml-dsa-87') ? mlDsa('ml-dsa-87', ML_DSA_87) : noblePrimitives.mlDsa87,
  // the label is \.//^\ (draft-connolly-cfrg-xwing-kem §5.3)
  xWing: supports('ml-kem-768') ? hybridKem(parts.mlKem768, x25519, '\\.//^\\') : noblePrimitives.xWing,
  mlKem1024P384: supports('ml-kem-1024')
    ? hybridKem(parts.mlKem1024, p384, 'MLKEM1024-P384')
    : noblePrimitives.mlKem1024P384,
  chacha20Poly1305: crypto.getCiphers().includes('chacha20-poly1305')
    ? chacha20Poly1305
    : noblePrimitives.chacha20Poly1305,
  argon2id: 'argon2' in crypto ? argon2id : noblePrimitives.argon2id
}

function supports(name: MlDsaName | MlKemName): boolean {
  try {
    privateKey(name, new Uint8Array(name.startsWith('ml-kem') ? 64 : 32))
    return 'encapsulate' in crypto
  } catch {
    return false
  }
}

function mlDsa(name: MlDsaName, bytes: { readonly publicKeyBytes: number; readonly signatureBytes: number }): MlDsa {
  return {
    publicKey: (seed) => rawPublic(privateKey(name, seed)),
    sign: (seed, message) => bytesOf(crypto.sign(null, message, privateKey(name, seed))),
    verify: (publicKey, message, signature) => {
      if (publicKey.length !== bytes.publicKeyBytes || signature.length !== bytes.signatureBytes) {
        return false
      }
      try {
        return crypto.verify(null, message, publicKeyOf(name, publicKey), signature)
      } catch {
        return false
      }
    }
  }
}

function mlKem(name: MlKemName, publicKeyBytes: number, ciphertextBytes: number): MlKem {
  return {
    publicKeyBytes,
    ciphertextBytes,
    publicKey: (seed) => rawPublic(privateKey(name, seed)),
    encapsulate: (publicKey) => {
      const { sharedKey, ciphertext } = crypto.encapsulate(publicKeyOf(name, publicKey))
      return { secret: bytesOf(sharedKey), ciphertext: bytesOf(ciphertext) }
    },
    decapsulate: (seed, ciphertext) => bytesOf(crypto.decapsulate(privateKey(name, seed), ciphertext))
  }
}

/**
 * X-Wing and its sisters: SHAKE256 of the seed gives ML-KEM's d ‖ z and the curve's secret key; the secret is
 * SHA3-256(ss_M ‖ ss_T ‖ ct_T ‖ ek_T ‖ label).
 */
function hybridKem(pq: MlKem, curve: Curve, label: string): Kem {
  const expand = (seed: Uint8Array) => {
    const outputLength = 64 + curve.secretKeyBytes
    const expanded = bytesOf(crypto.createHash('shake256', { outputLength }).update(seed).digest())
    return { expanded, pqSeed: expanded.subarray(0, 64), secretKey: expanded.subarray(64) }
  }
  const combine = (secrets: readonly [Uint8Array, Uint8Array], ciphertext: Uint8Array, publicKey: Uint8Array) => {
    const hash = crypto.createHash('sha3-256')
    for (const part of [...secrets, ciphertext, publicKey]) {
      hash.update(part)
    }
    const secret = bytesOf(hash.update(label, 'ascii').digest())
    for (const one of secrets) {
      one.fill(0)
    }
    return secret
  }
  return {
    publicKey: (seed) => {
      const { expanded, pqSeed, secretKey } = expand(seed)
      const publicKey = bytesOf(Buffer.concat([pq.publicKey(pqSeed), curve.publicKey(secretKey)]))
      expanded.fill(0)
      return publicKey
    },
    encapsulate: (publicKey) => {
      if (publicKey.length !== pq.publicKeyBytes + curve.publicKeyBytes) {
        return undefined
      }
      try {
        const theirs = publicKey.subarray(pq.publicKeyBytes)
        const first = pq.encapsulate(publicKey.subarray(0, pq.publicKeyBytes))
        const ephemeral = curve.generate()
        const agreed = curve.agree(ephemeral.secretKey, theirs)
        ephemeral.secretKey.fill(0)
        return {
          secret: combine([first.secret, agreed], ephemeral.publicKey, theirs),
          ciphertext: bytesOf(Buffer.concat([first.ciphertext, ephemeral.publicKey]))
        }
      } catch {
        return undefined
      }
    },
    decapsulate: (seed, ciphertext) => {
      if (ciphertext.length !== pq.ciphertextBytes + curve.publicKeyBytes) {
        return undefined
      }
      const { expanded, pqSeed, secretKey } = expand(seed)
      try {
        const theirs = ciphertext.subarray(pq.ciphertextBytes)
        const first = pq.decapsulate(pqSeed, ciphertext.subarray(0, pq.ciphertextBytes))
        return combine([first, curve.agree(secretKey, theirs)], theirs, curve.publicKey(secretKey))
      } catch {
        return undefined
      } finally {
        expanded.fill(0)
      }
    }
  }
}

function x25519Private(secretKey: Uint8Array): crypto.KeyObject {
  return crypto.createPrivateKey({ key: secretKey, format: 'raw-private', asymmetricKeyType: 'x25519' })
}

function privateKey(type: MlDsaName | MlKemName, seed: Uint8Array): crypto.KeyObject {
  return crypto.createPrivateKey({ key: seed, format: 'raw-seed', asymmetricKeyType: type })
}

function publicKeyOf(type: MlDsaName | MlKemName | 'x25519', bytes: Uint8Array): crypto.KeyObject {
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
