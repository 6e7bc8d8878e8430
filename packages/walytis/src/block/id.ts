import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { copyBytes } from '../bytes.ts'
import { sha256 } from '../crypto/backend.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { BlockId } from '../interface/index.ts'

/** Multicodec numbers (github.com/multiformats/multicodec). */
const DAG_CBOR = 0x71
const DAG_PB = 0x70
const RAW = 0x55
const SHA2_256 = 0x12
const SHA2_256_BYTES = 32

/** Bytes of every block id: version, codec, hash name, hash length, hash. */
export const BLOCK_ID_BYTES = 36

/** The id of a block with this encoding: CIDv1, dag-cbor, sha2-256. */
export function blockIdOf(bytes: Uint8Array): BlockId {
  return cidOf(DAG_CBOR, sha256(bytes))
}

/** The CID of content that travels with its block: CIDv1, raw, sha2-256. */
export function contentIdOf(content: Uint8Array): CID {
  return cidOf(RAW, sha256(content))
}

/** The CID of an inner node of larger content: CIDv1, dag-pb, sha2-256. */
export function fileContentIdOf(node: Uint8Array): CID {
  return cidOf(DAG_PB, sha256(node))
}

/** Whether a CID has the form of a block's. */
export function isBlockId(cid: CID): boolean {
  return cid.version === 1 && cid.code === DAG_CBOR && isSha256(cid)
}

/** Whether a CID has the form of content's that travels with its block. */
export function isLeafContentId(cid: CID): boolean {
  return cid.version === 1 && cid.code === RAW && isSha256(cid)
}

/** Whether a CID has the form of larger content's: the root of a UnixFS file. */
export function isFileContentId(cid: CID): boolean {
  return cid.version === 1 && cid.code === DAG_PB && isSha256(cid)
}

/**
 * A block id from its text.
 *
 * @throws {InvalidArgumentError} when it is not one
 */
export function parseBlockId(text: string): BlockId {
  let cid: CID
  try {
    cid = CID.parse(text)
  } catch (cause) {
    throw new InvalidArgumentError('block id', 'it is not a CID', { cause })
  }
  if (!isBlockId(cid)) throw new InvalidArgumentError('block id', 'it is the CID of something else')
  return cid
}

/** A block id from its 36 bytes, as the store keeps it. */
export function blockIdFromBytes(bytes: Uint8Array): BlockId {
  // a copy: the bytes may be a view into a larger buffer of the database
  const own = copyBytes(bytes)
  return hasHead(own, DAG_CBOR) ? cidFrom(DAG_CBOR, own) : CID.decode(own)
}

/** Room for the characters of a key: a number of two, then two bytes of the digest for each. */
const characters = new Uint16Array(2 + SHA2_256_BYTES / 2)
const characterBytes = new Uint8Array(characters.buffer)

/** A short string that is equal for equal ids, for `Map` and `Set`: CIDs are objects and don't compare. Not for people. */
export function idKey(id: BlockId): string {
  return idKeyIn(0, id)
}

/** The same for the id in one of many places, which are numbered. */
export function idKeyIn(place: number, id: BlockId): string {
  const { digest } = id.multihash
  // no block's: somebody asks for the CID of something else
  if (digest.length !== SHA2_256_BYTES) return `${place}/${id.toString()}`
  characters[0] = place & 0xffff
  characters[1] = place >>> 16
  characterBytes.set(digest, 4)
  // in one go, for it is called for every link of every block: a string pieced together would be copied when it is compared, and
  // spreading a typed array costs six times as much
  return String.fromCharCode.apply(null, characters as unknown as number[])
}

/** Order of ids among blocks of one height: by their bytes. */
export function compareIds(a: BlockId, b: BlockId): number {
  return compareBytes(a.bytes, b.bytes)
}

/** Lexicographic order of byte strings, as LevelDB sorts its keys. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** A CID of version 1 in one piece of memory: two or more are made for each block, and the general way makes seven objects of each. */
function cidOf(code: number, digest: Uint8Array): CID {
  const bytes = new Uint8Array(BLOCK_ID_BYTES)
  bytes[0] = 1
  bytes[1] = code
  bytes[2] = SHA2_256
  bytes[3] = SHA2_256_BYTES
  bytes.set(digest, 4)
  return cidFrom(code, bytes)
}

/** @param bytes 36, of which the first four are as `cidOf` writes them */
function cidFrom<Code extends number>(code: Code, bytes: Uint8Array): CID<unknown, Code, number, 1> {
  const multihash = bytes.subarray(2)
  return new CID(1, code, new Digest.Digest(SHA2_256, SHA2_256_BYTES, multihash.subarray(2), multihash), bytes)
}

function hasHead(bytes: Uint8Array, code: number): boolean {
  const isLong = bytes.length === BLOCK_ID_BYTES && bytes[3] === SHA2_256_BYTES
  return isLong && bytes[0] === 1 && bytes[1] === code && bytes[2] === SHA2_256
}

function isSha256(cid: CID): boolean {
  return cid.multihash.code === SHA2_256 && cid.multihash.digest.length === SHA2_256_BYTES
}
