import { CID } from 'multiformats/cid'
import { InvalidDidError } from './errors.ts'
import type { Did } from './interface/did.ts'

const PREFIX = 'did:walytis:'
const DAG_CBOR = 0x71
const SHA2_256 = 0x12

/** The DID of the chain with that id. */
export function didOf(chain: string | CID): Did {
  return `${PREFIX}${chain.toString()}`
}

/** Whether a string is a DID of the method `walytis`, in its one canonical spelling (CIDv1, dag-cbor, sha2-256, base32). */
export function isDid(text: unknown): text is Did {
  if (typeof text !== 'string' || !text.startsWith(PREFIX) || text.length > 128) {
    return false
  }
  try {
    const id = text.slice(PREFIX.length)
    const cid = CID.parse(id)
    return cid.version === 1 && cid.code === DAG_CBOR && cid.multihash.code === SHA2_256 && cid.toString() === id
  } catch {
    return false
  }
}

/**
 * The id of the chain behind a DID.
 *
 * @throws {InvalidDidError}
 */
export function chainOf(did: string): string {
  if (!isDid(did)) {
    throw new InvalidDidError(did)
  }
  return did.slice(PREFIX.length)
}
