import type { RawBlock } from 'walytis/interface'
import { EVIDENCE_BLOCKS_LIMIT, EVIDENCE_LIMIT, RENDEZVOUS_KEYS_LIMIT } from '../constants.ts'
import { isDid } from '../did.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from '../encoding/canonical.ts'
import type { Did } from '../interface/did.ts'

/**
 * The six messages of a handshake, I the initiator, R the responder. The last four are sealed.
 *
 *     1  I → R   hello       ephemeral key of I
 *     2  R → I   hello       ephemeral key of R, encapsulation to I's ephemeral key
 *     3  I → R   proof       encapsulation to R's ephemeral key; sealed: tags, DID, evidence, signature
 *     4  R → I   proof       sealed: tag, DID, evidence, encapsulation to I's static key, signature
 *     5  I → R   key         sealed: encapsulation to R's static key, confirmation
 *     6  R → I   confirm     sealed: confirmation
 *
 * Decoders give undefined for anything that is not exactly the message.
 */

/** Bytes of one message: evidence and some keys. */
export const HANDSHAKE_MESSAGE_LIMIT = EVIDENCE_LIMIT + 16 * 1024
const VERSION = 1

export interface Hello {
  readonly ephemeral: Uint8Array
}

export interface HelloBack extends Hello {
  readonly ciphertext: Uint8Array
}

/** Message 3 in clear; `sealed` is an `InitiatorProof`. */
export interface SealedProof {
  readonly ciphertext: Uint8Array
  readonly sealed: Uint8Array
}

export interface InitiatorProof {
  readonly did: Did
  readonly evidence: readonly RawBlock[]
  /** One for each key that the initiator would be known by. */
  readonly tags: readonly Uint8Array[]
  /** The tags are for one device of the responder, not for any. */
  readonly targeted: boolean
  readonly signature: Uint8Array
}

export interface ResponderProof {
  readonly did: Did
  readonly evidence: readonly RawBlock[]
  readonly tag: Uint8Array
  readonly ciphertext: Uint8Array
  readonly signature: Uint8Array
}

export interface KeyMessage {
  readonly ciphertext: Uint8Array
  readonly confirm: Uint8Array
}

/** Any message, canonically encoded, with the version. */
export function encodeMessage(message: object): Uint8Array {
  return encodeCanonical({ v: VERSION, ...message })
}

export function decodeHello(bytes: Uint8Array): Hello | undefined {
  const fields = read(bytes, ['ephemeral'])
  return isBytes(fields?.ephemeral) ? { ephemeral: fields.ephemeral } : undefined
}

export function decodeHelloBack(bytes: Uint8Array): HelloBack | undefined {
  const { ephemeral, ciphertext } = read(bytes, ['ephemeral', 'ciphertext']) ?? {}
  return isBytes(ephemeral) && isBytes(ciphertext) ? { ephemeral, ciphertext } : undefined
}

export function decodeSealedProof(bytes: Uint8Array): SealedProof | undefined {
  const { ciphertext, sealed } = read(bytes, ['ciphertext', 'sealed']) ?? {}
  return isBytes(ciphertext) && isBytes(sealed) ? { ciphertext, sealed } : undefined
}

export function decodeInitiatorProof(bytes: Uint8Array): InitiatorProof | undefined {
  const fields = read(bytes, ['did', 'evidence', 'tags', 'targeted', 'signature'])
  const { did, tags, targeted, signature } = fields ?? {}
  const evidence = readEvidence(fields?.evidence)
  return isDid(did) && evidence !== undefined && isTags(tags) && typeof targeted === 'boolean' && isBytes(signature)
    ? { did, evidence, tags, targeted, signature }
    : undefined
}

export function decodeResponderProof(bytes: Uint8Array): ResponderProof | undefined {
  const fields = read(bytes, ['did', 'evidence', 'tag', 'ciphertext', 'signature'])
  const { did, tag, ciphertext, signature } = fields ?? {}
  const evidence = readEvidence(fields?.evidence)
  return isDid(did) && evidence !== undefined && isBytes(tag, 32) && isBytes(ciphertext) && isBytes(signature)
    ? { did, evidence, tag, ciphertext, signature }
    : undefined
}

export function decodeKeyMessage(bytes: Uint8Array): KeyMessage | undefined {
  const { ciphertext, confirm } = read(bytes, ['ciphertext', 'confirm']) ?? {}
  return isBytes(ciphertext) && isBytes(confirm, 32) ? { ciphertext, confirm } : undefined
}

export function decodeConfirm(bytes: Uint8Array): Uint8Array | undefined {
  const { confirm } = read(bytes, ['confirm']) ?? {}
  return isBytes(confirm, 32) ? confirm : undefined
}

/** Read a list of raw blocks; their contents are not looked at. */
export function readEvidence(value: unknown): RawBlock[] | undefined {
  if (!Array.isArray(value) || value.length > EVIDENCE_BLOCKS_LIMIT) {
    return undefined
  }
  return value.every(isRawBlock) ? value : undefined
}

function isRawBlock(value: unknown): value is RawBlock {
  return isMapOf(value, ['block', 'content']) && isBytes(value.block) && isBytes(value.content)
}

function isTags(value: unknown): value is Uint8Array[] {
  return Array.isArray(value) && value.length <= RENDEZVOUS_KEYS_LIMIT && value.every((tag) => isBytes(tag, 32))
}

function read<K extends string>(bytes: Uint8Array, fields: readonly K[]): Record<K, unknown> | undefined {
  const decoded = decodeCanonical(bytes, HANDSHAKE_MESSAGE_LIMIT)
  if (isRefused(decoded) || !isMapOf(decoded.value, ['v', ...fields]) || decoded.value['v'] !== VERSION) {
    return undefined
  }
  return decoded.value
}
