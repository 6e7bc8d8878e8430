import { sha256 } from '@noble/hashes/sha2.js'
import { base64url } from 'multiformats/bases/base64'
import { SEALED_LIMIT } from '../constants.ts'
import { bound, domains } from '../domains.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from '../encoding/canonical.ts'
import { InvalidArgumentError, LimitExceededError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import { type PublicKeySet, publicOf } from '../keys/key-set.ts'
import { findSuite, suiteOf } from '../keys/suite.ts'

/** Bytes sealed to an identity: HPKE in base mode (RFC 9180 §5.1.1), which says nothing of the sender. */
export interface Sealed {
  readonly suite: number
  /** Fingerprint of the key set it was sealed for: a rotated identity still opens what came before. */
  readonly fingerprint: string
  /** `enc ‖ ciphertext`. */
  readonly sealed: Uint8Array
}

const OVERHEAD = 2048

/** A short name of a key set: base64url of the SHA-256 of its canonical encoding. */
export function fingerprintOf(keys: PublicKeySet): string {
  return base64url.encode(sha256(encodeCanonical(publicOf(keys))))
}

/**
 * Seal bytes for an identity.
 *
 * @throws {LimitExceededError} more than 1 MiB
 */
export async function sealTo(did: Did, keys: PublicKeySet, bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length > SEALED_LIMIT) {
    throw new LimitExceededError('bytes to seal', SEALED_LIMIT, bytes.length)
  }
  const fingerprint = fingerprintOf(keys)
  const sealed = await suiteOf(keys).seal(keys.kem, infoOf(did, fingerprint), bytes)
  if (sealed === undefined) {
    throw new InvalidArgumentError('keys', 'The public key can not be sealed to')
  }
  return encodeCanonical({ v: 1, suite: keys.suite, key: fingerprint, sealed })
}

/** Read sealed bytes without opening them. */
export function readSealed(bytes: Uint8Array): Sealed | undefined {
  const decoded = decodeCanonical(bytes, SEALED_LIMIT + OVERHEAD)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', 'suite', 'key', 'sealed'])) {
    return undefined
  }
  const { v, suite, key, sealed } = decoded.value
  return v === 1 && typeof suite === 'number' && typeof key === 'string' && isBytes(sealed)
    ? { suite, fingerprint: key, sealed }
    : undefined
}

/** Open with the seed of the KEM key that the fingerprint names; undefined when it doesn't open. */
export async function openSealed(did: Did, sealed: Sealed, kemSecret: Uint8Array): Promise<Uint8Array | undefined> {
  return findSuite(sealed.suite)?.open(kemSecret, infoOf(did, sealed.fingerprint), sealed.sealed)
}

function infoOf(did: Did, fingerprint: string): Uint8Array {
  return bound(domains.seal, { did, key: fingerprint })
}
