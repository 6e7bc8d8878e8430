import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { InvalidArgumentError } from '../errors.ts'
import type { Signer } from '../interface/index.ts'
import { createMessageSigner } from './backend.ts'
import { ED25519_SECRET_KEY_BYTES, ed25519PublicKey } from './ed25519.ts'

/**
 * A signer from a key held in memory.
 *
 * @param secretKey 32-byte Ed25519 seed; for libp2p's 64-byte keys, their first half
 * @throws {InvalidArgumentError} when it has another length
 */
export function createSigner(secretKey: Uint8Array): Signer {
  if (secretKey.length !== ED25519_SECRET_KEY_BYTES) {
    throw new InvalidArgumentError('secretKey', `it must have ${ED25519_SECRET_KEY_BYTES} bytes`)
  }
  const sign = createMessageSigner(secretKey)
  return { publicKey: publicKeyFromRaw(ed25519PublicKey(secretKey)), sign: (bytes) => sign(bytes) }
}
