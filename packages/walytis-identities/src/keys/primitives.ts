/**
 * The primitives that exist in more than one implementation: noble's (everywhere) and the platform's own (Node 26). Both must accept and give
 * the same; `test/keys/backend.spec.ts` proves it. Malformed input from outside gives `undefined` or false, never an exception.
 */
export interface Primitives {
  /** Which implementation answers, for diagnosis. */
  readonly name: string
  readonly mlDsa65: {
    /** FIPS 204 §5.1. @param seed 32 bytes ξ @returns 1952 bytes */
    publicKey(seed: Uint8Array): Uint8Array
    /** FIPS 204 §5.2, pure ML-DSA with an empty context string. @returns 3309 bytes */
    sign(seed: Uint8Array, message: Uint8Array): Uint8Array
    verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  }
  /** X-Wing, https://datatracker.ietf.org/doc/draft-connolly-cfrg-xwing-kem/. */
  readonly xWing: {
    /** @param seed 32 bytes @returns 1216 bytes */
    publicKey(seed: Uint8Array): Uint8Array
    /** A 32-byte secret and the 1120 bytes that carry it; undefined when the public key is malformed. */
    encapsulate(publicKey: Uint8Array): Encapsulation | undefined
    decapsulate(seed: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined
  }
  /** Argon2id (RFC 9106), one lane. @returns 32 bytes */
  argon2id(passphrase: Uint8Array, salt: Uint8Array, cost: Argon2Cost): Promise<Uint8Array>
}

export interface Encapsulation {
  readonly secret: Uint8Array
  readonly ciphertext: Uint8Array
}

export interface Argon2Cost {
  readonly memoryKiB: number
  readonly passes: number
}

/** Lengths in bytes. */
export const ML_DSA_65_PUBLIC_KEY_BYTES = 1952
export const ML_DSA_65_SIGNATURE_BYTES = 3309
export const X_WING_PUBLIC_KEY_BYTES = 1216
export const X_WING_CIPHERTEXT_BYTES = 1120
export const SEED_BYTES = 32
