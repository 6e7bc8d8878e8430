import type { AbortOptions } from '@libp2p/interface'
import type { RawBlock, Signer } from 'walytis/interface'
import type { Did } from './interface/did.ts'
import type { Identity } from './interface/group.ts'
import type { PublicKeySet } from './keys/key-set.ts'

/**
 * What an identity's secret keys do for the protocols of this package. Not published: applications get `Identity`, whose `sign` can't make
 * any of these signatures.
 */
export interface Device {
  readonly did: Did
  readonly keys: PublicKeySet
  /** Signs blocks (Ed25519). */
  readonly signer: Signer
  /** The post-quantum signature beside a block's Ed25519 one. `bytes` come from `eventSigningBytes`. */
  signEvent(bytes: Uint8Array): Promise<Uint8Array>
  /** Hybrid signature. `bytes` come from `bound` with a domain of this package, never from a peer. */
  sign(bytes: Uint8Array): Promise<Uint8Array>
  /** The secret that somebody encapsulated to the X-Wing key. */
  decapsulate(ciphertext: Uint8Array): Promise<Uint8Array>
  /** The identity's own blocks, genesis first: what `verifyIdentityEvidence` takes. */
  evidence(options?: AbortOptions): Promise<RawBlock[]>
}

const devices = new WeakMap<Identity, Device>()

/** Called by whoever makes an `Identity`. */
export function registerDevice(identity: Identity, device: Device): void {
  devices.set(identity, device)
}

/** The keys behind an identity that this process loaded; undefined for an object that is not from this package. */
export function deviceOf(identity: Identity): Device | undefined {
  return devices.get(identity)
}
