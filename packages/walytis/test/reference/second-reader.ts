/**
 * A second implementation of the formats, made from docs/protocol.md and nothing else of this package: when it can't read a vector,
 * or calls a breach by another name, the document is not enough. It reads and verifies; it writes nothing.
 */
import { decode, encode } from '@ipld/dag-cbor'
import { ed25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { base64urlnopad } from '@scure/base'
import { CID } from 'multiformats/cid'

type Fields = Record<string, unknown>

const KIB = 1024
const [RAW, DAG_PB, DAG_CBOR] = [0x55, 0x70, 0x71]
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const concat = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))
const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
const isBytes = (value: unknown, length?: number): value is Uint8Array =>
  value instanceof Uint8Array && (length === undefined || value.length === length)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
const isCid = (value: unknown, ...codecs: number[]): value is CID =>
  CID.asCID(value) !== null &&
  (value as CID).version === 1 &&
  codecs.includes((value as CID).code) &&
  isSha(value as CID)
const isSha = ({ multihash }: CID): boolean => multihash.code === 0x12 && multihash.digest.length === 32
const hashes = (cid: CID, bytes: Uint8Array): boolean => equal(cid.multihash.digest, sha256(bytes))

/** Canonical DAG-CBOR, or the rule that the bytes break. */
function canonical(bytes: Uint8Array): { value: unknown } | { rule: string } {
  let value: unknown
  try {
    value = decode(bytes)
  } catch {
    return { rule: 'encoding' }
  }
  return equal(encode(value), bytes) ? { value } : { rule: 'not-canonical' }
}

function mapOf(bytes: Uint8Array, ...fields: string[]): Fields | undefined {
  const read = canonical(bytes)
  if (!('value' in read) || typeof read.value !== 'object' || read.value === null) return undefined
  const map = read.value as Fields
  return Object.keys(map).sort().join() === [...fields].sort().join() ? map : undefined
}

/** Ed25519 as the document wants it: canonical, torsion-free, not of small order. */
function verifies(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  try {
    const points = [key, signature.subarray(0, 32)].map((bytes) => ed25519.Point.fromBytes(bytes))
    if (!points.every((point) => point.isTorsionFree()) || points[0]?.isSmallOrder() !== false) return false
    return ed25519.verify(signature, message, key, { zip215: false })
  } catch {
    return false
  }
}

const keyOf = (multikey: Uint8Array): Uint8Array => multikey.subarray(2)
const isMultikey = (value: unknown): value is Uint8Array => {
  if (!isBytes(value, 34) || value[0] !== 0xed || value[1] !== 0x01) return false
  try {
    const point = ed25519.Point.fromBytes(keyOf(value))
    return point.isTorsionFree() && !point.isSmallOrder()
  } catch {
    return false
  }
}

const BLOCK_FIELDS = 'v chain parents prev seq height creator time topics content size signature'.split(' ')

/** The stateless check: the block's map and id, or the rule that it breaks. */
export function readBlock(block: Uint8Array, content: Uint8Array): { map: Fields; id: CID } | { rule: string } {
  if (block.length > 16 * KIB) return { rule: 'block-too-large' }
  const read = canonical(block)
  if ('rule' in read) return read
  const map = mapOf(block, ...BLOCK_FIELDS)
  if (map === undefined) return { rule: 'fields' }
  const rule = brokenField(map) ?? brokenLinks(map)
  if (rule !== undefined) return { rule }
  const { signature, ...unsigned } = map
  const signed = concat(utf8('walytis/block/1\0'), encode(unsigned))
  const carried = Number(map['size']) <= 256 * KIB
  if (carried && (content.length !== map['size'] || !hashes(map['content'] as CID, content)))
    return { rule: 'content-mismatch' }
  if (!verifies(signature as Uint8Array, signed, keyOf(map['creator'] as Uint8Array))) return { rule: 'signature' }
  return { map, id: CID.createV1(DAG_CBOR, CID.parse(idText(block)).multihash) }
}

/** CIDv1, dag-cbor, sha2-256, in base32. */
function idText(bytes: Uint8Array): string {
  return CID.decode(concat(Uint8Array.of(1, DAG_CBOR, 0x12, 32), sha256(bytes))).toString()
}

function brokenField(map: Fields): string | undefined {
  const { parents, prev, topics, content, size } = map
  if (map['v'] !== 1) return 'version'
  if (map['chain'] !== null && !isCid(map['chain'], DAG_CBOR)) return 'chain'
  if (!Array.isArray(parents) || parents.length > 16 || !parents.every((one) => isCid(one, DAG_CBOR))) return 'parents'
  const isAfter = (one: CID, at: number): boolean =>
    at === 0 || Buffer.compare((parents as CID[])[at - 1]?.bytes ?? new Uint8Array(), one.bytes) < 0
  if (!parents.every(isAfter)) return 'parents-order'
  if (prev !== null && !isCid(prev, DAG_CBOR)) return 'prev'
  if (!isCount(map['seq']) || map['seq'] < 1 || (map['seq'] === 1) !== (prev === null)) return 'seq'
  if (!isCount(map['height'])) return 'height'
  if (!isMultikey(map['creator'])) return 'creator'
  if (!isCount(map['time']) || map['time'] > 8_640_000_000_000_000) return 'time'
  if (!Array.isArray(topics) || !topics.every((topic) => typeof topic === 'string')) return 'topics'
  if (topics.length > 32) return 'topics-too-many'
  if (new Set(topics).size !== topics.length) return 'topics-not-distinct'
  if (!topics.every((topic) => topic.isWellFormed())) return 'topic-encoding'
  if (!topics.every((topic) => utf8(topic).length >= 1 && utf8(topic).length <= 128)) return 'topic-length'
  if (!isCount(size)) return 'size'
  if (!isCid(content, size <= 256 * KIB ? RAW : DAG_PB)) return 'content'
  return isBytes(map['signature'], 64) ? undefined : 'signature-form'
}

