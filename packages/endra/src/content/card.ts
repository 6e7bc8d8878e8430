/**
 * Profile cards: how a member wants to be called by the other members of a chat. A card is a message of one part with a media type
 * of its own, under a topic of its own, so it never shows among the messages. It speaks for the author of its block, and nobody else.
 */
import { encode } from '@ipld/dag-cbor'
import { type Decoded, decodeCanonical, hasExactly, isMap } from '../canonical.ts'
import { CARD_MEDIA_TYPE, FORMAT_VERSION, MAX_CARD_BYTES } from '../constants.ts'
import { isName } from '../names.ts'
import { decodeMessage, encodeMessage } from './format.ts'
import { isEmbedded } from './parts.ts'

/** How a member wants to be called. */
export interface ProfileCard {
  readonly name: string
}

/** The bytes of the message that carries a card. */
export function encodeCard(card: ProfileCard): Uint8Array {
  const payload = encode({ v: FORMAT_VERSION, name: card.name })
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
  if (!isMap(map) || map['v'] !== FORMAT_VERSION || !hasExactly(map, ['v', 'name'])) return { ok: false, rule: 'card' }
  const name = map['name']
  return isName(name) ? { ok: true, value: { name } } : { ok: false, rule: 'card-name' }
}
