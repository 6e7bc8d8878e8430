/**
 * Messages of registered types: docs/protocol.md, "Types". The value is one embedded part; a text part beside it is for those who don't know the
 * type.
 */
import { encode } from '@ipld/dag-cbor'
import { decodeCanonical } from '../canonical.ts'
import { MAX_DEPTH, MAX_MESSAGE_BYTES, MAX_TYPE_BYTES, RESERVED_TYPE_PREFIX, TYPE_TOPIC_PREFIX } from '../constants.ts'
import { InvalidMessageError } from '../errors.ts'
import type { MessageContent, MessageType } from '../interface/index.ts'
import { isEmbedded, textPart } from './parts.ts'

/** Id of the part that carries the value. */
const VALUE_PART = 'value'
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/

/** The topic of all messages of a type. */
export function topicOfType(mediaType: string): string {
  return `${TYPE_TOPIC_PREFIX}${mediaType}`
}

/** The type that one of a block's topics names. */
export function typeOfTopics(topics: readonly string[]): string | undefined {
  const topic = topics.find((each) => each.startsWith(TYPE_TOPIC_PREFIX))
  return topic?.slice(TYPE_TOPIC_PREFIX.length)
}

/** Whether an application may use a media type for a type of its own. */
export function isFreeType(mediaType: string): boolean {
  return mediaType.length <= MAX_TYPE_BYTES && MEDIA_TYPE.test(mediaType) && !mediaType.startsWith(RESERVED_TYPE_PREFIX)
}

/** The content that carries a value. @throws {InvalidMessageError} when the type itself would not take it back */
export function contentOfValue<T>(type: MessageType<T>, value: T): MessageContent {
  let payload: Uint8Array
  try {
    payload = encode(type.encode === undefined ? value : type.encode(value))
  } catch (cause) {
    throw new InvalidMessageError('not-dag-cbor', { cause })
  }
  const text = type.text?.(value)
  const parts = [{ kind: 'embedded' as const, id: VALUE_PART, mediaType: type.mediaType, payload }]
  const content = { parts: text === undefined ? parts : [...parts, textPart('text', text)] }
  if (valueIn(type, content) === undefined) throw new InvalidMessageError('value')
  return content
}

/** The value in a content that somebody sent; undefined when there is none that the type takes. */
export function valueIn<T>(type: MessageType<T>, content: MessageContent): T | undefined {
  const part = content.parts.filter(isEmbedded).find((each) => each.mediaType === type.mediaType)
  if (part === undefined) return undefined
  const decoded = decodeCanonical(part.payload, { bytes: MAX_MESSAGE_BYTES, depth: MAX_DEPTH })
  if (!decoded.ok) return undefined
  try {
    return type.decode(decoded.value)
  } catch {
    // The application's own code met what it did not expect from a stranger: for it, that is no value.
    return undefined
  }
}
