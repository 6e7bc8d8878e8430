import { STORE_VERSION } from '../constants.ts'
import { StoreVersionError } from '../errors.ts'
import type { Store } from '../interface/index.ts'
import { SYNCED, storeError } from './open-store.ts'

const KEY = 'version'

/**
 * Check the layout number of a store, and write it into a new one.
 *
 * @throws {StoreVersionError} when a newer version has written it
 * @throws {StoreCorruptError} when the number is unreadable
 */
export async function checkStoreVersion(store: Store): Promise<void> {
  const meta = store.sublevel<string, string>(['walytis', 'meta'], { valueEncoding: 'utf8' })
  try {
    const text = await meta.get(KEY)
    if (text === undefined) {
      await store.batch([{ type: 'put', sublevel: meta, key: KEY, value: String(STORE_VERSION) }], SYNCED)
      return
    }
    const version = Number(text)
    if (!Number.isInteger(version)) throw storeError(store, { code: 'LEVEL_CORRUPTION' })
    if (version > STORE_VERSION) throw new StoreVersionError(version, STORE_VERSION)
  } catch (error) {
    throw storeError(store, error)
  }
}
