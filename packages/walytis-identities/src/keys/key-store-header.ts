import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { equals } from 'uint8arrays/equals'
import { bound, domains } from '../domains.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMap, isMapOf, isRefused } from '../encoding/canonical.ts'
import { KeyStoreCorruptError, KeyStoreVersionError, WrongPassphraseError } from '../errors.ts'
import type { Argon2Cost, Primitives } from './primitives.ts'

/**
 * The header of a key store, and of a backup of one: how the master key comes about, and the data key wrapped under it. Canonical DAG-CBOR:
 * `{ v, kdf, wrapped, checksum }`, where `checksum` (SHA-256 of the rest, no secret) tells damage from a wrong passphrase.
 */
export interface KeyStoreHeader {
  readonly kdf: Kdf
  /** Nonce and XChaCha20-Poly1305 ciphertext of the data key; `v` and `kdf` are its associated data. */
  readonly wrapped: Uint8Array
}

/** `raw`: the master key is given. */
export type Kdf = { readonly name: 'raw' } | ({ readonly name: 'argon2id'; readonly salt: Uint8Array } & Argon2Cost)

/** What opens a key store. */
export type Unlock = { readonly passphrase: Uint8Array } | { readonly key: Uint8Array }

/** What a header belongs to: one is never taken for the other. */
export type HeaderPurpose = 'header' | 'backup'

const KEY_STORE_VERSION = 1
const NONCE_BYTES = 24
const KEY_BYTES = 32
const SALT_BYTES = 16
const HEADER_LIMIT = 1024
/** Stored costs beyond these are damage: they would stop the process. */
const MEMORY_KIB_LIMIT = 4 * 1024 * 1024
const PASSES_LIMIT = 64

/** A header for `dataKey`, with a fresh salt. */
export async function wrapDataKey(
  dataKey: Uint8Array,
  unlock: Unlock,
  cost: Argon2Cost,
  { argon2id, randomBytes }: HeaderComponents,
  purpose: HeaderPurpose = 'header'
): Promise<KeyStoreHeader> {
  const kdf: Kdf =
    'key' in unlock
      ? { name: 'raw' }
      : { name: 'argon2id', salt: randomBytes(SALT_BYTES), memoryKiB: cost.memoryKiB, passes: cost.passes }
  const masterKey = await deriveMasterKey(kdf, unlock, argon2id)
  const nonce = randomBytes(NONCE_BYTES)
  const ciphertext = xchacha20poly1305(masterKey, nonce, kdfBytes(kdf, purpose)).encrypt(dataKey)
  masterKey.fill(0)
  const wrapped = new Uint8Array(NONCE_BYTES + ciphertext.length)
  wrapped.set(nonce)
  wrapped.set(ciphertext, NONCE_BYTES)
  return { kdf, wrapped }
}

/** @throws {WrongPassphraseError} */
export async function unwrapDataKey(
  { kdf, wrapped }: KeyStoreHeader,
  unlock: Unlock,
  argon2id: Primitives['argon2id'],
  purpose: HeaderPurpose = 'header'
): Promise<Uint8Array> {
  if ((kdf.name === 'raw') !== 'key' in unlock) {
    throw new WrongPassphraseError()
  }
  const masterKey = await deriveMasterKey(kdf, unlock, argon2id)
  try {
    const cipher = xchacha20poly1305(masterKey, wrapped.subarray(0, NONCE_BYTES), kdfBytes(kdf, purpose))
    return cipher.decrypt(wrapped.subarray(NONCE_BYTES))
  } catch {
    throw new WrongPassphraseError()
  } finally {
    masterKey.fill(0)
  }
}

export function encodeHeader({ kdf, wrapped }: KeyStoreHeader, purpose: HeaderPurpose = 'header'): Uint8Array {
  return encodeCanonical({ v: KEY_STORE_VERSION, kdf, wrapped, checksum: checksumOf(kdf, wrapped, purpose) })
}

/**
 * @throws {KeyStoreCorruptError}
 * @throws {KeyStoreVersionError}
 */
export function decodeHeader(bytes: Uint8Array, purpose: HeaderPurpose = 'header'): KeyStoreHeader {
  const decoded = decodeCanonical(bytes, HEADER_LIMIT)
  if (isRefused(decoded)) {
    throw new KeyStoreCorruptError(`its header is unreadable (${decoded.rule})`)
  }
  const { value } = decoded
  if (isMap(value) && typeof value['v'] === 'number' && value['v'] > KEY_STORE_VERSION) {
    throw new KeyStoreVersionError(value['v'], KEY_STORE_VERSION)
  }
  if (!isMapOf(value, ['v', 'kdf', 'wrapped', 'checksum']) || value.v !== KEY_STORE_VERSION) {
    throw new KeyStoreCorruptError('its header has unknown fields')
  }
  const kdf = readKdf(value.kdf)
  if (kdf === undefined || !isBytes(value.wrapped, NONCE_BYTES + KEY_BYTES + 16) || !isBytes(value.checksum)) {
    throw new KeyStoreCorruptError('its header has invalid values')
  }
  if (!equals(value.checksum, checksumOf(kdf, value.wrapped, purpose))) {
    throw new KeyStoreCorruptError('its header was changed')
  }
  return { kdf, wrapped: value.wrapped }
}

/** What wrapping needs from outside. */
export interface HeaderComponents {
  readonly argon2id: Primitives['argon2id']
  readonly randomBytes: (length: number) => Uint8Array
}

function readKdf(value: unknown): Kdf | undefined {
  if (isMapOf(value, ['name']) && value.name === 'raw') {
    return { name: 'raw' }
  }
  if (!isMapOf(value, ['name', 'salt', 'memoryKiB', 'passes']) || value.name !== 'argon2id') {
    return undefined
  }
  const { salt, memoryKiB, passes } = value
  return isBytes(salt, SALT_BYTES) && isCount(memoryKiB, 8, MEMORY_KIB_LIMIT) && isCount(passes, 1, PASSES_LIMIT)
    ? { name: 'argon2id', salt, memoryKiB, passes }
    : undefined
}

/** Whether a cost can be stored and read again. */
export function isValidCost({ memoryKiB, passes }: Argon2Cost): boolean {
  return isCount(memoryKiB, 8, MEMORY_KIB_LIMIT) && isCount(passes, 1, PASSES_LIMIT)
}

function isCount(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}

async function deriveMasterKey(kdf: Kdf, unlock: Unlock, argon2id: Primitives['argon2id']): Promise<Uint8Array> {
  if (kdf.name === 'argon2id' && 'passphrase' in unlock) {
    return argon2id(unlock.passphrase, kdf.salt, kdf)
  }
  if (kdf.name === 'raw' && 'key' in unlock) {
    return unlock.key.slice()
  }
  throw new WrongPassphraseError()
}

function kdfBytes(kdf: Kdf, purpose: HeaderPurpose): Uint8Array {
  return bound(domainOf(purpose), ['header', KEY_STORE_VERSION, kdf])
}

function checksumOf(kdf: Kdf, wrapped: Uint8Array, purpose: HeaderPurpose): Uint8Array {
  return sha256(bound(domainOf(purpose), ['checksum', KEY_STORE_VERSION, kdf, wrapped]))
}

function domainOf(purpose: HeaderPurpose): string {
  return purpose === 'backup' ? domains.backup : domains.keyStore
}
