import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bound } from '../domains.ts'
import { groupDomains } from '../group-domains.ts'
import { defaultSuite } from '../keys/suite.ts'

/** Bytes of an epoch's seed. */
export const SEED_BYTES = 32

/**
 * Everything secret of an epoch follows from its seed by HKDF-SHA256 (RFC 5869), so whoever is given a seed can check it
 * against the public key that the chain names.
 */
export interface EpochSecrets {
  readonly seed: Uint8Array
  /** Seed of the X-Wing key, 32 bytes. */
  readonly kemSecret: Uint8Array
  /** 1216 bytes. */
  readonly publicKey: Uint8Array
  /** 32 bytes: hides where members of this epoch meet. */
  readonly rendezvous: Uint8Array
  /** 32 bytes for one purpose of a layer above. */
  secret(purpose: string, salt?: Uint8Array): Uint8Array
}

/**
 * @param seed 32 bytes
 * @param known the public key, where the seed is known to give it: else it is computed when first asked for
 */
export function deriveEpoch(seed: Uint8Array, known?: Uint8Array): EpochSecrets {
  const root = extract(sha256, seed, bound(groupDomains.epoch, ['root']))
  const derive = (label: string): Uint8Array => expand(sha256, root, bound(groupDomains.epoch, [label]), 32)
  const kemSecret = derive('x-wing')
  const content = derive('content')
  let publicKey = known
  return {
    seed,
    kemSecret,
    get publicKey() {
      publicKey ??= defaultSuite.kemPublicKey(kemSecret)
      return publicKey
    },
    rendezvous: derive('rendezvous'),
    secret: (purpose, salt = new Uint8Array()) =>
      expand(sha256, extract(sha256, content, salt), bound(groupDomains.epoch, ['secret', purpose]), 32)
  }
}
