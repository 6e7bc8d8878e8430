import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { copyBytes } from '../bytes.ts'

/**
 * DAG-CBOR of a block's map, without the detour over a codec for all values: every block that is received is read and written
 * once by this. What it reads, it reads only in the one canonical form; about everything else it says nothing, and the general codec
 * decides (`format.ts`). Both give the same (test/block/codec.spec.ts).
 */

/** The fields in canonical order of their keys: shorter first, then by their bytes (RFC 7049 §3.9). */
export interface BlockFields {
  readonly v: number
  readonly seq: number
  readonly prev: CID | null
  readonly size: number
  readonly time: number
  readonly chain: CID | null
  readonly height: number
  readonly topics: readonly string[]
  readonly content: CID
  readonly creator: Uint8Array
  readonly parents: readonly CID[]
  readonly signature?: Uint8Array | undefined
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const KEYS = ['v', 'seq', 'prev', 'size', 'time', 'chain', 'height', 'topics', 'content', 'creator', 'parents'] as const
/** Each key as it stands in the map: its length, its letters. */
const HEADS = new Map([...KEYS, 'signature' as const].map((key) => [key, encoder.encode(`\0${key}`)]))
for (const [key, head] of HEADS) head[0] = 0x60 + key.length

const MAP = 0xa0
const NULL = 0xf6
const MAJOR = { number: 0, bytes: 2, text: 3, list: 4 } as const
/** Tag 42, and the head of the 37 bytes of which the first says that a CID follows. */
const LINK = Uint8Array.of(0xd8, 0x2a, 0x58, 0x25, 0)
const CID_BYTES = 36
const SHA2_256 = 0x12
const DIGEST_BYTES = 32
const UINT32 = 0x1_0000_0000

/** The canonical encoding; the CIDs must be of version 1 with sha2-256, as all in a block are. */
export function encodeFields(fields: BlockFields): Uint8Array {
  const writer = new Writer()
  writer.byte(MAP + KEYS.length + (fields.signature === undefined ? 0 : 1))
  writer.number('v', fields.v)
  writer.number('seq', fields.seq)
  writer.link('prev', fields.prev)
  writer.number('size', fields.size)
  writer.number('time', fields.time)
  writer.link('chain', fields.chain)
  writer.number('height', fields.height)
  writer.key('topics')
  writer.head(MAJOR.list, fields.topics.length)
  for (const topic of fields.topics) writer.sized(MAJOR.text, encoder.encode(topic))
  writer.link('content', fields.content)
  writer.key('creator')
  writer.sized(MAJOR.bytes, fields.creator)
  writer.key('parents')
  writer.head(MAJOR.list, fields.parents.length)
  for (const parent of fields.parents) writer.cid(parent)
  if (fields.signature !== undefined) {
    writer.key('signature')
    writer.sized(MAJOR.bytes, fields.signature)
  }
  return writer.finish()
}

/** The fields of a canonical encoding of a map with all of them; undefined for everything else. Values are views into the bytes. */
export function decodeFields(bytes: Uint8Array): BlockFields | undefined {
  try {
    const reader = new Reader(bytes)
    reader.expect(Uint8Array.of(MAP + KEYS.length + 1))
    const fields = {
      v: reader.number('v'),
      seq: reader.number('seq'),
      prev: reader.link('prev'),
      size: reader.number('size'),
      time: reader.number('time'),
      chain: reader.link('chain'),
      height: reader.number('height'),
      topics: reader.key('topics').list(() => reader.text()),
      content: reader.key('content').cid(),
      creator: reader.key('creator').sized(MAJOR.bytes),
      parents: reader.key('parents').list(() => reader.cid()),
      signature: reader.key('signature').sized(MAJOR.bytes)
    }
    reader.end()
    return fields
  } catch (error) {
    if (error instanceof OtherForm) return undefined
    throw error
  }
}

type Key = (typeof KEYS)[number] | 'signature'

/** Not the form that is read here, or not the canonical one. */
class OtherForm extends RangeError {}

/** Where blocks are written before their length is known: one encoding is over before the next begins. */
let scratch = new Uint8Array(1024)

class Writer {
  #length = 0

