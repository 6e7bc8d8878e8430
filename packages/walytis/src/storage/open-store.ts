import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { ClosedError, DamagedFileError, StoreCorruptError, StoreFailedError, StoreLockedError } from '../errors.ts'
import type { Store } from '../interface/index.ts'
import { inspectFolder } from './folder.ts'

/**
 * Options of a batch that returns only once its data is on the disk: LevelDB's own, which stores that have no disk ignore
 * (and which `abstract-level`'s types don't know).
 */
export const SYNCED: { readonly sync: true; readonly keyEncoding?: undefined } = { sync: true }
/** Options of one that returns once the system has its data: the process may end, the machine may not. */
export const UNSYNCED: { readonly sync: false; readonly keyEncoding?: undefined } = { sync: false }

/**
 * Open a node's database. Whoever opened it closes it. A folder that holds a database whose files are missing or damaged is refused before
 * anything in it is touched, and never taken for an empty one.
 *
 * @param location folder (Node) or database name (browser); undefined: in memory
 * @throws {StoreLockedError} when another process has it open
 * @throws {StoreCorruptError} when it is damaged; the `cause` says which file
 * @throws {StoreFailedError} when the disk refuses
 */
export async function openStore(location: string | undefined): Promise<Store> {
  if (location === undefined) return await opened(new MemoryLevel())
  const { state, damage } = await inspectFolder(location)
  if (damage !== undefined) {
    throw new StoreCorruptError(location, { cause: new DamagedFileError(damage.file, damage.how) })
  }
  return await opened(new Level(location, { createIfMissing: state !== 'held' }))
}

async function opened(store: Store): Promise<Store> {
  try {
    await store.open()
  } catch (error) {
    throw storeError(store, error)
  }
  return store
}

/** What `abstract-level` says of use after closing, when nothing deeper is the cause. */
const CLOSED_CODES = ['LEVEL_DATABASE_NOT_OPEN', 'LEVEL_ITERATOR_NOT_OPEN']

const OURS = [ClosedError, StoreCorruptError, StoreFailedError, StoreLockedError]

/** What a failure of the database means, as one of our errors; other errors are returned as they are. */
export function storeError(store: Store, error: unknown): unknown {
  if (OURS.some((kind) => error instanceof kind)) return error
  const codes = codesOf(error)
  const location = locationOf(store)
  const options = { cause: error }
  if (codes.includes('LEVEL_LOCKED')) return new StoreLockedError(location, options)
  if (codes.includes('LEVEL_CORRUPTION')) return new StoreCorruptError(location, options)
  if (isDatastoreFailure(error)) {
    return error.message.includes('Corruption: ')
      ? new StoreCorruptError(location, options)
      : new StoreFailedError(error.name, options)
  }
  if (!codes.some((code) => code.startsWith('LEVEL_'))) return error
  const code = codes.at(-1)
  if (code !== undefined && CLOSED_CODES.includes(code)) return new ClosedError('store', options)
  return code === undefined ? error : new StoreFailedError(code, options)
}

/** Do something with the database, whose failures become errors of ours. */
export async function namingFailures<T>(store: Store, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    throw storeError(store, error)
  }
}

/** A failure of the database under libp2p's datastore, which keeps the words and drops the cause. */
function isDatastoreFailure(error: unknown): error is Error {
  return error instanceof Error && /^(Open|Put|Get|Delete)FailedError$/.test(error.name)
}

/** Where a store lies, for messages to people. */
export function locationOf(store: Store): string {
  return 'location' in store && typeof store.location === 'string' ? store.location : '(in memory)'
}

/** The codes along the chain of causes, outermost first: the database's, and at the end perhaps the system's. */
function codesOf(error: unknown): string[] {
  const codes: string[] = []
  let current = error
  while (typeof current === 'object' && current !== null) {
    if ('code' in current && typeof current.code === 'string') codes.push(current.code)
    current = 'cause' in current ? current.cause : undefined
  }
  return codes
}
