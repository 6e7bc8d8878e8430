import type { AbortOptions } from '@libp2p/interface'
import { randomBytes as platformRandom } from '@noble/hashes/utils.js'
import { equals } from 'uint8arrays/equals'
import type { BatchOperation } from 'walytis/interface'
import { type BackupChunk, type BackupRecord, CHUNK_TARGET, ChunkCipher, framed, framesOf } from './backup-format.ts'
import { chainOf } from './did.ts'
import { BackupConflictError, BackupCorruptError, KeyStoreCorruptError, LimitExceededError } from './errors.ts'
import { isSigningSecret } from './identity/secrets.ts'
import type { Did } from './interface/did.ts'
import type { KeyStore, KeyStoreInit } from './interface/key-store.ts'
import { primitives } from './keys/backend.ts'
import { DEFAULT_COST, unlockOf } from './keys/key-store.ts'
import {
  decodeHeader,
  encodeHeader,
  type HeaderComponents,
  unwrapDataKey,
  wrapDataKey
} from './keys/key-store-header.ts'
import { writeSynced } from './keys/key-store-rows.ts'

/** Who may open a backup: as for a key store. */
export type BackupUnlock = Pick<KeyStoreInit, 'passphrase' | 'key'>

/** Options of `exportKeyStore`. */
export interface ExportOptions extends AbortOptions, Pick<KeyStoreInit, 'argon2'> {
  /** Only secrets of these identities and groups. Default: all that the key store holds. */
  of?: readonly Did[] | undefined
  /**
   * Also the keys by which identities sign. Default false: two that sign with the same keys fork each other's chains, so a restored
   * backup lets a new device read on, and another member admits it. True is for moving a device, once the old one is stopped for good.
   */
  signing?: boolean | undefined
}

/** Options of `importKeyStore`. */
export interface ImportOptions extends AbortOptions {
  /** Put the backup's in place of secrets that are held already and differ. Default false: refuse. */
  replace?: boolean | undefined
}

/** Bytes and records that are taken in at once. */
const IMPORT_BYTES_LIMIT = 256 * 1024 * 1024
const IMPORT_RECORDS_LIMIT = 1_000_000

/**
 * All secrets of a key store, or of some of its profiles, as one encrypted stream that any key store can take in.
 *
 * @throws {InvalidArgumentError} neither or both of passphrase and key
 * @throws {KeyStoreCorruptError}
 */
export async function* exportKeyStore(
  keyStore: KeyStore,
  unlock: BackupUnlock,
  { of, signing = false, argon2 = DEFAULT_COST, ...abort }: ExportOptions = {},
  components: HeaderComponents = { argon2id: primitives.argon2id, randomBytes: platformRandom }
): AsyncGenerator<Uint8Array> {
  const chains = of?.map(chainOf)
  const wanted = (name: string) =>
    (signing || !isSigningSecret(name)) && (chains === undefined || chains.some((chain) => name.includes(chain)))
  const backupKey = components.randomBytes(32)
  const header = encodeHeader(await wrapDataKey(backupKey, unlockOf(unlock), argon2, components, 'backup'), 'backup')
  const cipher = new ChunkCipher(backupKey, header)
  backupKey.fill(0)
  try {
    yield framed(header)
    let records: BackupRecord[] = []
    let size = 0
    for await (const name of keyStore.names('', abort)) {
      const value = wanted(name) ? await keyStore.get(name, abort) : undefined
      if (value === undefined) {
        continue
      }
      records.push({ name, value })
      size += name.length + value.length
      if (size >= CHUNK_TARGET) {
        yield framed(sealAndErase(cipher, { records, last: false }))
        records = []
        size = 0
      }
    }
    yield framed(sealAndErase(cipher, { records, last: true }))
  } finally {
    cipher.erase()
  }
}

/**
 * Take in what `exportKeyStore` gave: all of it, or nothing when anything is wrong.
 *
 * @returns how many secrets were new here
 * @throws {WrongPassphraseError}
 * @throws {BackupCorruptError} when it was damaged, or cut off
 * @throws {BackupConflictError} when the key store holds other secrets under the same names
 * @throws {KeyStoreVersionError} when a newer version wrote it
 * @throws {LimitExceededError} more than 256 MiB, or a million secrets
 */
export async function importKeyStore(
  keyStore: KeyStore,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  unlock: BackupUnlock,
  { replace = false, ...abort }: ImportOptions = {}
): Promise<{ readonly added: number }> {
  const records = await readBackup(source, unlock, abort)
  const batch: BatchOperation[] = []
  for (const { name, value } of records) {
    const held = await keyStore.get(name, abort)
    if (held !== undefined && equals(held, value)) {
      continue
    }
    if (held !== undefined && !replace) {
      throw new BackupConflictError(name)
    }
    batch.push(keyStore.sealed(name, value))
    value.fill(0)
  }
  abort.signal?.throwIfAborted()
  if (batch.length > 0) {
    await writeSynced(keyStore.store, batch)
  }
  return { added: batch.length }
}

async function readBackup(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  unlock: BackupUnlock,
  { signal }: AbortOptions
): Promise<readonly BackupRecord[]> {
  const records: BackupRecord[] = []
  let cipher: ChunkCipher | undefined
  let bytes = 0
  let over = false
  try {
    for await (const frame of framesOf(source)) {
      signal?.throwIfAborted()
      if (over) {
        throw new BackupCorruptError('something follows its end')
      }
      if (cipher === undefined) {
        cipher = await openHeader(frame, unlock)
        continue
      }
      const chunk = cipher.open(frame)
      bytes += frame.length
      records.push(...chunk.records)
      over = chunk.last
      if (bytes > IMPORT_BYTES_LIMIT) {
        throw new LimitExceededError('bytes of a backup', IMPORT_BYTES_LIMIT, bytes)
      }
      if (records.length > IMPORT_RECORDS_LIMIT) {
        throw new LimitExceededError('secrets in a backup', IMPORT_RECORDS_LIMIT, records.length)
      }
    }
  } finally {
    cipher?.erase()
  }
  if (!over) {
    throw new BackupCorruptError('it was cut off')
  }
  return records
}

async function openHeader(frame: Uint8Array, unlock: BackupUnlock): Promise<ChunkCipher> {
  const backupKey = await unwrapDataKey(headerOf(frame), unlockOf(unlock), primitives.argon2id, 'backup')
  const cipher = new ChunkCipher(backupKey, frame)
  backupKey.fill(0)
  return cipher
}

function headerOf(frame: Uint8Array) {
  try {
    return decodeHeader(frame, 'backup')
  } catch (error) {
    throw error instanceof KeyStoreCorruptError
      ? new BackupCorruptError(`of its beginning, ${error.what}`, { cause: error })
      : error
  }
}

function sealAndErase(cipher: ChunkCipher, chunk: BackupChunk): Uint8Array {
  const sealed = cipher.seal(chunk)
  for (const { value } of chunk.records) {
    value.fill(0)
  }
  return sealed
}