  byte(value: number): void {
    this.#reserve(1)
    scratch[this.#length++] = value
  }

  key(key: Key): void {
    this.#raw(HEADS.get(key) ?? LINK)
  }

  number(key: Key, value: number): void {
    this.key(key)
    this.head(MAJOR.number, value)
  }

  link(key: Key, cid: CID | null): void {
    this.key(key)
    if (cid === null) this.byte(NULL)
    else this.cid(cid)
  }

  cid(cid: CID): void {
    this.#raw(LINK)
    this.#raw(cid.bytes)
  }

  sized(major: number, bytes: Uint8Array): void {
    this.head(major, bytes.length)
    this.#raw(bytes)
  }

  /** A major type with its number, in the shortest form. */
  head(major: number, value: number): void {
    const first = major << 5
    if (value < 24) {
      this.byte(first | value)
      return
    }
    const size = value < 0x100 ? 1 : value < 0x1_0000 ? 2 : value < UINT32 ? 4 : 8
    this.byte(first | (size === 1 ? 24 : size === 2 ? 25 : size === 4 ? 26 : 27))
    if (size === 8) this.#word(Math.floor(value / UINT32), 4)
    this.#word(value % UINT32, Math.min(size, 4))
  }

  finish(): Uint8Array {
    return scratch.slice(0, this.#length)
  }

  #word(value: number, size: number): void {
    for (let shift = 8 * (size - 1); shift >= 0; shift -= 8) this.byte((value >>> shift) & 0xff)
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    scratch.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #reserve(more: number): void {
    if (this.#length + more <= scratch.length) return
    const larger = new Uint8Array(2 * (this.#length + more))
    larger.set(scratch)
    scratch = larger
  }
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  key(key: Key): this {
    this.expect(HEADS.get(key) ?? LINK)
    return this
  }

  number(key: Key): number {
    return this.key(key).#head(MAJOR.number)
  }

  link(key: Key): CID | null {
    this.key(key)
    if (this.#bytes[this.#at] !== NULL) return this.cid()
    this.#at++
    return null
  }

  cid(): CID {
    this.expect(LINK)
    const bytes = copyBytes(this.#take(CID_BYTES))
    const [version, code = 0, hash, length] = bytes
    // a code of more than one byte has its highest bit set
    if (version !== 1 || code > 0x7f || hash !== SHA2_256 || length !== DIGEST_BYTES) throw new OtherForm()
    const multihash = bytes.subarray(2)
    return new CID(1, code, new Digest.Digest(SHA2_256, DIGEST_BYTES, multihash.subarray(2), multihash), bytes)
  }

  sized(major: number): Uint8Array {
    return this.#take(this.#head(major))
  }

  text(): string {
    const bytes = this.sized(MAJOR.text)
    try {
      return decoder.decode(bytes)
    } catch (cause) {
      throw new OtherForm('no UTF-8', { cause })
    }
  }

  list<T>(item: () => T): T[] {
    const length = this.#head(MAJOR.list)
    // each item has a byte at least
    if (length > this.#bytes.length - this.#at) throw new OtherForm()
    return Array.from({ length }, item)
  }

  expect(expected: Uint8Array): void {
    for (let index = 0; index < expected.length; index++) {
      if (this.#bytes[this.#at + index] !== expected[index]) throw new OtherForm()
    }
    this.#at += expected.length
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new OtherForm()
  }

  /** The number of a major type: in the shortest form, and no larger than JavaScript counts. */
  #head(major: number): number {
    const first = this.#bytes[this.#at++] ?? 0xff
    if (first >> 5 !== major) throw new OtherForm()
    const info = first & 0x1f
    if (info < 24) return info
    if (info > 27) throw new OtherForm()
    const size = 1 << (info - 24)
    let value = 0
    for (const byte of this.#take(size)) value = value * 0x100 + byte
    const least = size === 1 ? 24 : size === 2 ? 0x100 : size === 4 ? 0x1_0000 : UINT32
    if (value < least || !Number.isSafeInteger(value)) throw new OtherForm()
    return value
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new OtherForm()
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return bytes
  }
}
