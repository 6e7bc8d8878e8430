import { readFileSync } from 'node:fs'
import { x25519 as nobleX25519 } from '@noble/curves/ed25519.js'
import { p384 as nobleP384 } from '@noble/curves/nist.js'
import { argon2id } from '@noble/hashes/argon2.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import { ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import { parts as nodeParts } from '../../src/keys/backend.ts'

/** Published test vectors: the files in `fixtures/vectors` (their README says where they come from), and what runs them. */

/** One case of a file; byte strings are hexadecimal. */
export type Case = Readonly<Record<string, string | number | boolean>> & { readonly id: string | number }

export interface VectorFile {
  readonly cases: readonly Case[]
  readonly publicKeys?: readonly string[]
  readonly privateKeys?: readonly string[]
}

/** Read `fixtures/vectors/<name>.json`. */
export function vectorFile(name: string): VectorFile {
  return JSON.parse(readFileSync(new URL(`../fixtures/vectors/${name}.json`, import.meta.url), 'utf8')) as VectorFile
}

/** The bytes of one field. */
export function bytes(one: Case, field: string): Uint8Array {
  return hexToBytes(String(one[field] ?? ''))
}

/** The halves of the hybrid KEMs, by the functions of which each implementation makes them; undefined for refused input. */
export interface KemParts {
  agree(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined
  readonly mlKem: {
    publicKey(seed: Uint8Array): Uint8Array
    encapsulate(publicKey: Uint8Array): { secret: Uint8Array; ciphertext: Uint8Array } | undefined
    decapsulate(seed: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined
  }
}

type Half = 'x25519+768' | 'p384+1024'

/** Node's halves, as `backend.ts` puts them together. */
export function partsOfNode(half: Half): KemParts {
  const [curve, mlKem] =
    half === 'x25519+768' ? [nodeParts.x25519, nodeParts.mlKem768] : [nodeParts.p384, nodeParts.mlKem1024]
  return {
    agree: (secretKey, publicKey) =>
      publicKey.length === curve.publicKeyBytes ? refused(() => curve.agree(secretKey, publicKey)) : undefined,
    mlKem: {
      publicKey: (seed) => mlKem.publicKey(seed),
      encapsulate: (publicKey) =>
        publicKey.length === mlKem.publicKeyBytes ? refused(() => mlKem.encapsulate(publicKey)) : undefined,
      decapsulate: (seed, ciphertext) =>
        ciphertext.length === mlKem.ciphertextBytes ? refused(() => mlKem.decapsulate(seed, ciphertext)) : undefined
    }
  }
}

/** Noble's halves, as its hybrid KEMs put them together. */
export function partsOfNoble(half: Half): KemParts {
  const mlKem = half === 'x25519+768' ? ml_kem768 : ml_kem1024
  const agree =
    half === 'x25519+768'
      ? nobleX25519.getSharedSecret
      : (secretKey: Uint8Array, publicKey: Uint8Array) =>
          publicKey.length === 97 ? nobleP384.getSharedSecret(secretKey, publicKey).subarray(1) : undefined
  return {
    agree: (secretKey, publicKey) => refused(() => agree(secretKey, publicKey)),
    mlKem: {
      publicKey: (seed) => mlKem.keygen(seed).publicKey,
      encapsulate: (publicKey) =>
        refused(() => {
          const { sharedSecret, cipherText } = mlKem.encapsulate(publicKey)
          return { secret: sharedSecret, ciphertext: cipherText }
        }),
      decapsulate: (seed, ciphertext) => refused(() => mlKem.decapsulate(ciphertext, mlKem.keygen(seed).secretKey))
    }
  }
}

/** Argon2id with all its inputs, by noble: RFC 9106 §5.3 uses more of them than we do. */
export function argon2idOf(one: Case): Uint8Array {
  const { memoryKiB, passes, lanes } = one
  return argon2id(bytes(one, 'passphrase'), bytes(one, 'salt'), {
    m: Number(memoryKiB),
    t: Number(passes),
    p: Number(lanes),
    dkLen: 32,
    key: bytes(one, 'secret'),
    personalization: bytes(one, 'associated')
  })
}

function refused<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
