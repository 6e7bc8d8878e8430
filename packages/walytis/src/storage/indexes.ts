import type { PublicKey } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import { BLOCK_ID_BYTES, blockIdFromBytes } from '../block/id.ts'
import { copyBytes } from '../bytes.ts'
import { MULTIKEY_BYTES, multikeyOf } from '../crypto/multikey.ts'
import type { BlockId } from '../interface/index.ts'
import type { FileReference, OrderedId } from '../replica.ts'

/**
 * Keys of a chain's rows (docs/protocol.md, "Storage"). Each begins with a byte that names the index; numbers are big-endian,
 * so that LevelDB's order of bytes is their order.
 */
export const INDEX = {
  /** id → stored block */
  block: 0x62,
  /** arrival → content. By arrival and not by hash: LevelDB is several times faster with large values under rising keys. */
  content: 0x63,
  /** height ‖ id → posting */
  order: 0x6f,
  /** seq → kind ‖ id */
  log: 0x6c,
  /** topic length ‖ topic ‖ height ‖ id → posting */
  topic: 0x74,
  /** creator ‖ height ‖ id → posting */
  creator: 0x61,
  /** time ‖ height ‖ id → posting */
  time: 0x64,
  /** creator ‖ seq ‖ id */
  seq: 0x73,
  /** height ‖ id → which heads it belongs to */
  head: 0x68,
  /** id of a block ‖ id of one that links to it */
  child: 0x6b,
  /** creator ‖ seq → two ids: a proof that the creator has forked */
  fork: 0x66,
  /** consumer's name → seq in the change log */
  cursor: 0x71,
  /** creator → id of a block of this node's key that this node did not write */
  stopped: 0x78,
  /** counters of the chain */
  state: 0x6d,
  /** root ‖ size of a larger content → how much of it is here, and under which number */
  file: 0x75,
  /** number of a file ‖ level ‖ index → node. By numbers and not by hash, as with contents. */
  node: 0x70,
  /** number of a file that is being written and belongs to no block yet */
  unfinished: 0x77,
  /** root ‖ size ‖ id of a block whose larger content is not here */
  lacking: 0x67,
  /** CID of a content, or of a node of one ‖ number → where it lies. In public chains only, for IPFS. */
  published: 0x65,
  /** layer ‖ group ‖ key → row of a layer above */
  layer: 0x79,
  /** layer → last number of the log when one of its rows was last written */
  layered: 0x76,
  /** layer ‖ number of a batch of its rows that was not synced */
  layerBatch: 0x69,
  /** where the chain stood when last all of it was synced; absent while all of it is */
  unsynced: 0x7a
} as const

const NUMBER_BYTES = 8
/** Bytes of `height ‖ id`. */
export const PLACE_BYTES = NUMBER_BYTES + BLOCK_ID_BYTES
const UINT32 = 0x1_0000_0000
const encoder = new TextEncoder()

export function blockKey(id: BlockId): Uint8Array {
  return keyOf(INDEX.block, id.bytes)
}

export function contentKey(arrival: number): Uint8Array {
  return keyOf(INDEX.content, undefined, arrival)
}

export function orderKey(place: OrderedId): Uint8Array {
  return keyOf(INDEX.order, undefined, place.height, place.id.bytes)
}

export function logKey(seq: number): Uint8Array {
  return keyOf(INDEX.log, undefined, seq)
}

export function topicPrefix(topic: string): Uint8Array {
  const bytes = encoder.encode(topic)
  return join(INDEX.topic, Uint8Array.of(bytes.length), bytes)
}

export function creatorPrefix(creator: PublicKey): Uint8Array {
  return join(INDEX.creator, multikeyOf(creator))
}

/** @param time milliseconds since 1970; left out: all times */
export function timePrefix(time?: number): Uint8Array {
  return keyOf(INDEX.time, undefined, time)
}

export function seqPrefix(creator: PublicKey, seq?: number): Uint8Array {
  const key = multikeyOf(creator)
  return keyOf(INDEX.seq, key, seq)
}

export function headKey(place: OrderedId): Uint8Array {
  return keyOf(INDEX.head, undefined, place.height, place.id.bytes)
}

export function childPrefix(id: BlockId): Uint8Array {
  return keyOf(INDEX.child, id.bytes)
}

export function forkKey(creator: PublicKey, seq: number): Uint8Array {
  return join(INDEX.fork, multikeyOf(creator), numberBytes(seq))
}

export function cursorKey(name: string): Uint8Array {
  return join(INDEX.cursor, encoder.encode(name))
}

/** Of all rows of a layer, of one of its groups, or of one row. Each part but the last begins with its length in one byte. */
export function layerKey(layer: Uint8Array, group?: Uint8Array, key?: Uint8Array): Uint8Array {
  return join(INDEX.layer, ...[layer, ...(group === undefined ? [] : [group])].flatMap(withLength), key ?? EMPTY)
}

export function layeredKey(layer: Uint8Array): Uint8Array {
  return join(INDEX.layered, layer)
}

/** The key of a batch, or what the keys of all batches of a layer begin with. */
export function layerBatchKey(layer: Uint8Array, batch?: number): Uint8Array {
  return join(INDEX.layerBatch, ...withLength(layer), batch === undefined ? EMPTY : numberBytes(batch))
}

export function stoppedKey(creator: PublicKey): Uint8Array {
  return join(INDEX.stopped, multikeyOf(creator))
}

