import type { Ed25519PublicKey, PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { sha256 } from '@noble/hashes/sha2.js'
import { createSigner } from '../crypto/signer.ts'
import type { Signer } from '../interface/index.ts'

/** Somebody in a test: the same keys in every run. */
export interface Actor {
  readonly name: string
  /** 32-byte Ed25519 seed. Known to everybody: for tests only. */
  readonly secretKey: Uint8Array
  readonly signer: Signer
  /** The peer id of that key. */
  readonly peerId: PeerId
}

/** An actor whose key follows from the name. */
export function createActor(name: string): Actor {
  const secretKey = sha256(new TextEncoder().encode(`walytis test actor ${name}`))
  const signer = createSigner(secretKey)
  const peerId = peerIdFromPublicKey(signer.publicKey as Ed25519PublicKey)
  return { name, secretKey, signer, peerId }
}

/** She usually comes first: founds chains, invites. */
export const alice: Actor = createActor('alice')
/** He usually joins her. */
export const bob: Actor = createActor('bob')
/** The third, who comes later or knows less. */
export const carol: Actor = createActor('carol')
