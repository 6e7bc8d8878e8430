import { INCEPTION_VERSION } from '../constants.ts'
import { bound, domains } from '../domains.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused, type Refused } from '../encoding/canonical.ts'
import { type KeySetWithSecrets, type PublicKeySet, publicOf, readPublicKeySet } from '../keys/key-set.ts'
import { findSuite, suiteOf } from '../keys/suite.ts'

/**
 * The first public keys of an identity, signed by themselves: the policy parameters in the genesis of its chain. The genesis is signed by
 * the classical key and its CID is the DID, so the DID certifies the keys.
 */
export interface Inception {
  readonly keys: PublicKeySet
  /** Hybrid. */
  readonly signature: Uint8Array
}

/** Above what suite 1 needs (8.6 KB), below what a genesis may carry. */
const INCEPTION_LIMIT = 32 * 1024

/** The inception of an identity with these keys, encoded. `sign` makes the hybrid signature; default: as the suite does. */
export function encodeInception(
  secrets: KeySetWithSecrets,
  sign: (secrets: KeySetWithSecrets, bytes: Uint8Array) => Uint8Array = suiteOf(secrets).sign
): Uint8Array {
  const keys = publicOf(secrets)
  const signature = sign(secrets, signingBytes(keys))
  return encodeCanonical({ v: INCEPTION_VERSION, keys, signature })
}

/** Read and check an inception: form, known suite, all parts of the keys, hybrid signature. */
export function decodeInception(parameters: Uint8Array): Inception | Refused {
  const decoded = decodeCanonical(parameters, INCEPTION_LIMIT)
  if (isRefused(decoded)) {
    return { rule: `inception-${decoded.rule}` }
  }
  const { value } = decoded
  if (!isMapOf(value, ['v', 'keys', 'signature']) || !isBytes(value.signature)) {
    return { rule: 'inception-fields' }
  }
  if (value.v !== INCEPTION_VERSION) {
    return { rule: 'inception-version' }
  }
  const keys = readPublicKeySet(value.keys)
  if (isRefused(keys)) {
    return keys
  }
  const suite = findSuite(keys.suite)
  if (suite === undefined) {
    return { rule: 'unknown-suite' }
  }
  if (!suite.validPublicKeys(keys)) {
    return { rule: 'inception-keys' }
  }
  if (!suite.verify(keys, signingBytes(keys), value.signature)) {
    return { rule: 'inception-signature' }
  }
  return { keys, signature: value.signature }
}

function signingBytes(keys: PublicKeySet): Uint8Array {
  return bound(domains.inception, { v: INCEPTION_VERSION, keys })
}
