import { CID } from 'multiformats/cid'
import { type Fields, hasExactly, isMap, isText } from '../canonical.ts'
import { MAX_ATTACHMENT_BYTES, MAX_KIND_BYTES, MAX_MEDIA_TYPE_BYTES, MAX_PART_ID_BYTES } from '../constants.ts'
import { InvalidMessageError } from '../errors.ts'
import type { AttachedPart, ContentPart, EmbeddedPart, MessageContent, OtherPart } from '../interface/index.ts'
import { isName } from '../names.ts'

/** Bytes of a SHA-256. */
const HASH_BYTES = 32
/** What names of attachments must not be, or contain: somebody may save one under its name. */
const NO_FILE_NAME = /^\.{1,2}$|[/\\]/u

/** Media types whose payload is text that is shown as it stands. */
const TEXT_TYPES = ['text/plain', 'text/markdown']

/** A quote or forward without a copy: part `part` of the message whose block is `block`. */
export interface ReferencedPart extends OtherPart {
  readonly kind: 'referenced'
  readonly block: CID
  readonly part: string
  readonly rendering?: Fields | undefined
}

/**
 * The rule that a decoded part breaks, or undefined when it is well formed. Kinds that this version does not know are well
 * formed whatever else they hold: they are kept and passed on.
 */
export function partProblem(part: unknown): string | undefined {
  if (!isMap(part)) return 'part'
  const kind = part['kind']
  if (!isText(kind, MAX_KIND_BYTES)) return 'part-kind'
  if (kind === 'embedded') return isEmbeddedMap(part) ? undefined : 'embedded-part'
  if (kind === 'referenced') return isReferencedMap(part) ? undefined : 'referenced-part'
  if (kind === 'attached') return isAttachedMap(part) ? undefined : 'attached-part'
  return undefined
}

/** Whether a part carries its payload inside the message. */
export function isEmbedded(part: ContentPart): part is EmbeddedPart {
  return part.kind === 'embedded' && isEmbeddedMap(part as Fields)
}

/** Whether a part refers to a part of another message. */
export function isReferenced(part: ContentPart): part is ContentPart & ReferencedPart {
  return part.kind === 'referenced' && isReferencedMap(part as Fields)
}

/** Whether a part names an attachment. */
export function isAttached(part: ContentPart): part is ContentPart & AttachedPart {
  return part.kind === 'attached' && isAttachedMap(part as Fields)
}

/** Content of one part with plain text. */
export function textContent(text: string): MessageContent {
  return { parts: [textPart('text', text)] }
}

/** One embedded part of text; `mediaType` is `text/plain` unless given. */
export function textPart(id: string, text: string, mediaType = 'text/plain'): EmbeddedPart {
  return { kind: 'embedded', id, mediaType, payload: new TextEncoder().encode(text) }
}

/** A part that quotes a part of a message of the same chat, without a copy: the first one, unless `part` names another. */
export function quoteOf(
  message: { readonly id: string; readonly content: MessageContent },
  part?: string
): ReferencedPart {
  const id = part ?? message.content.parts.find(isEmbedded)?.id
  if (id === undefined) throw new InvalidMessageError('nothing-to-quote')
  return { kind: 'referenced', block: CID.parse(message.id), part: id }
}

/** The text parts of a content, in order, joined by line breaks. Invalid UTF-8 shows as U+FFFD. */
export function textOf(content: MessageContent): string {
  return content.parts
    .filter(isEmbedded)
    .filter((part) => TEXT_TYPES.includes(essence(part.mediaType)))
    .map((part) => new TextDecoder().decode(part.payload))
    .join('\n')
}

/** A media type without its parameters, in lower case (RFC 9110 §8.3.1). */
export function essence(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase()
}

function isEmbeddedMap(part: Fields): boolean {
  return (
    hasExactly(part, ['kind', 'id', 'mediaType', 'payload'], ['rendering']) &&
    isText(part['id'], MAX_PART_ID_BYTES) &&
    isText(part['mediaType'], MAX_MEDIA_TYPE_BYTES) &&
    part['payload'] instanceof Uint8Array &&
    hasFineRendering(part)
  )
}

function isReferencedMap(part: Fields): boolean {
  return (
    hasExactly(part, ['kind', 'block', 'part'], ['rendering']) &&
    isCid(part['block']) &&
    isText(part['part'], MAX_PART_ID_BYTES) &&
    hasFineRendering(part)
  )
}

function isAttachedMap(part: Fields): boolean {
  const { attachment, mediaType, size, hash } = part
  return (
    hasExactly(part, ['kind', 'attachment', 'mediaType', 'size', 'hash'], ['name', 'rendering']) &&
    isCid(attachment) &&
    isText(mediaType, MAX_MEDIA_TYPE_BYTES) &&
    isSize(size) &&
    hash instanceof Uint8Array &&
    hash.byteLength === HASH_BYTES &&
    (!Object.hasOwn(part, 'name') || isFileName(part['name'])) &&
    hasFineRendering(part)
  )
}

function isSize(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_ATTACHMENT_BYTES
}

function isFileName(value: unknown): boolean {
  return isName(value) && !NO_FILE_NAME.test(value)
}

function hasFineRendering(part: Fields): boolean {
  return !Object.hasOwn(part, 'rendering') || isMap(part['rendering'])
}

function isCid(value: unknown): boolean {
  return CID.asCID(value) !== null
}
