/**
 * The primitives that exist in more than one implementation: noble's (everywhere) and the platform's own (Node 26 has all of them).
 * Both must accept and give the same; `test/keys/backend.spec.ts` and `test/keys/public-vectors.spec.ts` prove it. Malformed input from
 * outside gives `undefined` or false, never an exception.
 */
export interface Primitives {
  /** Which implementation answers, for diagnosis. */
  readonly name: string
  readonly mlDsa65: MlDsa
  readonly mlDsa87: MlDsa
  /** X-Wing, https://datatracker.ietf.org/doc/draft-connolly-cfrg-xwing-kem/. */
  readonly xWing: Kem
  /** MLKEM1024-P384, https://datatracker.ietf.org/doc/draft-irtf-cfrg-concrete-hybrid-kems/. */
  readonly mlKem1024P384: Kem
  readonly chacha20Poly1305: Aead
  /** Argon2id (RFC 9106), one lane. @returns 32 bytes */
  argon2id(passphrase: Uint8Array, salt: Uint8Array, cost: Argon2Cost): Promise<Uint8Array>
}

/** Pure ML-DSA (FIPS 204) with an empty context string; signatures are hedged. */
export interface MlDsa {
  /** §5.1. @param seed 32 bytes ξ */
  publicKey(seed: Uint8Array): Uint8Array
  /** §5.2. */
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

/** A hybrid KEM whose keys follow from a seed of 32 bytes. */
export interface Kem {
  /** @param seed 32 bytes */
  publicKey(seed: Uint8Array): Uint8Array
  /** A 32-byte secret and the bytes that carry it; undefined when the public key is malformed. */
  encapsulate(publicKey: Uint8Array): Encapsulation | undefined
  decapsulate(seed: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined
}

/** ChaCha20-Poly1305 (RFC 8439): a key of 32 bytes, a nonce of 12; the ciphertext ends with the tag. */
export interface Aead {
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, associated?: Uint8Array): Uint8Array
  /** @returns undefined when the bytes don't open */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, associated?: Uint8Array): Uint8Array | undefined
}

export interface Encapsulation {
  readonly secret: Uint8Array
  readonly ciphertext: Uint8Array
}

export interface Argon2Cost {
  readonly memoryKiB: number
  readonly passes: number
}

/** Lengths in bytes: FIPS 204 table 2; X-Wing §5; the concrete hybrid KEMs' table of MLKEM1024-P384; RFC 8439. */
export const ML_DSA_65 = { publicKeyBytes: 1952, signatureBytes: 3309 } as const
export const ML_DSA_87 = { publicKeyBytes: 2592, signatureBytes: 4627 } as const
export const X_WING = { publicKeyBytes: 1216, ciphertextBytes: 1120 } as const
export const ML_KEM_1024_P384 = { publicKeyBytes: 1665, ciphertextBytes: 1665 } as const
export const AEAD_TAG_BYTES = 16
export const SEED_BYTES = 32
