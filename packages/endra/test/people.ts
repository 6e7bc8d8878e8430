import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import type { BlockId } from 'walytis/interface'
import type { Did } from 'walytis-identities'

/** A block id made of one byte, for tests that need ids and no blocks. */
export function blockId(byte: number): BlockId {
  return CID.createV1(0x71, Digest.create(0x12, new Uint8Array(32).fill(byte)))
}

function did(byte: number): Did {
  return `did:walytis:${blockId(byte).toString()}`
}

export const alice = did(1)
export const bob = did(2)
export const carol = did(3)
/** A chat between them. */
export const chat = did(9)