function brokenLinks({ chain, parents, prev, height, topics }: Fields): string | undefined {
  const count = (list: unknown): number => (list as unknown[]).length
  if (chain !== null) return count(parents) > 0 && height !== 0 ? undefined : 'links'
  return count(parents) === 0 && prev === null && height === 0 && count(topics) === 0 ? undefined : 'genesis-links'
}

/** The causal and stateful check against blocks that were accepted, by their ids; undefined when the block keeps all rules. */
export function brokenPlace(map: Fields, chain: string, known: ReadonlyMap<string, Fields>): string | undefined {
  if (map['chain'] === null) return undefined
  if (String(map['chain']) !== chain) return 'wrong-chain'
  const prev = map['prev'] === null ? undefined : known.get(String(map['prev']))
  const linked = (map['parents'] as CID[]).map((id) => known.get(id.toString()))
  if (linked.includes(undefined) || (map['prev'] !== null && prev === undefined)) return 'waits'
  if (prev !== undefined && !equal(prev['creator'] as Uint8Array, map['creator'] as Uint8Array)) return 'prev-creator'
  if (map['seq'] !== 1 + Number(prev?.['seq'] ?? 0)) return 'seq-mismatch'
  const heights = [...linked, prev].map((block) => Number(block?.['height'] ?? -1))
  return map['height'] === 1 + Math.max(...heights) ? undefined : 'height-mismatch'
}

/** What a genesis says of its chain. */
export function readSettings(content: Uint8Array): Fields | undefined {
  const fields = ['v', 'nonce', 'access', 'policy']
  const more = [[], ['name'], ['layers'], ['name', 'layers']]
  const map = more.map((names) => mapOf(content, ...fields, ...names)).find((read) => read !== undefined)
  const isKnown =
    map?.['v'] === 1 && isBytes(map['nonce'], 32) && /^(invite|public|custom)$/.test(String(map['access']))
  return isKnown ? map : undefined
}

/** The terms of an invitation, with its signing key (a seed) and its id. */
export function readInvitation(line: string): { terms: Fields; signingKey: Uint8Array; id: string } | undefined {
  if (!line.startsWith('walytis:')) return undefined
  const bytes = base64urlnopad.decode(line.slice('walytis:'.length))
  const terms = mapOf(bytes, 'v', 'chain', 'secret', 'peer', 'addresses', 'expires', 'uses', 'shared')
  if (terms?.['v'] !== 1 || !isBytes(terms['secret'], 32)) return undefined
  const signingKey = hkdf(sha256, terms['secret'], undefined, utf8('walytis/invitation-key/1\0'), 32)
  const id = base64urlnopad.encode(sha256(ed25519.getPublicKey(signingKey)).subarray(0, 16))
  return { terms, signingKey, id }
}

/** Whether a joiner's proof holds for a challenge, between two peers. */
export function proves(proof: Uint8Array, challenge: Uint8Array, inviter: string, joiner: string): boolean {
  const asked = mapOf(challenge, 'v', 'type', 'challenge')
  const map = mapOf(proof, 'v', 'type', 'chain', 'key', 'invitation', 'invitationSignature', 'signature')
  if (asked?.['type'] !== 'challenge' || map?.['type'] !== 'proof' || !isMultikey(map['key'])) return false
  const { chain, key } = map
  const said = encode({ challenge: asked['challenge'], inviter, joiner, chain, key })
  const transcript = concat(utf8('walytis/join/1\0'), said)
  const [byInvitation, own] = [map['invitationSignature'], map['signature']] as [Uint8Array, Uint8Array]
  return verifies(byInvitation, transcript, map['invitation'] as Uint8Array) && verifies(own, transcript, keyOf(key))
}

/** What finds a chain that both peers hold. */
export function tagOf(
  key: Uint8Array,
  role: string,
  peers: readonly string[],
  nonces: readonly Uint8Array[]
): Uint8Array {
  return hmac(sha256, key, concat(utf8('walytis/sync-tag/1\0'), encode([role, ...peers, ...nonces]))).subarray(0, 16)
}

/** Messages of the exchange of larger content, which the document describes in words. */
const CONTENT_MESSAGES = { fetch: ['chain', 'block', 'from', 'until'], answer: ['until'], grant: ['until'] }

/** The fields of each message, as the document's tables have them; those about a chain name it besides. */
export function messageFields(document: string): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, readonly string[]>(Object.entries(CONTENT_MESSAGES))
  let common: string[] = []
  for (const line of document.slice(document.indexOf('\n## Sync'), document.indexOf('\n## Invitations')).split('\n')) {
    const [, type, named = ''] = line.split('|')
    if (type?.trim() === 'message') common = named.includes('besides `chain`') ? ['chain'] : []
    const name = type?.match(/^ `(\w+)` $/)?.[1]
    if (name !== undefined)
      fields.set(name, [...common, ...[...named.matchAll(/`(\w+)`/g)].map(([, field = '']) => field)])
  }
  return fields
}

/** A message of sync, or of the exchange of larger content. */
export function readMessage(bytes: Uint8Array, fieldsOf: ReadonlyMap<string, readonly string[]>): Fields | undefined {
  const read = canonical(bytes)
  const fields = 'value' in read ? fieldsOf.get(String((read.value as Fields)?.['type'])) : undefined
  const map = fields === undefined ? undefined : mapOf(bytes, 'v', 'type', ...fields)
  return map?.['v'] === 1 ? map : undefined
}
