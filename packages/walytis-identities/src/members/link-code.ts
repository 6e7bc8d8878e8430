import { sha256 } from '@noble/hashes/sha2.js'
import { bound } from '../domains.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from '../encoding/canonical.ts'
import { groupDomains } from '../group-domains.ts'
import type { Did } from '../interface/did.ts'
import { JOIN_LIMIT } from './join-messages.ts'

/**
 * The short code of a device link, by commit and reveal: J who joins, I who invites. See docs/protocol.md, "Device links".
 *
 *     1  J → I   commitment to J's request and nonce
 *     2  I → J   I's nonce
 *     3  J → I   J's nonce and request
 *     4  I → J   welcome or refused, once I's user has compared the codes
 *
 * J is bound before it sees I's nonce, and I draws before it sees J's: whoever sits between them has one guess at a code.
 */

export const NONCE_BYTES = 32
const HASH_BYTES = 32
const DIGITS = 6
const REVEAL_LIMIT = JOIN_LIMIT + 1024

/** What both sides of one exchange must have seen alike. */
export interface LinkExchange {
  readonly group: Did
  /** 16 bytes. */
  readonly invitation: Uint8Array
  /** The device that invites, by its session. */
  readonly inviting: Did
  /** The device that joins, by its session. */
  readonly joining: Did
  /** The request to join, as sent. */
  readonly request: Uint8Array
  readonly inviterNonce: Uint8Array
  readonly joinerNonce: Uint8Array
}

/** What J sends first. 32 bytes. */
export function commitmentTo(request: Uint8Array, nonce: Uint8Array): Uint8Array {
  return sha256(bound(groupDomains.linkCommitment, { request: sha256(request), nonce }))
}

/** Six decimal digits, the same on both sides when nobody sits between them. */
export function linkCode({ request, ...exchange }: LinkExchange): string {
  const hash = sha256(bound(groupDomains.linkCode, { ...exchange, request: sha256(request) }))
  const number = new DataView(hash.buffer, hash.byteOffset).getBigUint64(0) % 10n ** BigInt(DIGITS)
  return number.toString().padStart(DIGITS, '0')
}

export function encodeLinkCommitment(commitment: Uint8Array): Uint8Array {
  return encodeCanonical({ v: 1, kind: 'link', commitment })
}

/** Undefined for bytes that are no commitment. */
export function decodeLinkCommitment(bytes: Uint8Array): Uint8Array | undefined {
  const { v, kind, commitment } = read(bytes, ['v', 'kind', 'commitment']) ?? {}
  return v === 1 && kind === 'link' && isBytes(commitment, HASH_BYTES) ? commitment : undefined
}

export function encodeLinkNonce(nonce: Uint8Array): Uint8Array {
  return encodeCanonical({ v: 1, kind: 'nonce', nonce })
}

/** Undefined for bytes that are no nonce: a refusal among them. */
export function decodeLinkNonce(bytes: Uint8Array): Uint8Array | undefined {
  const { v, kind, nonce } = read(bytes, ['v', 'kind', 'nonce']) ?? {}
  return v === 1 && kind === 'nonce' && isBytes(nonce, NONCE_BYTES) ? nonce : undefined
}

/** J's second message. */
export interface LinkReveal {
  readonly nonce: Uint8Array
  readonly request: Uint8Array
}

export function encodeLinkReveal({ nonce, request }: LinkReveal): Uint8Array {
  return encodeCanonical({ v: 1, kind: 'reveal', nonce, request })
}

/** Undefined for bytes that reveal nothing. */
export function decodeLinkReveal(bytes: Uint8Array): LinkReveal | undefined {
  const { v, kind, nonce, request } = read(bytes, ['v', 'kind', 'nonce', 'request']) ?? {}
  return v === 1 && kind === 'reveal' && isBytes(nonce, NONCE_BYTES) && isBytes(request)
    ? { nonce, request }
    : undefined
}

function read<K extends string>(bytes: Uint8Array, fields: readonly K[]): Record<K, unknown> | undefined {
  const decoded = decodeCanonical(bytes, REVEAL_LIMIT)
  return isRefused(decoded) || !isMapOf(decoded.value, fields) ? undefined : decoded.value
}
