import type { KeySetWithSecrets, PublicKeySet } from './key-set.ts'
import type { Encapsulation } from './primitives.ts'

/**
 * One way to sign, encapsulate and seal. A number names the whole combination: nothing inside it is negotiated.
 * Functions that read what comes from outside return false or undefined for anything malformed; none of them throws for it.
 */
export interface Suite {
  readonly number: number
  /** A rotation never leads to a suite of lower strength. */
  readonly strength: number
  /** How its public keys stand in DID documents. */
  readonly methods: { readonly classical: KeyMethod; readonly postQuantum: KeyMethod; readonly kem: KeyMethod }
  /** Make keys from three 32-byte seeds. */
  derive(seeds: KeySetWithSecrets['secrets']): KeySetWithSecrets
  /** Whether all parts are there, with the right lengths and well-formed. */
  validPublicKeys(keys: PublicKeySet): boolean
  /** Hybrid signature: both parts, in order of the key set. */
  sign(keys: KeySetWithSecrets, bytes: Uint8Array): Uint8Array
  /** True only when both parts verify. */
  verify(keys: PublicKeySet, bytes: Uint8Array, signature: Uint8Array): boolean
  /** The post-quantum part alone: for events, beside the classical signature of the block that carries them. */
  signEvent(keys: KeySetWithSecrets, bytes: Uint8Array): Uint8Array
  verifyEvent(keys: PublicKeySet, bytes: Uint8Array, signature: Uint8Array): boolean
  /** Fresh secret for the holder of `kem`, which says nothing of the sender; undefined when `kem` is malformed. */
  encapsulate(kem: Uint8Array): Encapsulation | undefined
  decapsulate(kemSecret: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined
  /** The public key of a KEM seed: for ephemeral keys. */
  kemPublicKey(kemSecret: Uint8Array): Uint8Array
  /** HPKE (RFC 9180) base mode, single shot. @returns `enc ‖ ciphertext`, undefined when `kem` is malformed */
  seal(kem: Uint8Array, info: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array | undefined>
  /** @returns undefined when the bytes were changed or sealed for another key or info */
  open(kemSecret: Uint8Array, info: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | undefined>
}

/** A verification method of a DID document, as far as the suite decides it. */
export interface KeyMethod {
  /** Of its id, without `#`. */
  readonly fragment: string
  /** Multicodec of the public key (https://github.com/multiformats/multicodec/blob/master/table.csv). */
  readonly code: number
}
