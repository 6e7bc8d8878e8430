import { equalBytes } from '@noble/ciphers/utils.js'
import type { RawBlock } from 'walytis/interface'
import { CHANNEL_EPOCHS_LIMIT, EVIDENCE_LIMIT, RENDEZVOUS_KEYS_LIMIT } from '../constants.ts'
import { bound, domains } from '../domains.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from '../encoding/canonical.ts'
import { readEvidence } from './handshake-messages.ts'
import { mac, type Role } from './key-schedule.ts'

/**
 * The messages that open a channel, O the opener, R the other side. All but a session's id and the nonce are sealed under keys of the session.
 * The group is named by tags that only its members can read.
 *
 *     1  O → R   session id, nonce; sealed: tags, protocol, epochs, whether O knows R as a member
 *     2  R → O   nonce; sealed: tag, whether more evidence is needed, epoch, evidence
 *     3  O → R   sealed: evidence, epochs                        when 2 asked for more
 *     4  R → O   sealed: epoch, evidence                         when 3 was enough; else the stream is reset
 *
 * Decoders give undefined for anything that is not exactly the message.
 */

const OPENING_LIMIT = EVIDENCE_LIMIT + 16 * 1024
export const NONCE_BYTES = 32
const SESSION_ID_BYTES = 16
const VERSION = 1
const TEXT_LIMIT = 256

export interface OpenEnvelope {
  readonly session: Uint8Array
  readonly nonce: Uint8Array
  readonly sealed: Uint8Array
}

export interface OpenRequest {
  readonly tags: readonly Uint8Array[]
  readonly protocol: string
  /** Ids of epochs whose secret the opener has, newest first. */
  readonly epochs: readonly string[]
  /** The opener knows the other side as a member and needs no evidence. */
  readonly known: boolean
}

export interface ReplyEnvelope {
  readonly nonce: Uint8Array
  readonly sealed: Uint8Array
}

export interface OpenReply {
  /** Shows knowledge of the same key; random bytes from who knows none. */
  readonly tag: Uint8Array
  /** The opener is not known as a member: evidence, please. */
  readonly more: boolean
  /** The epoch that is mixed into the keys. */
  readonly epoch: string | null
  readonly evidence: readonly RawBlock[]
}

export interface MoreEvidence {
  readonly evidence: readonly RawBlock[]
  readonly epochs: readonly string[]
}

export type FinalReply = Pick<OpenReply, 'epoch' | 'evidence'>

/** Any message, canonically encoded, with the version. */
export function encodeOpening(message: object): Uint8Array {
  return encodeCanonical({ v: VERSION, ...message })
}

/** How a group is named in an opening, or known in its answer. */
export function channelTag(key: Uint8Array, role: Role, session: Uint8Array, nonce: Uint8Array): Uint8Array {
  return mac(key, bound(domains.channelTag, { role, session, nonce }))
}

/** Which of the keys made one of the tags. */
export function findByTag<T>(
  candidates: Iterable<{ readonly key: Uint8Array; readonly value: T }>,
  tags: readonly Uint8Array[],
  tagFor: (key: Uint8Array) => Uint8Array
): { readonly key: Uint8Array; readonly value: T } | undefined {
  for (const candidate of candidates) {
    const expected = tagFor(candidate.key)
    if (tags.some((tag) => equalBytes(tag, expected))) {
      return candidate
    }
  }
  return undefined
}

export function decodeOpenEnvelope(bytes: Uint8Array): OpenEnvelope | undefined {
  const { session, nonce, sealed } = read(bytes, ['session', 'nonce', 'sealed']) ?? {}
  return isBytes(session, SESSION_ID_BYTES) && isBytes(nonce, NONCE_BYTES) && isBytes(sealed)
    ? { session, nonce, sealed }
    : undefined
}

export function decodeOpenRequest(bytes: Uint8Array): OpenRequest | undefined {
  const { tags, protocol, epochs, known } = read(bytes, ['tags', 'protocol', 'epochs', 'known']) ?? {}
  const readTags = Array.isArray(tags) && tags.length <= RENDEZVOUS_KEYS_LIMIT && tags.every((tag) => isBytes(tag, 32))
  return readTags && isText(protocol) && areEpochs(epochs) && typeof known === 'boolean'
    ? { tags, protocol, epochs, known }
    : undefined
}

export function decodeReplyEnvelope(bytes: Uint8Array): ReplyEnvelope | undefined {
  const { nonce, sealed } = read(bytes, ['nonce', 'sealed']) ?? {}
  return isBytes(nonce, NONCE_BYTES) && isBytes(sealed) ? { nonce, sealed } : undefined
}

export function decodeOpenReply(bytes: Uint8Array): OpenReply | undefined {
  const fields = read(bytes, ['tag', 'more', 'epoch', 'evidence'])
  const evidence = readEvidence(fields?.evidence)
  const { tag, more, epoch } = fields ?? {}
  return isBytes(tag, 32) && typeof more === 'boolean' && (epoch === null || isText(epoch)) && evidence !== undefined
    ? { tag, more, epoch, evidence }
    : undefined
}

export function decodeMoreEvidence(bytes: Uint8Array): MoreEvidence | undefined {
  const fields = read(bytes, ['evidence', 'epochs'])
  const evidence = readEvidence(fields?.evidence)
  return evidence !== undefined && areEpochs(fields?.epochs) ? { evidence, epochs: fields.epochs } : undefined
}

export function decodeFinalReply(bytes: Uint8Array): FinalReply | undefined {
  const fields = read(bytes, ['epoch', 'evidence'])
  const evidence = readEvidence(fields?.evidence)
  const epoch = fields?.epoch
  return evidence !== undefined && (epoch === null || isText(epoch)) ? { epoch, evidence } : undefined
}

function areEpochs(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= CHANNEL_EPOCHS_LIMIT && value.every(isText)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= TEXT_LIMIT
}

function read<K extends string>(bytes: Uint8Array, fields: readonly K[]): Record<K, unknown> | undefined {
  const decoded = decodeCanonical(bytes, OPENING_LIMIT)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', ...fields]) || decoded.value['v'] !== VERSION) {
    return undefined
  }
  return decoded.value
}
