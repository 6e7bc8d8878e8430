import type { AccessControl } from 'walytis/interface'
import { isBytes } from '../encoding/canonical.ts'
import { KeyStoreCorruptError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import type { KeyStore } from '../interface/key-store.ts'

/**
 * By which peers that hold an identity's chain find each other. It is a secret as any other, so it lies in the key store and not, like the keys
 * of plain chains, in walytis's own rows.
 */

export const ACCESS_KEY_BYTES = 32

export const accessName = (did: Did): string => `identity/${did}/access`

/** Whoever shows the key (by the tags of sync) may hold the chain. */
export function accessBy(key: Uint8Array): AccessControl {
  return { keys: async () => [key], authorize: async () => undefined, permits: () => true }
}

/**
 * The access to an identity's chain that is held here. One is made where there is none: as yet nobody has been told it.
 *
 * @throws {KeyStoreCorruptError}
 */
export async function accessTo(
  keyStore: KeyStore,
  did: Did,
  randomBytes: (length: number) => Uint8Array
): Promise<AccessControl> {
  const kept = await keyStore.get(accessName(did))
  if (kept !== undefined && !isBytes(kept, ACCESS_KEY_BYTES)) {
    throw new KeyStoreCorruptError(`the access key of ${did} can't be read`)
  }
  const key = kept ?? randomBytes(ACCESS_KEY_BYTES)
  if (kept === undefined) {
    await keyStore.put(accessName(did), key)
  }
  return accessBy(key)
}
