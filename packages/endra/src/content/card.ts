/**
 * Profile cards: what a member says of itself to the other members of a chat. A card is a message of one part with a media type
 * of its own, under a topic of its own, so it never shows among the messages. It speaks for the author of its block, and nobody else.
 */
import { encode } from '@ipld/dag-cbor'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Did } from 'walytis-identities'
import { type Decoded, decodeCanonical, type Fields, hasExactly, isMap, isText } from '../canonical.ts'
import { CARD_MEDIA_TYPE, FORMAT_VERSION, MAX_ABOUT_BYTES, MAX_CARD_BYTES, MAX_PICTURE_BYTES } from '../constants.ts'
import type { Picture } from '../interface/index.ts'
import { isName } from '../names.ts'
import { decodeMessage, encodeMessage } from './format.ts'
import { isEmbedded } from './parts.ts'

/** What a user says of itself. */
export interface Portrait {
  readonly name: string
  readonly about?: string | undefined
  readonly picture?: Picture | undefined
}

/** What a member says of itself. */
export interface ProfileCard extends Portrait {
  /**
   * Which members the card was written for, as `audienceOf` gives it. Newcomers can't read what was written before they joined, so a
   * card is written anew when the audience is not the one that the latest card names.
   */
  readonly audience: Uint8Array
}

/** Bytes of an audience, and of a likeness. */
const DIGEST_BYTES = 16
/** Pictures that every browser shows. */
const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif']

/** A short digest of a set of members. */
export function audienceOf(members: Iterable<Did>): Uint8Array {
  return sha256(encode([...members].sort())).subarray(0, DIGEST_BYTES)
}

/** A short digest of all that a portrait says: two that have the same are the same. */
export function likenessOf(portrait: Portrait): Uint8Array {
  return sha256(encode(portraitFields(portrait))).subarray(0, DIGEST_BYTES)
}

/** The bytes of the message that carries a card. */
export function encodeCard(card: ProfileCard): Uint8Array {
  const payload = encode({ v: FORMAT_VERSION, ...portraitFields(card), audience: card.audience })
  return encodeMessage({ content: { parts: [{ kind: 'embedded', id: 'card', mediaType: CARD_MEDIA_TYPE, payload }] } })
}

/** The card in the untrusted bytes of a message, or the rule that they break. Never throws. */
export function decodeCard(bytes: Uint8Array): Decoded<ProfileCard> {
  const message = decodeMessage(bytes)
  if (!message.ok) return message
  const part = message.value.content.parts.filter(isEmbedded).find((each) => each.mediaType === CARD_MEDIA_TYPE)
  if (part === undefined) return { ok: false, rule: 'no-card' }
  const decoded = decodeCanonical(part.payload, { bytes: MAX_CARD_BYTES, depth: 4 })
  if (!decoded.ok) return decoded
  const map = decoded.value
  if (!isMap(map) || map['v'] !== FORMAT_VERSION || !hasExactly(map, ['v', 'name', 'audience'], ['about', 'picture'])) {
    return { ok: false, rule: 'card' }
  }
  const { v, ...card } = map
  const { audience } = map
  const rule = portraitProblem(map)
  if (rule !== undefined) return { ok: false, rule }
  if (!(audience instanceof Uint8Array) || audience.byteLength !== DIGEST_BYTES) return { ok: false, rule: 'audience' }
  return { ok: true, value: card as unknown as ProfileCard }
}

/** The rule that a portrait's fields break, or undefined when they are well formed. */
export function portraitProblem(map: Fields): string | undefined {
  if (!isName(map['name'])) return 'card-name'
  if (Object.hasOwn(map, 'about') && !isText(map['about'], MAX_ABOUT_BYTES)) return 'card-about'
  return Object.hasOwn(map, 'picture') && !isPicture(map['picture']) ? 'card-picture' : undefined
}

/** Whether a value is a picture of a kind and size that cards carry. */
export function isPicture(value: unknown): value is Picture {
  if (!isMap(value) || !hasExactly(value, ['mediaType', 'bytes'])) return false
  const { mediaType, bytes } = value
  const isFine = typeof mediaType === 'string' && PICTURE_TYPES.includes(mediaType)
  return isFine && bytes instanceof Uint8Array && bytes.length > 0 && bytes.length <= MAX_PICTURE_BYTES
}

/** A portrait as a map, without what it does not say. */
export function portraitFields({ name, about, picture }: Portrait): Fields {
  return { name, ...(about === undefined ? {} : { about }), ...(picture === undefined ? {} : { picture }) }
}
