/**
 * `/endra/signals/1.0.0`: what devices of a chat tell each other besides blocks: docs/protocol.md, "Signals". The session has proved who speaks, so
 * nothing here says it again.
 */
import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import type { BlockId } from 'walytis/interface'
import { type Decoded, decodeCanonical, type Fields, hasExactly, isMap } from '../canonical.ts'
import { FORMAT_VERSION, MAX_DRAFT_BYTES, MAX_FRONTIER, MAX_SIGNAL_BYTES } from '../constants.ts'

/** A draft as a device's latest: `content` is the encoding of a message, empty when there is none any more. */
export interface DraftMark {
  /** When it was changed, ms since 1970, and later than any that the device knew: the latest one holds. */
  readonly at: number
  readonly content: Uint8Array
}

/** What a device has and has read: the latest one holds, and each is whole. */
export interface StateSignal {
  readonly kind: 'state'
  /** Grows with each that a device sends. */
  readonly n: number
  /** Heads of what the device has. */
  readonly have: readonly BlockId[]
  /** What the device's user has read on any device; absent when that is kept from others. */
  readonly read?: readonly BlockId[] | undefined
  /** To devices of the same user only. */
  readonly draft?: DraftMark | undefined
}

/** That somebody is typing, or no longer. */
export interface TypingSignal {
  readonly kind: 'typing'
  readonly on: boolean
}

/** What one device tells another. Kinds that this version does not know are taken without effect. */
export type Signal = StateSignal | TypingSignal | { readonly kind: 'unknown' }

/** The canonical bytes of a signal. */
export function encodeSignal(signal: StateSignal | TypingSignal): Uint8Array {
  return encode({ v: FORMAT_VERSION, ...defined({ ...signal }) })
}

/** The signal that untrusted bytes hold, or the rule that they break. Never throws. */
export function decodeSignal(bytes: Uint8Array): Decoded<Signal> {
  const decoded = decodeCanonical(bytes, { bytes: MAX_SIGNAL_BYTES, depth: 4 })
  if (!decoded.ok) return decoded
  const map = decoded.value
  if (!isMap(map)) return { ok: false, rule: 'not-a-map' }
  if (map['v'] !== FORMAT_VERSION) return { ok: false, rule: 'version' }
  const { v, ...signal } = map
  if (typeof map['kind'] !== 'string') return { ok: false, rule: 'kind' }
  if (map['kind'] === 'typing') {
    const isFine = hasExactly(map, ['v', 'kind', 'on']) && typeof map['on'] === 'boolean'
    return isFine ? { ok: true, value: signal as unknown as TypingSignal } : { ok: false, rule: 'typing' }
  }
  if (map['kind'] !== 'state') return { ok: true, value: { kind: 'unknown' } }
  return isState(map) ? { ok: true, value: signal as unknown as StateSignal } : { ok: false, rule: 'state' }
}

/** Whether a value is a list of block ids that may be a frontier. */
export function isFrontier(value: unknown): value is BlockId[] {
  return Array.isArray(value) && value.length <= MAX_FRONTIER && value.every((each) => CID.asCID(each) !== null)
}

/** Whether a value is a count, or ms since 1970. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Whether a value is a draft. */
export function isDraft(value: unknown): value is DraftMark {
  if (!isMap(value) || !hasExactly(value, ['at', 'content'])) return false
  return isCount(value['at']) && value['content'] instanceof Uint8Array && value['content'].length <= MAX_DRAFT_BYTES
}

function isState(map: Fields): boolean {
  return (
    hasExactly(map, ['v', 'kind', 'n', 'have'], ['read', 'draft']) &&
    isCount(map['n']) &&
    isFrontier(map['have']) &&
    (!Object.hasOwn(map, 'read') || isFrontier(map['read'])) &&
    (!Object.hasOwn(map, 'draft') || isDraft(map['draft']))
  )
}

/** Optional fields may be present and undefined in TypeScript; DAG-CBOR has no such thing. */
export function defined(map: Fields): Fields {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined))
}
