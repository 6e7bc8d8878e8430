import type { AbstractBatchOptions, AbstractSublevel } from 'abstract-level'
import { openStore, StoreCorruptError, StoreLockedError } from 'walytis'
import type { BatchOperation, Store } from 'walytis/interface'
import { KeyStoreCorruptError, KeyStoreLockedError } from '../errors.ts'

/** The database under a key store: opening it, its rows, and its failures by our names. */

/** Rows with names as keys and bytes as values. */
export type Rows = AbstractSublevel<Store, string | Uint8Array | Buffer, string, Uint8Array>

/** The rows of one sublevel. */
export function rowsOf(store: Store, name: string): Rows {
  return store.sublevel<string, Uint8Array>(name, { keyEncoding: 'utf8', valueEncoding: 'view' })
}

/**
 * Open a folder (Node) or a browser's database.
 *
 * @throws {KeyStoreLockedError}
 * @throws {KeyStoreCorruptError} also when files of its folder are missing or damaged; nothing in it is touched then
 * @throws {StoreFailedError} when the disk refuses
 */
export async function openLevel(location: string): Promise<Store> {
  try {
    return await openStore(location)
  } catch (error) {
    if (error instanceof StoreLockedError) throw new KeyStoreLockedError(location, { cause: error })
    if (error instanceof StoreCorruptError) {
      throw new KeyStoreCorruptError(`its database in ${location} can't be read`, { cause: error })
    }
    throw error
  }
}

/** Turn the database's own report of damage into ours. */
export async function reading<T>(read: Promise<T>): Promise<T> {
  try {
    return await read
  } catch (error) {
    if (
      codeOf(error) === 'LEVEL_CORRUPTION' ||
      codeOf(error instanceof Error ? error.cause : undefined) === 'LEVEL_CORRUPTION'
    ) {
      throw new KeyStoreCorruptError("its database can't be read", { cause: error })
    }
    throw error
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/**
 * Where the database can: make what was deleted or replaced in some rows vanish from its files. LevelDB may move what it had in memory straight to
 * its lowest level, past what it should be merged with, so something else is written over the range and merged once more.
 */
export async function compact(store: Store, rows: Rows): Promise<void> {
  if (!('compactRange' in store && typeof store.compactRange === 'function')) {
    return
  }
  const [first, last] = [rows.prefixKey('', 'utf8', true), rows.prefixKey('\uffff', 'utf8', true)]
  await store.compactRange(first, last)
  const passing = ['', '\uffff'].flatMap((key): BatchOperation[] => [
    { type: 'put', sublevel: rows, key, value: new Uint8Array(1) },
    { type: 'del', sublevel: rows, key }
  ])
  await writeSynced(store, passing)
  await store.compactRange(first, last)
}

/** All or nothing, and on the disk once it resolves. Stores without a disk ignore `sync`. */
export async function writeSynced(store: Store, operations: BatchOperation[]): Promise<void> {
  const synced: AbstractBatchOptions<string, Uint8Array> & { sync: boolean } = { sync: true }
  await store.batch<string, Uint8Array>(operations, synced)
}
