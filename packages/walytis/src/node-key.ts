import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, PrivateKey } from '@libp2p/interface'
import { ED25519_SECRET_KEY_BYTES } from './crypto/ed25519.ts'
import { createSigner } from './crypto/signer.ts'
import { InvalidArgumentError, StoreCorruptError } from './errors.ts'
import type { BatchOperation, Signer, Store } from './interface/index.ts'
import { locationOf, SYNCED } from './storage/open-store.ts'

const KEY = 'private-key'

/** The node's key from its store, made on first use. It is stored in clear: layers above that encrypt pass their own. */
export async function loadNodeKey(store: Store): Promise<Ed25519PrivateKey> {
  const rows = store.sublevel<string, Uint8Array>('walytis-node', { keyEncoding: 'utf8', valueEncoding: 'view' })
  const stored = await rows.get(KEY)
  if (stored !== undefined) {
    try {
      return ed25519Of(privateKeyFromProtobuf(stored))
    } catch (cause) {
      throw new StoreCorruptError(locationOf(store), { cause })
    }
  }
  const key = await generateKeyPair('Ed25519')
  const write: BatchOperation = { type: 'put', sublevel: rows, key: KEY, value: privateKeyToProtobuf(key) }
  await store.batch<string, Uint8Array>([write], SYNCED)
  return key
}

/** @throws {InvalidArgumentError} for a key of another type */
export function ed25519Of(key: PrivateKey): Ed25519PrivateKey {
  if (key.type !== 'Ed25519')
    throw new InvalidArgumentError('private key', `blocks are signed with Ed25519, not ${key.type}`)
  return key
}

/** Signs blocks with the node's key. */
export function nodeSigner(key: Ed25519PrivateKey): Signer {
  return createSigner(key.raw.subarray(0, ED25519_SECRET_KEY_BYTES))
}
