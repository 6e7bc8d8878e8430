import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from '../encoding/canonical.ts'

/**
 * What resumable channels say on the channels that carry them. First each side says how far it has come, then items follow from there, in order:
 * messages and one end. They are counted, never numbered: the carrier keeps their order or breaks.
 *
 *     opener → other   { v, id, received, fresh }
 *     other → opener   { v, received }            null: it knows no such channel
 *     both             0 ‖ message · 1 ‖ count (8 bytes, big-endian) of items received · 2 (end) · 3 (given up)
 */

/** The beginning on each carrier, by who opened it. */
export interface ResumeRequest {
  /** Drawn by the opener for the whole life of the channel. */
  readonly id: Uint8Array
  /** Items that the opener has received. */
  readonly received: number
  /** The opener has had no answer yet, so the other side may not know the channel. */
  readonly fresh: boolean
}

export type ResumeFrame =
  | { readonly kind: 'message'; readonly payload: Uint8Array }
  | { readonly kind: 'received'; readonly count: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'given-up' }

/** Bytes that a frame is longer than its message. */
export const RESUME_OVERHEAD = 1
/** Of a channel's id. */
export const RESUME_ID_BYTES = 16

const VERSION = 1
const LIMIT = 256
const KINDS = ['message', 'received', 'end', 'given-up'] as const

export function encodeResumeRequest({ id, received, fresh }: ResumeRequest): Uint8Array {
  return encodeCanonical({ v: VERSION, id, received, fresh })
}

/** @returns undefined for anything else */
export function decodeResumeRequest(bytes: Uint8Array): ResumeRequest | undefined {
  const decoded = decodeCanonical(bytes, LIMIT)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', 'id', 'received', 'fresh'])) {
    return undefined
  }
  const { v, id, received, fresh } = decoded.value
  return v === VERSION && isBytes(id, RESUME_ID_BYTES) && isCount(received) && typeof fresh === 'boolean'
    ? { id, received, fresh }
    : undefined
}

/** @param received null: no such channel is known */
export function encodeResumeReply(received: number | null): Uint8Array {
  return encodeCanonical({ v: VERSION, received })
}

/** @returns undefined for anything else */
export function decodeResumeReply(bytes: Uint8Array): { readonly received: number | null } | undefined {
  const decoded = decodeCanonical(bytes, LIMIT)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', 'received']) || decoded.value.v !== VERSION) {
    return undefined
  }
  const { received } = decoded.value
  return received === null || isCount(received) ? { received } : undefined
}

export function encodeResumeFrame(frame: ResumeFrame): Uint8Array {
  const payload = frame.kind === 'message' ? frame.payload : frame.kind === 'received' ? countBytes(frame.count) : []
  const bytes = new Uint8Array(1 + payload.length)
  bytes[0] = KINDS.indexOf(frame.kind)
  bytes.set(payload, 1)
  return bytes
}

/** @returns undefined for anything else */
export function decodeResumeFrame(bytes: Uint8Array): ResumeFrame | undefined {
  const kind = KINDS[bytes[0] ?? KINDS.length]
  if (kind === 'message') {
    return { kind, payload: bytes.subarray(1) }
  }
  if (kind === 'received') {
    const count = bytes.length === 9 ? Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(1)) : undefined
    return isCount(count) ? { kind, count } : undefined
  }
  return kind === undefined || bytes.length !== 1 ? undefined : { kind }
}

function countBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(count))
  return bytes
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
