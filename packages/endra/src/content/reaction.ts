/** Reactions: a type of endra's own. Each is a message about another one; taking it back deletes it. */
import { hasExactly, isMap } from '../canonical.ts'
import { FORMAT_VERSION, MAX_EMOJI_BYTES, REACTION_MEDIA_TYPE } from '../constants.ts'
import type { MessageType } from '../interface/index.ts'
import { isShortText } from '../names.ts'

/** What a reaction says. */
export interface ReactionValue {
  readonly emoji: string
}

/** How reactions are written. */
export const REACTION: MessageType<ReactionValue> = {
  mediaType: REACTION_MEDIA_TYPE,
  encode: ({ emoji }) => ({ v: FORMAT_VERSION, emoji }),
  decode: (value) => {
    if (!isMap(value) || value['v'] !== FORMAT_VERSION || !hasExactly(value, ['v', 'emoji'])) return undefined
    const { emoji } = value
    return isShortText(emoji, MAX_EMOJI_BYTES) ? { emoji } : undefined
  }
}
