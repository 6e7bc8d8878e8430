import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { isBlockId } from '../block/id.ts'
import { decodeCanonical, hasFields, isBytes, isCount } from '../canonical.ts'
import { MAX_BLOCK_BYTES, MAX_CONTENT_BYTES } from '../constants.ts'
import { compareOrder } from '../graph/order.ts'
import type { BlockId, RawBlock } from '../interface/index.ts'
import type { OrderedId } from '../replica.ts'
import {
  BATCH_BLOCKS,
  FINGERPRINT_BYTES,
  MAX_HEADS_PER_MESSAGE,
  MAX_IDS_PER_MESSAGE,
  MAX_MESSAGE_BYTES,
  MAX_RANGES_PER_MESSAGE,
  MAX_RECORD_BYTES,
  MAX_RECORDS_PER_MESSAGE,
  MAX_TAGS_PER_MESSAGE,
  NONCE_BYTES,
  TAG_BYTES
} from './limits.ts'

/** The only encoder and decoder of sync messages: canonical DAG-CBOR maps with a version (docs/protocol.md, "Sync"). */

const SYNC_MESSAGE_VERSION = 1

/** A part of the canonical order, up to `upper` (exclusive; null: to the end), from where the previous part ended. */
export interface Range {
  readonly upper: OrderedId | null
  /** `null`: nothing to say about this part. Bytes: the fingerprint of its ids. A list: the ids themselves. */
  readonly part: null | Uint8Array | readonly OrderedId[]
}

/** Messages about the stream as a whole. */
export type SessionMessage =
  | { readonly type: 'hello'; readonly nonce: Uint8Array }
  | { readonly type: 'tags'; readonly tags: readonly Uint8Array[] }
  | { readonly type: 'bye' }

/** Messages about one chain. */
export type ChainMessage =
  /** My heads; names the chain, and opens a round of comparison. */
  | {
      readonly type: 'heads'
      readonly chain: BlockId
      readonly round: number
      /** As many as fit, in canonical order. */
      readonly heads: readonly BlockId[]
      /** Over all heads: the first 16 bytes of SHA-256 of their ids one after the other. */
      readonly digest: Uint8Array
      /** Replicated blocks here, for progress. */
      readonly count: number
      /** Still receiving the chain: to be level with me does not mean to have all of it. */
      readonly partial: boolean
    }
  /** Whether I lack any of the heads you named in this round. */
  | { readonly type: 'held'; readonly chain: BlockId; readonly round: number; readonly lacking: boolean }
  | { readonly type: 'ranges'; readonly chain: BlockId; readonly round: number; readonly ranges: readonly Range[] }
  /** Send me these; answered by blocks and `served`. */
  | { readonly type: 'want'; readonly chain: BlockId; readonly ids: readonly OrderedId[] }
  | { readonly type: 'served'; readonly chain: BlockId }
  | { readonly type: 'blocks'; readonly chain: BlockId; readonly n: number; readonly blocks: readonly RawBlock[] }
  /** All up to `n` is synced to disk, or refused. */
  | { readonly type: 'ack'; readonly chain: BlockId; readonly n: number }
  /** Signed peer records of others who take part. */
  | { readonly type: 'peers'; readonly chain: BlockId; readonly records: readonly Uint8Array[] }
  /** I no longer take part in this chain here. */
  | { readonly type: 'close'; readonly chain: BlockId }

export type SyncMessage = SessionMessage | ChainMessage

export function encodeMessage(message: SyncMessage): Uint8Array {
  switch (message.type) {
    case 'blocks':
      return encode({
        v: SYNC_MESSAGE_VERSION,
        ...message,
        blocks: message.blocks.map((raw) => [raw.block, raw.content])
      })
    case 'want':
      return encode({ v: SYNC_MESSAGE_VERSION, ...message, ids: message.ids.map(pairOf) })
    case 'ranges':
      return encode({ v: SYNC_MESSAGE_VERSION, ...message, ranges: message.ranges.map(encodeRange) })
    default:
      return encode({ v: SYNC_MESSAGE_VERSION, ...message })
  }
}

/** @returns undefined when the bytes are no message of this version within the limits; never throws */
export function decodeMessage(bytes: Uint8Array): SyncMessage | undefined {
  const value = decodeCanonical(bytes, MAX_MESSAGE_BYTES)
  if (typeof value !== 'object' || value === null || !('v' in value) || value.v !== SYNC_MESSAGE_VERSION)
    return undefined
  if (!('type' in value) || typeof value.type !== 'string' || !Object.hasOwn(DECODERS, value.type)) return undefined
  return DECODERS[value.type as SyncMessage['type']](value)
}

