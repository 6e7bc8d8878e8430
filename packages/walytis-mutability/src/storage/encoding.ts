/*
 * What the index keeps, as bytes (docs/protocol.md §6): canonical DAG-CBOR under keys of block ids. A row that can't be read is
 * damage, and no reason to lose anything: the index is made anew from the chain.
 */
import { decode, encode } from '@ipld/dag-cbor'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { CID } from 'multiformats/cid'
import { hasFields, isBlockId, isBytes } from 'walytis'
import type { BlockId } from 'walytis/interface'
import { IndexDamagedError } from '../errors.ts'
import type { ChangeKind } from '../operations/format.ts'
import type { Standing } from '../state/current.ts'
import type { KeptRecord } from '../state/history.ts'
import type { ChangeRecord, LinkedChange } from '../state/versions.ts'

/** How an original stands: read for every block that is shown. */
export interface Head extends Standing {
  /** Whether the original is out of effect. */
  readonly revoked: boolean
}

/** What the index says of itself. */
export interface IndexState {
  readonly version: number
  /** Names the consumer that feeds it: one that is made anew reads the chain from the beginning. */
  readonly consumer: string
  /** Which policy judged what it holds. */
  readonly policy: Uint8Array
}

const KINDS: readonly string[] = ['update', 'delete', 'restore'] satisfies ChangeKind[]
/** Of an Ed25519 key. */
const CREATOR_BYTES = 32
const RECORD_FIELDS = ['author', 'creator', 'height', 'kind', 'place', 'size', 'time'] as const

export function encodeHead({ deleted, revoked, shows }: Head): Uint8Array {
  const shown = shows === undefined ? null : { id: shows.block, size: shows.size, time: shows.time.getTime() }
  return encode({ deleted, revoked, shows: shown })
}

/** @throws {IndexDamagedError} */
export function decodeHead(bytes: Uint8Array): Head {
  const value = decoded(bytes)
  if (hasFields(value, ['deleted', 'revoked', 'shows'])) {
    const { deleted, revoked, shows } = value
    if (typeof deleted === 'boolean' && typeof revoked === 'boolean') {
      if (shows === null) return { deleted, revoked, shows: undefined }
      if (hasFields(shows, ['id', 'size', 'time'])) {
        const [block, { size, time }] = [idIn(shows.id), shows]
        if (block !== undefined && isNumber(size) && isNumber(time)) {
          return { deleted, revoked, shows: { block, size, time: new Date(time) } }
        }
      }
    }
  }
  throw new IndexDamagedError('how a block stands')
}

/** What is kept of one record of a history: of itself, and of the place that it was given, if any. */
export function encodeRecord(record: ChangeRecord, linked: LinkedChange | undefined): Uint8Array {
  const { author, creator, height, kind, size, time } = record
  const place =
    linked === undefined
      ? null
      : { follows: linked.follows.map(({ block }) => block), shows: linked.shows?.block ?? null }
  return encode({ author, creator: creator.raw, height, kind, place, size, time: time.getTime() })
}

/** @throws {IndexDamagedError} */
export function decodeRecord(block: BlockId, bytes: Uint8Array): KeptRecord {
  const value = decoded(bytes)
  if (hasFields(value, RECORD_FIELDS)) {
    const { author, creator, height, kind, size, time } = value
    const place = placeIn(value.place)
    if (
      typeof author === 'string' &&
      isBytes(creator, CREATOR_BYTES) &&
      isKind(kind) &&
      isNumber(height) &&
      isNumber(size) &&
      isNumber(time) &&
      place !== 'damaged'
    ) {
      const who = { author, creator: publicKeyFromRaw(creator) }
      return { place, record: { id: block.toString(), block, height, kind, ...who, size, time: new Date(time) } }
    }
  }
  throw new IndexDamagedError('a change')
}

export function encodeState({ version, consumer, policy }: IndexState): Uint8Array {
  return encode({ consumer, policy, v: version })
}

/** Undefined for what no version has written so. */
export function decodeState(bytes: Uint8Array): IndexState | undefined {
  const value = decoded(bytes)
  if (!hasFields(value, ['consumer', 'policy', 'v'])) return undefined
  const { consumer, policy, v } = value
  if (typeof consumer !== 'string' || !(policy instanceof Uint8Array) || !isNumber(v)) return undefined
  return { version: v, consumer, policy }
}

/** How many originals in effect are deleted. */
export function encodeCount(count: number): Uint8Array {
  return encode(count)
}

/** @throws {IndexDamagedError} */
export function decodeCount(bytes: Uint8Array): number {
  const value = decoded(bytes)
  if (isNumber(value)) return value
  throw new IndexDamagedError('how many blocks are deleted')
}

/** A block's id as a key, or as all there is in a row.
 * @throws {IndexDamagedError} */
export function decodeId(bytes: Uint8Array): BlockId {
  try {
    return CID.decode(new Uint8Array(bytes))
  } catch (cause) {
    throw new IndexDamagedError('the id of a block', { cause })
  }
}

function placeIn(value: unknown): KeptRecord['place'] | 'damaged' {
  if (value === null) return undefined
  if (!hasFields(value, ['follows', 'shows']) || !Array.isArray(value.follows)) return 'damaged'
  const follows = value.follows.map(idIn)
  const shows = value.shows === null ? null : idIn(value.shows)
  if (shows === undefined || follows.includes(undefined)) return 'damaged'
  return { follows: follows.map(String), shows: shows?.toString() }
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decode(bytes)
  } catch (cause) {
    throw new IndexDamagedError('a row', { cause })
  }
}

function idIn(value: unknown): BlockId | undefined {
  const id = CID.asCID(value)
  return id !== null && isBlockId(id) ? id : undefined
}

function isKind(value: unknown): value is ChangeKind {
  return typeof value === 'string' && KINDS.includes(value)
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}
