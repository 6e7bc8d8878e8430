import type { AbortOptions } from '@libp2p/interface'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { randomBytes as platformRandom } from '@noble/hashes/utils.js'
import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import type { BatchOperation, Store } from 'walytis/interface'
import { bound, domains } from '../domains.ts'
import { ClosedError, InvalidArgumentError, KeyStoreCorruptError, KeyStoreMissingError } from '../errors.ts'
import type { KeyStore, KeyStoreInit } from '../interface/key-store.ts'
import { primitives } from './backend.ts'
import {
  decodeHeader,
  encodeHeader,
  type HeaderComponents,
  isValidCost,
  type Unlock,
  unwrapDataKey,
  wrapDataKey
} from './key-store-header.ts'
import { compact, openLevel, type Rows, reading, rowsOf, writeSynced } from './key-store-rows.ts'
import type { Argon2Cost } from './primitives.ts'

/**
 * Secrets at rest. Every record is encrypted under a random data key, which itself is wrapped under the master key (from a passphrase, or
 * given): changing the passphrase rewrites one row. Names of records are not secret.
 */

const HEADER_SUBLEVEL = 'walytis-identities-key-store'
const RECORDS_SUBLEVEL = 'walytis-identities-secrets'
const HEADER_KEY = 'header'
/** Cost of Argon2id where nothing else is said. */
export const DEFAULT_COST: Argon2Cost = { memoryKiB: 64 * 1024, passes: 3 }
const KEY_BYTES = 32
const NONCE_BYTES = 24
const TAG_BYTES = 16

/**
 * Open the key store that lives in a folder, a browser's database, or an open store; make it where there is none.
 *
 * @throws {InvalidArgumentError} neither or both of passphrase and key, a key not of 32 bytes, costs out of range
 * @throws {KeyStoreMissingError} when there is none and `create` is false
 * @throws {WrongPassphraseError}
 * @throws {KeyStoreCorruptError}
 * @throws {KeyStoreLockedError} when another process holds the folder
 * @throws {KeyStoreVersionError} when a newer version wrote it
 */
export async function openKeyStore(
  init: KeyStoreInit,
  components: HeaderComponents = { argon2id: primitives.argon2id, randomBytes: platformRandom }
): Promise<KeyStore> {
  const unlock = unlockOf(init)
  const cost = costOf(init, DEFAULT_COST)
  const owned = typeof init.storage === 'string'
  const store = typeof init.storage === 'string' ? await openLevel(init.storage) : init.storage
  try {
    const header = rowsOf(store, HEADER_SUBLEVEL)
    const records = rowsOf(store, RECORDS_SUBLEVEL)
    const stored = await reading(header.get(HEADER_KEY))
    if (stored !== undefined) {
      const dataKey = await unwrapDataKey(decodeHeader(stored), unlock, components.argon2id)
      return new DataKeyStore({ store, owned, header, records, ...components }, dataKey)
    }
    for await (const _ of records.keys({ limit: 1 })) {
      throw new KeyStoreCorruptError('its header is missing')
    }
    if (init.create === false) {
      throw new KeyStoreMissingError()
    }
    const dataKey = components.randomBytes(KEY_BYTES)
    const fresh = encodeHeader(await wrapDataKey(dataKey, unlock, cost, components))
    await writeSynced(store, [{ type: 'put', sublevel: header, key: HEADER_KEY, value: fresh }])
    return new DataKeyStore({ store, owned, header, records, ...components }, dataKey)
  } catch (error) {
    if (owned) {
      await store.close()
    }
    throw error
  } finally {
    if ('passphrase' in unlock) {
      unlock.passphrase.fill(0)
    }
  }
}

interface StoreParts extends HeaderComponents {
  readonly store: Store
  /** Opened here, so closed here. */
  readonly owned: boolean
  readonly header: Rows
  readonly records: Rows
}

interface Keys {
  /** Unwrapped: everything else follows from it. */
  readonly data: Uint8Array
  readonly records: Uint8Array
  readonly wrapping: Uint8Array
}

class DataKeyStore implements KeyStore {
  readonly store: Store
  readonly #parts: StoreParts
  #keys: Keys | undefined
  /** Compactions under way, one after the other. */
  #compacting: Promise<void> | undefined
  #compactAgain = false

  constructor(parts: StoreParts, dataKey: Uint8Array) {
    this.store = parts.store
    this.#parts = parts
    this.#keys = { data: dataKey, records: expand(dataKey, ['records']), wrapping: expand(dataKey, ['wrap']) }
  }

