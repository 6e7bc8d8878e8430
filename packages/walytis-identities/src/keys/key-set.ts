import { isBytes, isMapOf, type Refused } from '../encoding/canonical.ts'

/** The public keys of one principal. Lengths as the suite says. */
export interface PublicKeySet {
  /** Number of the suite, from the registry in `suite.ts`. */
  readonly suite: number
  /** Ed25519 in suite 1, 32 bytes: also the creator key of the principal's blocks. */
  readonly classical: Uint8Array
  /** ML-DSA-65 in suite 1, 1952 bytes. */
  readonly postQuantum: Uint8Array
  /** X-Wing in suite 1, 1216 bytes. */
  readonly kem: Uint8Array
}

/** The seeds behind a `PublicKeySet`, with it. Never leaves the key store unencrypted. */
export interface KeySetWithSecrets extends PublicKeySet {
  /** 32-byte seeds: everything secret follows from them. */
  readonly secrets: { readonly classical: Uint8Array; readonly postQuantum: Uint8Array; readonly kem: Uint8Array }
}

const FIELDS = ['suite', 'classical', 'postQuantum', 'kem'] as const

/** The public part alone. */
export function publicOf(keys: KeySetWithSecrets | PublicKeySet): PublicKeySet {
  const { suite, classical, postQuantum, kem } = keys
  return { suite, classical, postQuantum, kem }
}

/** Read a decoded map as a key set. The suite says afterwards whether the lengths are right. */
export function readPublicKeySet(value: unknown): PublicKeySet | Refused {
  if (!isMapOf(value, FIELDS)) {
    return { rule: 'key-set-fields' }
  }
  const { suite, classical, postQuantum, kem } = value
  if (typeof suite !== 'number' || !isBytes(classical) || !isBytes(postQuantum) || !isBytes(kem)) {
    return { rule: 'key-set-types' }
  }
  return { suite, classical, postQuantum, kem }
}

/** Overwrite the seeds. */
export function eraseSecrets(keys: KeySetWithSecrets): void {
  for (const secret of Object.values(keys.secrets)) {
    secret.fill(0)
  }
}
