import { decode, encode } from '@ipld/dag-cbor'
import type { PublicKey } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import { copyBytes } from '../bytes.ts'
import {
  BLOCK_FORMAT_VERSION,
  MAX_BLOCK_BYTES,
  MAX_CONTENT_BYTES,
  MAX_PARENTS,
  MAX_TIME,
  MAX_TOPIC_BYTES,
  MAX_TOPICS
} from '../constants.ts'
import { ED25519_SIGNATURE_BYTES } from '../crypto/ed25519.ts'
import { multikeyOf, parseMultikey } from '../crypto/multikey.ts'
import { BLOCK_DOMAIN } from '../domains.ts'
import type { BlockId, SignedBlock } from '../interface/index.ts'
import { type BlockFields, decodeFields, encodeFields } from './codec.ts'
import { blockIdOf, compareBytes, compareIds, isBlockId, isFileContentId, isLeafContentId } from './id.ts'

/**
 * The one place that turns blocks into bytes and back (docs/protocol.md, "Block"). Decoding refuses every encoding that
 * encoding would not produce, so one meaning has one encoding and one id.
 */

/** A block before it has a signature. */
export type UnsignedBlock = Omit<SignedBlock, 'id' | 'signature' | 'bytes'>

/** What decoding finds: a block whose signature is still to be checked, or the rule that the bytes break. */
export type Decoded =
  | { readonly ok: true; readonly block: SignedBlock }
  | { readonly ok: false; readonly rule: string; readonly id?: BlockId | undefined }

const FIELDS = 12
const MAP_OF_12 = 0xac
const MAP_OF_11 = 0xab
/** The last map entry in canonical order: text(9) "signature", bytes(64) with its two-byte head. */
const SIGNATURE_ENTRY_BYTES = 10 + 2 + ED25519_SIGNATURE_BYTES

const encoder = new TextEncoder()

/** The bytes that a block's signature covers: the domain, then the map without its signature. */
export function signedPart(block: UnsignedBlock): Uint8Array {
  return withDomain(encodeFields(fieldsOf(block)))
}

/**
 * The same from a canonical encoding, without encoding anew: "signature" is the longest key and so sorts last
 * (RFC 7049 §3.9 order, which DAG-CBOR uses); cutting it off and counting one entry less gives the map without it.
 */
export function signedPartOf(bytes: Uint8Array): Uint8Array {
  const map = copyBytes(bytes, 0, bytes.length - SIGNATURE_ENTRY_BYTES)
  map[0] = MAP_OF_11
  return withDomain(map)
}

/** Encode a block and name it. */
export function encodeBlock(block: UnsignedBlock, signature: Uint8Array): SignedBlock {
  const bytes = encodeFields({ ...fieldsOf(block), signature })
  return { ...block, signature, bytes, id: blockIdOf(bytes) }
}

/**
 * Decode a block. Everything about its form is checked, its signature is not. Never throws for what the bytes are.
 *
 * @param knownId the id of these very bytes, when the caller has computed it already
 */
export function decodeBlock(bytes: Uint8Array, knownId?: BlockId): Decoded {
  // before decoding, so that the cost of a hostile encoding is bounded
  if (bytes.length > MAX_BLOCK_BYTES) return { ok: false, rule: 'block-too-large' }
  // a copy: what a peer sent is often a view into a large receive buffer, or may be changed by its owner
  const own = copyBytes(bytes)
  let value: unknown = decodeFields(own)
  if (value === undefined) {
    // in another form than the canonical one, which is all that was read so far, or no block: the general codec says which
    let canonical: Uint8Array
    try {
      value = decode(own)
      canonical = encode(value)
    } catch {
      return { ok: false, rule: 'encoding' }
    }
    if (compareBytes(own, canonical) !== 0) return { ok: false, rule: 'not-canonical' }
  }
  const id = knownId ?? blockIdOf(own)
  const parsed = parseFields(value, own)
  if (typeof parsed === 'string') return { ok: false, rule: parsed, id }
  return { ok: true, block: { ...parsed, id, bytes: own } }
}

/**
 * Read back a block that was checked before it was stored: its form is parsed, but neither its canonical form nor its id is
 * computed again.
 *
 * @returns undefined when the bytes are no block
 */
