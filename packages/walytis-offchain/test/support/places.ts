import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { fromString } from 'uint8arrays'
import type { Epoch } from 'walytis-identities'
import { domains } from '../../src/domains.ts'
import type { OpenEpoch, RandomBytes } from '../../src/envelope/seal.ts'
import type { Binding } from '../../src/reference/binding.ts'

/** A dag-cbor CID of a name, for tests that need places in a chain and no chain. */
export function idOf(name: string): CID {
  return CID.createV1(0x71, create(0x12, sha256(fromString(name))))
}

/** The secrets of an epoch from a fixed seed: HKDF-SHA256, purpose as info (the contract of `Epoch.secret`). */
export function epochOf(name: string): Epoch {
  const seed = sha256(fromString(`seed of ${name}`))
  return { id: idOf(name), secret: (purpose, salt) => hkdf(sha256, seed, salt, fromString(purpose), 32) }
}

/** The same with the key of the details under it. */
export function openEpochOf(name: string): OpenEpoch {
  const epoch = epochOf(name)
  return { epoch, detailsKey: epoch.secret(domains.detailsSecret) }
}

/** A place whose creator is a name instead of a real key. */
export function placeOf(chain: string, creator: string): Binding {
  return {
    chain: idOf(chain).bytes,
    creator: new Uint8Array([0xed, 0x01, ...sha256(fromString(creator))])
  }
}

/** Bytes that depend on a seed and the order of the calls alone. */
export function fixedRandom(seed: string): RandomBytes {
  let calls = 0
  return (length) => hkdf(sha256, fromString(seed), undefined, fromString(`draw ${calls++}`), length)
}
