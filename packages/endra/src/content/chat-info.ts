/**
 * What a chat is called and looks like: a type of endra's own. The latest of those by present admins counts. Newcomers can't read what was written
 * before they joined, so it is written anew for them, like profile cards.
 */
import { hasExactly, isMap } from '../canonical.ts'
import { CHAT_INFO_MEDIA_TYPE, FORMAT_VERSION } from '../constants.ts'
import type { MessageType, Picture } from '../interface/index.ts'
import { isName } from '../names.ts'
import { isPicture } from './card.ts'

/** What a chat is called and looks like. */
export interface ChatInfo {
  readonly title: string
  readonly picture?: Picture | undefined
  /** For which members it was written: `audienceOf`. */
  readonly audience: Uint8Array
}

/** How it is written. */
export const CHAT_INFO: MessageType<ChatInfo> = {
  mediaType: CHAT_INFO_MEDIA_TYPE,
  encode: ({ title, picture, audience }) => ({
    v: FORMAT_VERSION,
    title,
    ...(picture === undefined ? {} : { picture }),
    audience
  }),
  decode: (value) => {
    if (!isMap(value) || value['v'] !== FORMAT_VERSION) return undefined
    if (!hasExactly(value, ['v', 'title', 'audience'], ['picture'])) return undefined
    const { title, picture, audience } = value
    if (!isName(title) || !(audience instanceof Uint8Array) || audience.length !== 16) return undefined
    if (picture !== undefined && !isPicture(picture)) return undefined
    return { title, audience, ...(picture === undefined ? {} : { picture }) }
  }
}