const DECODERS: Record<SyncMessage['type'], (value: object) => SyncMessage | undefined> = {
  hello(value) {
    if (!hasFields(value, ['v', 'type', 'nonce']) || !isBytes(value.nonce, NONCE_BYTES, NONCE_BYTES)) return undefined
    return { type: 'hello', nonce: value.nonce }
  },
  tags(value) {
    if (!hasFields(value, ['v', 'type', 'tags'])) return undefined
    const tags = listOf(value.tags, MAX_TAGS_PER_MESSAGE, (tag) =>
      isBytes(tag, TAG_BYTES, TAG_BYTES) ? tag : undefined
    )
    return tags && { type: 'tags', tags }
  },
  bye(value) {
    return hasFields(value, ['v', 'type']) ? { type: 'bye' } : undefined
  },
  heads(value) {
    if (!hasFields(value, ['v', 'type', 'chain', 'round', 'heads', 'digest', 'count', 'partial'])) return undefined
    const { chain, round, digest, count, partial } = value
    const heads = listOf(value.heads, MAX_HEADS_PER_MESSAGE, cidOf)
    if (!isCid(chain) || !isCount(round) || !heads || !isCount(count)) return undefined
    if (!isBytes(digest, FINGERPRINT_BYTES, FINGERPRINT_BYTES) || typeof partial !== 'boolean') return undefined
    return { type: 'heads', chain, round, heads, digest, count, partial }
  },
  held(value) {
    if (!hasFields(value, ['v', 'type', 'chain', 'round', 'lacking'])) return undefined
    const { chain, round, lacking } = value
    if (!isCid(chain) || !isCount(round) || typeof lacking !== 'boolean') return undefined
    return { type: 'held', chain, round, lacking }
  },
  ranges(value) {
    if (!hasFields(value, ['v', 'type', 'chain', 'round', 'ranges'])) return undefined
    const { chain, round } = value
    const ranges = listOf(value.ranges, MAX_RANGES_PER_MESSAGE, decodeRange)
    if (!isCid(chain) || !isCount(round) || !ranges || !areInOrder(ranges)) return undefined
    return { type: 'ranges', chain, round, ranges }
  },
  want(value) {
    if (!hasFields(value, ['v', 'type', 'chain', 'ids'])) return undefined
    const ids = listOf(value.ids, MAX_IDS_PER_MESSAGE, decodePair)
    if (!isCid(value.chain) || !ids) return undefined
    return { type: 'want', chain: value.chain, ids }
  },
  served(value) {
    return hasFields(value, ['v', 'type', 'chain']) && isCid(value.chain)
      ? { type: 'served', chain: value.chain }
      : undefined
  },
  blocks(value) {
    if (!hasFields(value, ['v', 'type', 'chain', 'n', 'blocks'])) return undefined
    const blocks = listOf(value.blocks, BATCH_BLOCKS, decodeRawBlock)
    if (!isCid(value.chain) || !isCount(value.n) || !blocks || blocks.length === 0) return undefined
    return { type: 'blocks', chain: value.chain, n: value.n, blocks }
  },
  ack(value) {
    if (!hasFields(value, ['v', 'type', 'chain', 'n']) || !isCid(value.chain) || !isCount(value.n)) return undefined
    return { type: 'ack', chain: value.chain, n: value.n }
  },
  peers(value) {
    if (!hasFields(value, ['v', 'type', 'chain', 'records']) || !isCid(value.chain)) return undefined
    const records = listOf(value.records, MAX_RECORDS_PER_MESSAGE, (record) =>
      isBytes(record, 1, MAX_RECORD_BYTES) ? record : undefined
    )
    return records && { type: 'peers', chain: value.chain, records }
  },
  close(value) {
    return hasFields(value, ['v', 'type', 'chain']) && isCid(value.chain)
      ? { type: 'close', chain: value.chain }
      : undefined
  }
}

function encodeRange({ upper, part }: Range): unknown {
  const end = upper && pairOf(upper)
  return part === null || part instanceof Uint8Array ? [end, part] : [end, part.map(pairOf)]
}

function decodeRange(value: unknown): Range | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const upper = value[0] === null ? null : decodePair(value[0])
  if (upper === undefined) return undefined
  if (value[1] === null) return { upper, part: null }
  if (isBytes(value[1], FINGERPRINT_BYTES, FINGERPRINT_BYTES)) return { upper, part: value[1] }
  const part = listOf(value[1], MAX_IDS_PER_MESSAGE, decodePair)
  return part && { upper, part }
}

/** Bounds must grow, and only the last may be open. */
function areInOrder(ranges: readonly Range[]): boolean {
  return ranges.every(({ upper }, i) => {
    const before = ranges[i - 1]
    return before === undefined || (before.upper !== null && (upper === null || compareOrder(before.upper, upper) < 0))
  })
}

const pairOf = ({ height, id }: OrderedId): [number, BlockId] => [height, id]

function decodePair(value: unknown): OrderedId | undefined {
  if (!Array.isArray(value) || value.length !== 2 || !isCount(value[0]) || !isCid(value[1])) return undefined
  return { height: value[0], id: value[1] }
}

function decodeRawBlock(value: unknown): RawBlock | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [block, content] = value
  return isBytes(block, 1, MAX_BLOCK_BYTES) && isBytes(content, 0, MAX_CONTENT_BYTES) ? { block, content } : undefined
}

/** Block ids only: they are short, so no peer can make us keep long ones. */
function isCid(value: unknown): value is BlockId {
  const cid = CID.asCID(value)
  return cid !== null && isBlockId(cid)
}

const cidOf = (value: unknown): BlockId | undefined => (isCid(value) ? value : undefined)

function listOf<T>(value: unknown, maximum: number, decodeItem: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value) || value.length > maximum) return undefined
  const list: T[] = []
  for (const item of value) {
    const decoded = decodeItem(item)
    if (decoded === undefined) return undefined
    list.push(decoded)
  }
  return list
}