export function decodeStoredBlock(id: BlockId, bytes: Uint8Array): SignedBlock | undefined {
  try {
    const parsed = parseFields(decodeFields(bytes) ?? decode(bytes), bytes)
    return typeof parsed === 'string' ? undefined : { ...parsed, id, bytes }
  } catch {
    return undefined
  }
}

/** The first rule that a list of topics breaks, or undefined. */
export function brokenTopicRule(topics: readonly string[]): string | undefined {
  if (topics.length > MAX_TOPICS) return 'topics-too-many'
  if (new Set(topics).size !== topics.length) return 'topics-not-distinct'
  for (const topic of topics) {
    if (!topic.isWellFormed()) return 'topic-encoding'
    const length = encoder.encode(topic).length
    if (length < 1 || length > MAX_TOPIC_BYTES) return 'topic-length'
  }
  return undefined
}

function fieldsOf(block: UnsignedBlock): BlockFields {
  return {
    v: block.version,
    chain: block.chain,
    parents: block.parents,
    prev: block.prev,
    seq: block.seq,
    height: block.height,
    creator: multikeyOf(block.creator),
    time: block.time,
    topics: block.topics,
    content: block.content,
    size: block.size
  }
}

function withDomain(map: Uint8Array): Uint8Array {
  const message = new Uint8Array(BLOCK_DOMAIN.length + map.length)
  message.set(BLOCK_DOMAIN)
  message.set(map, BLOCK_DOMAIN.length)
  return message
}

/** The fields in the order of the rules in docs/protocol.md, or the name of the first rule broken. */
function parseFields(value: unknown, bytes: Uint8Array): Omit<SignedBlock, 'id' | 'bytes'> | string {
  if (!isRecord(value) || bytes[0] !== MAP_OF_12 || Object.keys(value).length !== FIELDS) return 'fields'
  const { v, chain, parents, prev, seq, height, creator, time, topics, content, size, signature } = value
  if (v !== BLOCK_FORMAT_VERSION) return 'version'
  if (chain !== null && !isIdValue(chain)) return 'chain'
  if (!Array.isArray(parents) || parents.length > MAX_PARENTS || !parents.every(isIdValue)) return 'parents'
  if (!isSortedAndDistinct(parents)) return 'parents-order'
  if (prev !== null && !isIdValue(prev)) return 'prev'
  if (!isCount(seq) || seq < 1 || (prev === null) !== (seq === 1)) return 'seq'
  if (!isCount(height)) return 'height'
  const key = creator instanceof Uint8Array ? parseMultikey(creator) : undefined
  if (key === undefined) return 'creator'
  if (!isCount(time) || time > MAX_TIME) return 'time'
  if (!Array.isArray(topics) || !topics.every((topic) => typeof topic === 'string')) return 'topics'
  const topicRule = brokenTopicRule(topics)
  if (topicRule !== undefined) return topicRule
  if (!isCount(size)) return 'size'
  if (!isContentValue(content, size)) return 'content'
  if (!(signature instanceof Uint8Array) || signature.length !== ED25519_SIGNATURE_BYTES) return 'signature-form'
  const shape = chain === null ? brokenGenesisRule(parents, prev, height, topics) : brokenLinkRule(parents, height)
  if (shape !== undefined) return shape
  return {
    version: v,
    chain,
    parents,
    prev,
    seq,
    height,
    creator: key as PublicKey,
    time,
    topics,
    content,
    size,
    signature
  }
}

function brokenGenesisRule(
  parents: BlockId[],
  prev: BlockId | null,
  height: number,
  topics: string[]
): string | undefined {
  const bare = parents.length === 0 && prev === null && height === 0 && topics.length === 0
  return bare ? undefined : 'genesis-links'
}

function brokenLinkRule(parents: BlockId[], height: number): string | undefined {
  return parents.length > 0 && height > 0 ? undefined : 'links'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isIdValue(value: unknown): value is BlockId {
  const cid = CID.asCID(value)
  return cid !== null && isBlockId(cid)
}

/** Content up to 256 KiB is one raw leaf; what is larger is a UnixFS file. */
function isContentValue(value: unknown, size: number): value is CID {
  const cid = CID.asCID(value)
  if (cid === null) return false
  return size <= MAX_CONTENT_BYTES ? isLeafContentId(cid) : isFileContentId(cid)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isSortedAndDistinct(ids: BlockId[]): boolean {
  return ids.every((id, index) => {
    const before = ids[index - 1]
    return before === undefined || compareIds(before, id) < 0
  })
}