  async get(name: string, options?: AbortOptions): Promise<Uint8Array | undefined> {
    const { records } = this.#open()
    options?.signal?.throwIfAborted()
    const sealed = await reading(this.#parts.records.get(name))
    return sealed === undefined
      ? undefined
      : open(records, sealed, ['record', name], `the record ${name} does not open`)
  }

  async put(name: string, secret: Uint8Array, options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    await writeSynced(this.store, [this.sealed(name, secret)])
  }

  async delete(name: string, options?: AbortOptions): Promise<void> {
    this.#open()
    options?.signal?.throwIfAborted()
    await writeSynced(this.store, [{ type: 'del', sublevel: this.#parts.records, key: name }])
    this.#compactSoon()
  }

  async *names(prefix: string, options?: AbortOptions): AsyncIterable<string> {
    this.#open()
    for await (const name of this.#parts.records.keys({ gte: prefix })) {
      options?.signal?.throwIfAborted()
      if (!name.startsWith(prefix)) {
        return
      }
      yield name
    }
  }

  sealed(name: string, secret: Uint8Array): BatchOperation {
    const value = this.#seal(this.#open().records, secret, ['record', name])
    return { type: 'put', sublevel: this.#parts.records, key: name, value }
  }

  wrap(bytes: Uint8Array, context: string): Uint8Array {
    return this.#seal(this.#open().wrapping, bytes, ['wrap', context])
  }

  unwrap(bytes: Uint8Array, context: string): Uint8Array {
    return open(this.#open().wrapping, bytes, ['wrap', context], `what was encrypted for ${context} does not open`)
  }

  derive(context: string): Uint8Array {
    return expand(this.#open().data, ['derive', context])
  }

  async changePassphrase(
    current: string | Uint8Array,
    next: string | Uint8Array,
    options: Pick<KeyStoreInit, 'argon2'> = {}
  ): Promise<void> {
    const { data } = this.#open()
    const { header, argon2id } = this.#parts
    const unlock = unlockOf(typeof next === 'string' ? { passphrase: next } : { key: next })
    const stored = await reading(header.get(HEADER_KEY))
    if (stored === undefined) {
      throw new KeyStoreCorruptError('its header is missing')
    }
    const before = decodeHeader(stored)
    const opener = unlockOf(typeof current === 'string' ? { passphrase: current } : { key: current })
    const dataKey = await unwrapDataKey(before, opener, argon2id)
    const cost = costOf(options, before.kdf.name === 'argon2id' ? before.kdf : DEFAULT_COST)
    if (!equals(dataKey, data)) {
      throw new KeyStoreCorruptError('its header is that of another key store')
    }
    const wrapped = await wrapDataKey(dataKey, unlock, cost, this.#parts)
    dataKey.fill(0)
    await writeSynced(this.store, [{ type: 'put', sublevel: header, key: HEADER_KEY, value: encodeHeader(wrapped) }])
    this.#compactSoon()
  }

  async close(): Promise<void> {
    if (this.#keys === undefined) {
      return
    }
    for (const key of Object.values(this.#keys)) {
      key.fill(0)
    }
    this.#keys = undefined
    await this.#compacting
    if (this.#parts.owned) {
      await this.store.close()
    }
  }

  /** Many deletions cost one or two compactions. */
  #compactSoon(): void {
    this.#compactAgain = true
    this.#compacting ??= this.#compact()
  }

  async #compact(): Promise<void> {
    try {
      while (this.#compactAgain && this.#keys !== undefined) {
        this.#compactAgain = false
        await compact(this.store, this.#parts.header)
        await compact(this.store, this.#parts.records)
      }
    } catch {
      // the database was closed, or its disk failed: what was deleted stays deleted, only its bytes may still lie about
    } finally {
      this.#compacting = undefined
    }
  }

  #open(): Keys {
    if (this.#keys === undefined) {
      throw new ClosedError('key store')
    }
    return this.#keys
  }

  #seal(key: Uint8Array, plaintext: Uint8Array, name: string[]): Uint8Array {
    const nonce = this.#parts.randomBytes(NONCE_BYTES)
    return concat([nonce, xchacha20poly1305(key, nonce, bound(domains.keyStore, name)).encrypt(plaintext)])
  }
}

function open(key: Uint8Array, sealed: Uint8Array, name: string[], damage: string): Uint8Array {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) {
    throw new KeyStoreCorruptError(damage)
  }
  try {
    const cipher = xchacha20poly1305(key, sealed.subarray(0, NONCE_BYTES), bound(domains.keyStore, name))
    return cipher.decrypt(sealed.subarray(NONCE_BYTES))
  } catch (error) {
    throw new KeyStoreCorruptError(damage, { cause: error })
  }
}

/** HKDF-SHA256 (RFC 5869) without salt. */
function expand(key: Uint8Array, purpose: string[]): Uint8Array {
  return hkdf(sha256, key, undefined, bound(domains.keyStore, purpose), KEY_BYTES)
}

/** @throws {InvalidArgumentError} neither or both of passphrase and key, a key not of 32 bytes */
export function unlockOf({ passphrase, key }: Pick<KeyStoreInit, 'passphrase' | 'key'>): Unlock {
  if (passphrase !== undefined && key === undefined) {
    return { passphrase: fromString(passphrase.normalize('NFC')) }
  }
  if (key?.length === KEY_BYTES && passphrase === undefined) {
    return { key }
  }
  throw new InvalidArgumentError('key', 'A key store needs a passphrase, or a key of 32 bytes, and not both')
}

function costOf({ argon2 }: Pick<KeyStoreInit, 'argon2'>, otherwise: Argon2Cost): Argon2Cost {
  const cost = argon2 ?? otherwise
  if (!isValidCost(cost)) {
    throw new InvalidArgumentError('argon2', 'argon2: memory in KiB from 8 to 4194304, passes from 1 to 64')
  }
  return cost
}
