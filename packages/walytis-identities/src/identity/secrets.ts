import type { AbortOptions } from '@libp2p/interface'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from '../encoding/canonical.ts'
import { KeyStoreCorruptError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import type { KeyStore } from '../interface/key-store.ts'
import type { KeySetWithSecrets } from '../keys/key-set.ts'
import { findSuite } from '../keys/suite.ts'
import { fingerprintOf } from './seal.ts'

/**
 * An identity's seeds in the key store, under the fingerprint of the public keys. Signing seeds and KEM seeds are records of their own: a
 * rotation erases the former, while the latter still open what was sealed before.
 */

const LIMIT = 1024

const signName = (did: Did, fingerprint: string) => `identity/${did}/sign/${fingerprint}`
const kemName = (did: Did, fingerprint: string) => `identity/${did}/kem/${fingerprint}`

/** Whether a record holds the keys by which some identity signs. */
export function isSigningSecret(name: string): boolean {
  const [kind, , use] = name.split('/')
  return kind === 'identity' && use === 'sign'
}

/** The records to store, by name; in this order where they are not written together: who finds the signing seeds finds the others. */
export function secretRecords(
  did: Did,
  keys: KeySetWithSecrets
): { readonly name: string; readonly value: Uint8Array }[] {
  const fingerprint = fingerprintOf(keys)
  const { suite, secrets } = keys
  const { classical, postQuantum, kem } = secrets
  return [
    { name: kemName(did, fingerprint), value: encodeCanonical({ v: 1, suite, kem }) },
    { name: signName(did, fingerprint), value: encodeCanonical({ v: 1, suite, classical, postQuantum }) }
  ]
}

/** Fingerprints of the key sets that can still sign; more than one only after a crash in the middle of a rotation. */
export async function signingFingerprints(keyStore: KeyStore, did: Did): Promise<string[]> {
  const prefix = signName(did, '')
  const found: string[] = []
  for await (const name of keyStore.names(prefix)) {
    found.push(name.slice(prefix.length))
  }
  return found
}

/**
 * A whole key set; undefined when its signing seeds are not held.
 *
 * @throws {KeyStoreCorruptError}
 */
export async function loadSecrets(
  keyStore: KeyStore,
  did: Did,
  fingerprint: string
): Promise<KeySetWithSecrets | undefined> {
  const stored = await keyStore.get(signName(did, fingerprint))
  const kem = await kemSecretOf(keyStore, did, fingerprint)
  if (stored === undefined || kem === undefined) {
    return undefined
  }
  const signing = read(stored, ['v', 'suite', 'classical', 'postQuantum'])
  const suite = typeof signing?.suite === 'number' ? findSuite(signing.suite) : undefined
  if (suite === undefined || !isBytes(signing?.classical, 32) || !isBytes(signing.postQuantum, 32)) {
    throw new KeyStoreCorruptError(`the keys of ${did} can't be read`)
  }
  const keys = suite.derive({ classical: signing.classical, postQuantum: signing.postQuantum, kem })
  if (fingerprintOf(keys) !== fingerprint) {
    throw new KeyStoreCorruptError(`the keys of ${did} are not those they are stored as`)
  }
  return keys
}

/**
 * The seed of a KEM key, a replaced one too.
 *
 * @throws {KeyStoreCorruptError}
 */
export async function kemSecretOf(keyStore: KeyStore, did: Did, fingerprint: string): Promise<Uint8Array | undefined> {
  const stored = await keyStore.get(kemName(did, fingerprint))
  if (stored === undefined) {
    return undefined
  }
  const { kem } = read(stored, ['v', 'suite', 'kem']) ?? {}
  if (!isBytes(kem, 32)) {
    throw new KeyStoreCorruptError(`the keys of ${did} can't be read`)
  }
  return kem
}

/** Erase everything of an identity, the signing seeds first. */
export async function eraseAll(keyStore: KeyStore, did: Did, options?: AbortOptions): Promise<void> {
  for (const prefix of [signName(did, ''), `identity/${did}/`]) {
    const doomed: string[] = []
    for await (const name of keyStore.names(prefix, options)) {
      doomed.push(name)
    }
    for (const name of doomed) {
      await keyStore.delete(name, options)
    }
  }
}

/** Make a replaced key set unable to sign. */
export async function eraseSigning(keyStore: KeyStore, did: Did, fingerprint: string): Promise<void> {
  await keyStore.delete(signName(did, fingerprint))
}

function read<K extends string>(bytes: Uint8Array, fields: readonly K[]): Record<K, unknown> | undefined {
  const decoded = decodeCanonical(bytes, LIMIT)
  return isRefused(decoded) || !isMapOf(decoded.value, fields) ? undefined : decoded.value
}
