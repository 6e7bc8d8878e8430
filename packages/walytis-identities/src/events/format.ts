import type { BlockPosition } from 'walytis/interface'
import { EVENT_CONTENT_LIMIT, EVENT_VERSION, EVENTS_PER_BLOCK_LIMIT } from '../constants.ts'
import { bound, domains } from '../domains.ts'
import {
  decodeCanonical,
  encodeCanonical,
  isBytes,
  isMap,
  isMapOf,
  isRefused,
  type Refused
} from '../encoding/canonical.ts'

/** An event as it stands in a block: a kind and the fields of that kind, all of them values of DAG-CBOR. */
export interface RawEvent {
  readonly kind: string
  readonly [field: string]: unknown
}

/** The content of a block with the topic `identities:event`. */
export interface EventEnvelope {
  readonly v: typeof EVENT_VERSION
  readonly events: readonly RawEvent[]
  /** The author device's post-quantum signature (ML-DSA-65 in suite 1); the block itself carries the Ed25519 one. */
  readonly signature: Uint8Array
}

/** Where events stand: the block's position and topics, all covered by the signature. */
export type EventPosition = BlockPosition & { readonly topics: readonly string[] }

/** The bytes that the post-quantum signature of a block's events covers. */
export function eventSigningBytes(events: readonly RawEvent[], position: EventPosition): Uint8Array {
  const { chain, parents, prev, seq, height, topics } = position
  return bound(domains.event, { chain, parents, prev, seq, height, topics, events })
}

/** The content of a block that carries `events` at `position`; `sign` is `Device.signEvent`. */
export async function encodeEvents(
  events: readonly RawEvent[],
  position: EventPosition,
  sign: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>
): Promise<Uint8Array> {
  const signature = await sign(eventSigningBytes(events, position))
  return encodeCanonical({ v: EVENT_VERSION, events, signature })
}

/** Read an envelope. Kinds are not looked at: unknown ones are for the reader to flag. */
export function decodeEvents(content: Uint8Array): EventEnvelope | Refused {
  const decoded = decodeCanonical(content, EVENT_CONTENT_LIMIT)
  if (isRefused(decoded)) {
    return decoded
  }
  const { value } = decoded
  if (!isMapOf(value, ['v', 'events', 'signature'])) {
    return { rule: 'event-fields' }
  }
  const { v, events, signature } = value
  if (v !== EVENT_VERSION) {
    return { rule: 'event-version' }
  }
  if (!Array.isArray(events) || events.length === 0 || events.length > EVENTS_PER_BLOCK_LIMIT) {
    return { rule: 'event-count' }
  }
  if (!events.every(isRawEvent)) {
    return { rule: 'event-kind' }
  }
  if (!isBytes(signature)) {
    return { rule: 'event-signature' }
  }
  return { v, events, signature }
}

/** Whether the envelope was signed for exactly this position; `verify` is `Suite.verifyEvent` under the author's keys. */
export function verifyEvents(
  envelope: EventEnvelope,
  position: EventPosition,
  verify: (bytes: Uint8Array, signature: Uint8Array) => boolean
): boolean {
  return verify(eventSigningBytes(envelope.events, position), envelope.signature)
}

function isRawEvent(value: unknown): value is RawEvent {
  return isMap(value) && typeof value['kind'] === 'string' && value['kind'].length > 0
}
