import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PublicKey } from '@libp2p/interface'
import { LRUCache } from 'lru-cache'
import { base58btc } from 'multiformats/bases/base58'
import { base64url } from 'multiformats/bases/base64'
import { copyBytes } from '../bytes.ts'
import { InvalidArgumentError } from '../errors.ts'
import { ED25519_PUBLIC_KEY_BYTES } from './ed25519.ts'

/** Public keys as W3C Multikey bytes: a varint that names the type (0xed = Ed25519, from the multicodec table), then the key. */

const ED25519_PREFIX = Uint8Array.of(0xed, 0x01)
export const MULTIKEY_BYTES = ED25519_PREFIX.length + ED25519_PUBLIC_KEY_BYTES

/** Key objects are shared: a chain of many blocks has few creators. */
const keys = new LRUCache<string, PublicKey>({ max: 4096 })

/** @throws {InvalidArgumentError} for a key that is not Ed25519 */
export function multikeyOf(key: PublicKey): Uint8Array {
  if (key.type !== 'Ed25519') throw new InvalidArgumentError('key', `blocks are signed with Ed25519, not ${key.type}`)
  const bytes = new Uint8Array(MULTIKEY_BYTES)
  bytes.set(ED25519_PREFIX)
  bytes.set(key.raw, ED25519_PREFIX.length)
  return bytes
}

/** @returns undefined when the bytes are no multikey of a known type */
export function parseMultikey(bytes: Uint8Array): PublicKey | undefined {
  if (bytes.length !== MULTIKEY_BYTES || bytes[0] !== ED25519_PREFIX[0] || bytes[1] !== ED25519_PREFIX[1])
    return undefined
  const name = base64url.baseEncode(bytes)
  let key = keys.get(name)
  if (key === undefined) {
    key = publicKeyFromRaw(copyBytes(bytes, ED25519_PREFIX.length))
    keys.set(name, key)
  }
  return key
}

/** The multikey in base58btc, `z6Mk…`, as DID documents print it. */
export function multikeyText(key: PublicKey): string {
  return base58btc.encode(multikeyOf(key))
}
