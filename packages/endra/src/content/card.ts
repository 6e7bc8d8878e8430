/**
 * Profile cards: how a member wants to be called by the other members of a chat. A card is a message of one part with a media type
 * of its own, under a topic of its own, so it never shows among the messages. It speaks for the author of its block, and nobody else.
 */
import { encode } from '@ipld/dag-cbor'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Did } from 'walytis-identities'
import { type Decoded, decodeCanonical, hasExactly, isMap } from '../canonical.ts'
import { CARD_MEDIA_TYPE, FORMAT_VERSION, MAX_CARD_BYTES } from '../constants.ts'
import { isName } from '../names.ts'
import { decodeMessage, encodeMessage } from './format.ts'
import { isEmbedded } from './parts.ts'

/** How a member wants to be called. */
export interface ProfileCard {
  readonly name: string
  /**
   * Which members the card was written for, as `audienceOf` gives it. Newcomers can't read what was written before they joined, so a
   * card is written anew when the audience is not the one that the latest card names.
   */
  readonly audience: Uint8Array
}

/** Bytes of an audience. */
const AUDIENCE_BYTES = 16

/** A short digest of a set of members. */
export function audienceOf(members: Iterable<Did>): Uint8Array {
  return sha256(encode([...members].sort())).subarray(0, AUDIENCE_BYTES)
}

/** The bytes of the message that carries a card. */
export function encodeCard(card: ProfileCard): Uint8Array {
  const payload = encode({ v: FORMAT_VERSION, name: card.name, audience: card.audience })
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
  if (!isMap(map) || map['v'] !== FORMAT_VERSION || !hasExactly(map, ['v', 'name', 'audience'])) {
    return { ok: false, rule: 'card' }
  }
  const { name, audience } = map
  if (!isName(name)) return { ok: false, rule: 'card-name' }
  if (!(audience instanceof Uint8Array) || audience.byteLength !== AUDIENCE_BYTES)
    return { ok: false, rule: 'audience' }
  return { ok: true, value: { name, audience } }
}
