/**
 * The part of a reference that only members can read: docs/protocol.md §2. Sealed under one key per epoch with a random nonce of 24 bytes
 * (XChaCha20-Poly1305, draft-irtf-cfrg-xchacha), which is long enough to be drawn at random for ever.
 */
import { encode } from '@ipld/dag-cbor'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { concat } from 'uint8arrays'
import { decodeCanonical, hasFields } from 'walytis'
import { DETAILS_PADDING, MAX_DETAILS_SIZE, MAX_TOPIC_SIZE, MAX_TOPICS } from '../constants.ts'
import { prefixes } from '../domains.ts'
import { type Binding, bindingBytes } from './binding.ts'
import { encodeReference, type Reference } from './format.ts'
import { sizeClassOf } from './size-class.ts'

/** What the author says of a content, for members only. */
export interface Details {
  /** Bytes of the content before padding. */
  readonly size: number
  /** At most 32 distinct topics of 1 to 128 bytes of UTF-8, in the author's order. */
  readonly topics: string[]
}

/** The rule that sealed details break. */
export type DetailsRule = 'details-not-authentic' | 'details-malformed' | 'details-size' | 'details-topics'

export type OpenedDetails =
  | { readonly ok: true; readonly details: Details }
  | { readonly ok: false; readonly rule: DetailsRule }

const NONCE_SIZE = 24
const encoder = new TextEncoder()

/** A reference whose details are not sealed yet. */
export type OpenReference = Omit<Reference, 'details'>

/** Seal details to the rest of their reference, its chain and its creator. `key` and `nonce`: 32 and 24 bytes. */
export function sealDetails(
  details: Details,
  reference: OpenReference,
  binding: Binding,
  key: Uint8Array,
  nonce: Uint8Array
): Uint8Array {
  const encoded = encode({ size: details.size, topics: details.topics })
  const padded = new Uint8Array(Math.ceil((encoded.length + 2) / DETAILS_PADDING) * DETAILS_PADDING)
  new DataView(padded.buffer).setUint16(0, encoded.length)
  padded.set(encoded, 2)
  return concat([nonce, xchacha20poly1305(key, nonce, associatedData(reference, binding)).encrypt(padded)])
}

/** Open and check the details of a reference. Never throws for what its bytes are. */
export function openDetails(reference: Reference, binding: Binding, key: Uint8Array): OpenedDetails {
  const padded = decrypt(reference, binding, key)
  if (padded === undefined) return { ok: false, rule: 'details-not-authentic' }
  const value = unpad(padded)
  if (!hasFields(value, ['size', 'topics'])) return { ok: false, rule: 'details-malformed' }
  const { size, topics } = value as { size: unknown; topics: unknown }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return { ok: false, rule: 'details-size' }
  if (sizeClassOf(size) !== reference.sizeClass) return { ok: false, rule: 'details-size' }
  if (!areTopics(topics)) return { ok: false, rule: 'details-topics' }
  return { ok: true, details: { size, topics } }
}

/** Whether these are topics that a block may carry. */
export function areTopics(topics: unknown): topics is string[] {
  return (
    Array.isArray(topics) &&
    topics.length <= MAX_TOPICS &&
    new Set(topics).size === topics.length &&
    topics.every((topic) => typeof topic === 'string' && topic !== '' && encoder.encode(topic).length <= MAX_TOPIC_SIZE)
  )
}

function decrypt(reference: Reference, binding: Binding, key: Uint8Array): Uint8Array | undefined {
  const nonce = reference.details.subarray(0, NONCE_SIZE)
  try {
    return xchacha20poly1305(key, nonce, associatedData(reference, binding)).decrypt(
      reference.details.subarray(NONCE_SIZE)
    )
  } catch {
    return undefined
  }
}

function unpad(padded: Uint8Array): unknown {
  if (padded.length < 2 || padded.length % DETAILS_PADDING !== 0) return undefined
  const length = new DataView(padded.buffer, padded.byteOffset).getUint16(0)
  if (Math.ceil((length + 2) / DETAILS_PADDING) * DETAILS_PADDING !== padded.length) return undefined
  if (padded.subarray(2 + length).some((byte) => byte !== 0)) return undefined
  return decodeCanonical(padded.subarray(2, 2 + length), MAX_DETAILS_SIZE)
}

/** All of the reference but the details themselves: none of it can be exchanged beneath them. */
function associatedData(reference: OpenReference, binding: Binding): Uint8Array {
  const rest = encodeReference({ ...reference, details: new Uint8Array() })
  return concat([prefixes.details, bindingBytes(binding), rest])
}
