/**
 * Messages as bytes: docs/protocol.md, "Messages". The only place where they are encoded and decoded.
 */
import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { type Decoded, decodeCanonical, type Fields, hasExactly, isMap } from '../canonical.ts'
import { FORMAT_VERSION, MAX_DEPTH, MAX_MESSAGE_BYTES, MAX_PARTS } from '../constants.ts'
import { InvalidMessageError } from '../errors.ts'
import type { ContentPart, MessageContent } from '../interface/index.ts'
import { isEmbedded, partProblem } from './parts.ts'

/** What the bytes of a message say. */
export interface DecodedMessage {
  readonly content: MessageContent
  /** Id of the message that this one answers. */
  readonly replyTo?: string | undefined
}

/**
 * The canonical bytes of a message.
 *
 * @throws {InvalidMessageError} when a decoder would refuse them, or the content holds values that DAG-CBOR has no form for
 */
export function encodeMessage(message: DecodedMessage): Uint8Array {
  const { content } = message
  const map = {
    v: FORMAT_VERSION,
    parts: content.parts.map((part) => withoutUndefined({ ...part })),
    metadata: withoutUndefined(content.metadata ?? {}),
    ...(message.replyTo === undefined ? {} : { replyTo: parseId(message.replyTo) })
  }
  let bytes: Uint8Array
  try {
    bytes = encode(map)
  } catch (cause) {
    throw new InvalidMessageError('not-dag-cbor', { cause })
  }
  const decoded = decodeMessage(bytes)
  if (!decoded.ok) throw new InvalidMessageError(decoded.rule)
  return bytes
}

/** The message that untrusted bytes hold, or the rule that they break. Never throws. */
export function decodeMessage(bytes: Uint8Array): Decoded<DecodedMessage> {
  const decoded = decodeCanonical(bytes, { bytes: MAX_MESSAGE_BYTES, depth: MAX_DEPTH })
  if (!decoded.ok) return decoded
  const map = decoded.value
  if (!isMap(map)) return { ok: false, rule: 'not-a-map' }
  if (map['v'] !== FORMAT_VERSION) return { ok: false, rule: 'version' }
  const rule = problemOf(map)
  if (rule !== undefined) return { ok: false, rule }
  const replyTo = CID.asCID(map['replyTo'])
  const content: MessageContent = { parts: map['parts'] as ContentPart[], metadata: map['metadata'] as Fields }
  return { ok: true, value: { content, ...(replyTo === null ? {} : { replyTo: replyTo.toString() }) } }
}

/** One rule, one name. */
function problemOf(map: Fields): string | undefined {
  if (!hasExactly(map, ['v', 'parts', 'metadata'], ['replyTo'])) return 'fields'
  if (!isMap(map['metadata'])) return 'metadata'
  if (Object.hasOwn(map, 'replyTo') && CID.asCID(map['replyTo']) === null) return 'reply-to'
  const parts = map['parts']
  if (!Array.isArray(parts)) return 'parts'
  if (parts.length === 0) return 'no-parts'
  if (parts.length > MAX_PARTS) return 'too-many-parts'
  const problem = parts.map(partProblem).find((rule) => rule !== undefined)
  if (problem !== undefined) return problem
  const ids = (parts as ContentPart[]).filter(isEmbedded).map((part) => part.id)
  return new Set(ids).size < ids.length ? 'duplicate-part-id' : undefined
}

function parseId(id: string): CID {
  try {
    return CID.parse(id)
  } catch (cause) {
    throw new InvalidMessageError('reply-to', { cause })
  }
}

/** Optional fields may be present and undefined in TypeScript; DAG-CBOR has no such thing. */
function withoutUndefined(map: Fields): Fields {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined))
}