/** A larger content's place in its indexes: root ‖ size. Two blocks may claim one root with different sizes; at most one is right. */
function filePlace({ root, size }: FileReference): Uint8Array {
  return concat(root.bytes, numberBytes(size))
}

export function fileKey(reference: FileReference): Uint8Array {
  return join(INDEX.file, filePlace(reference))
}

/** Of all nodes of a file, or of one. */
export function nodeKey(file: number, node?: { readonly level: number; readonly index: number }): Uint8Array {
  if (node === undefined) return join(INDEX.node, numberBytes(file))
  return join(INDEX.node, numberBytes(file), Uint8Array.of(node.level), numberBytes(node.index))
}

export function unfinishedKey(file: number): Uint8Array {
  return join(INDEX.unfinished, numberBytes(file))
}

/** Of all blocks that lack a content, or of one. */
export function lackingKey(reference: FileReference, id?: BlockId): Uint8Array {
  return join(INDEX.lacking, filePlace(reference), ...(id === undefined ? [] : [id.bytes]))
}

/** All places of what IPFS knows by this name, or the one with this number: the arrival of a block, or the number of a file. */
export function publishedKey(cid: CID, number?: number): Uint8Array {
  return join(INDEX.published, cid.bytes, ...(number === undefined ? [] : [numberBytes(number)]))
}

export const STATE_KEY = Uint8Array.of(INDEX.state)
export const UNSYNCED_KEY = Uint8Array.of(INDEX.unsynced)

/** `height ‖ id`: where a block stands in the canonical order, which is that of these bytes. */
export function placeBytes({ height, id }: OrderedId): Uint8Array {
  return concat(numberBytes(height), id.bytes)
}

/** `prefix ‖ height ‖ id`: how every index in canonical order continues. */
export function placeKey(prefix: Uint8Array, place: OrderedId): Uint8Array {
  const { bytes } = place.id
  const key = new Uint8Array(prefix.length + NUMBER_BYTES + bytes.length)
  key.set(prefix)
  writeNumber(key, prefix.length, place.height)
  key.set(bytes, prefix.length + NUMBER_BYTES)
  return key
}

/** The place at the end of such a key. */
export function placeOf(key: Uint8Array): OrderedId {
  const start = key.length - BLOCK_ID_BYTES
  return { height: readNumber(key, start - NUMBER_BYTES), id: idAtEnd(key) }
}

export function idAtEnd(key: Uint8Array): BlockId {
  return blockIdFromBytes(key.subarray(key.length - BLOCK_ID_BYTES))
}

/** The creator and seq in a key of `fork`. */
export function forkOf(key: Uint8Array): { creator: Uint8Array; seq: number } {
  return { creator: copyBytes(key, 1, 1 + MULTIKEY_BYTES), seq: readNumber(key, 1 + MULTIKEY_BYTES) }
}

/** The seq in a key of `log`, or of `seq` after its prefix. */
export function numberAt(key: Uint8Array, offset: number): number {
  return readNumber(key, offset)
}

/** The first key after all that begin with a prefix. */
export function afterPrefix(prefix: Uint8Array): Uint8Array {
  const end = copyBytes(prefix)
  for (let index = end.length - 1; index >= 0; index--) {
    const byte = end[index] ?? 0
    if (byte < 0xff) {
      end[index] = byte + 1
      return end.subarray(0, index + 1)
    }
  }
  return end
}

/** A safe integer as 8 bytes, big-endian. */
export function numberBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(NUMBER_BYTES)
  writeNumber(bytes, 0, value)
  return bytes
}

/** Put it there in place: a view for each number would cost more than the number. */
function writeNumber(bytes: Uint8Array, offset: number, value: number): void {
  const high = Math.floor(value / UINT32)
  const low = value % UINT32
  bytes[offset] = high >>> 24
  bytes[offset + 1] = high >>> 16
  bytes[offset + 2] = high >>> 8
  bytes[offset + 3] = high
  bytes[offset + 4] = low >>> 24
  bytes[offset + 5] = low >>> 16
  bytes[offset + 6] = low >>> 8
  bytes[offset + 7] = low
}

export function readNumber(bytes: Uint8Array, offset = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, NUMBER_BYTES)
  return view.getUint32(0) * UINT32 + view.getUint32(4)
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  let length = 0
  for (let index = 0; index < parts.length; index++) length += parts[index]?.length ?? 0
  const bytes = new Uint8Array(length)
  let offset = 0
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]
    if (part === undefined) continue
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

const EMPTY = new Uint8Array()

function withLength(part: Uint8Array): Uint8Array[] {
  return [Uint8Array.of(part.length), part]
}

/** `index ‖ head ‖ number ‖ tail`, of which any but the first may be missing, in one piece: a block has a dozen of these. */
function keyOf(index: number, head?: Uint8Array, number?: number, tail?: Uint8Array): Uint8Array {
  const start = 1 + (head?.length ?? 0)
  const end = start + (number === undefined ? 0 : NUMBER_BYTES)
  const key = new Uint8Array(end + (tail?.length ?? 0))
  key[0] = index
  if (head !== undefined) key.set(head, 1)
  if (number !== undefined) writeNumber(key, start, number)
  if (tail !== undefined) key.set(tail, end)
  return key
}

function join(index: number, ...parts: Uint8Array[]): Uint8Array {
  return concat(Uint8Array.of(index), ...parts)
}
