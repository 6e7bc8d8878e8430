/**
 * Tells what happens on a chat's chain: to the parts of the chat that keep or count something, then to those who listen to the chat. Used by `chat.ts`.
 */
import type { MutableBlockchain } from 'walytis-mutability'
import type { ChatCards } from './chat-cards.ts'
import { followChat } from './chat-follower.ts'
import type { ChatInfos } from './chat-info.ts'
import type { ChatSide } from './chat-side.ts'
import { CHAT_INFO_MEDIA_TYPE } from './constants.ts'
import type { ChatEvents } from './interface/index.ts'
import type { ChatMessages } from './messages/chat-messages.ts'
import type { Entries } from './messages/entries.ts'

/** Who is told what happens on a chain. */
export interface ChatNewsInit {
  readonly chain: MutableBlockchain
  readonly cards: Pick<ChatCards, 'take'>
  readonly infos: Pick<ChatInfos, 'take'>
  readonly entries: Pick<Entries, 'tell'>
  readonly messages: Pick<ChatMessages, 'of'>
  readonly side: Pick<ChatSide, 'arrived' | 'isHidden' | 'recount'>
  /** Ends the telling. */
  readonly signal: AbortSignal
  emit<K extends keyof ChatEvents>(type: K, detail: ChatEvents[K]['detail']): void
  /** Lists of chats show something else of this one. */
  changed(): void
  failed(error: unknown): void
}

/** Tell until the signal. */
export function tellNews({ chain, cards, infos, entries, messages, side, signal, ...init }: ChatNewsInit): void {
  followChat(chain, {
    signal,
    failed: (error) => init.failed(error),
    read: (block) => messages.of(block, { signal }),
    card: async (block) => {
      const card = await cards.take(block, { signal })
      if (card !== undefined) init.emit('member:named', { did: card.author, name: card.name })
    },
    entry: async (type, mediaType, block) => {
      if (mediaType === CHAT_INFO_MEDIA_TYPE) {
        if (await infos.take(block, { signal })) init.changed()
        return
      }
      const change = await entries.tell(type, mediaType, block, { signal })
      if (change !== undefined) init.emit(type === 'entry:removed' ? 'reaction:removed' : 'reaction:added', change)
    },
    message: (type, message) => {
      if (type === 'message:added') side.arrived(message)
      else if (type !== 'message:edited') side.recount()
      if (side.isHidden(message.id, message.author)) return
      init.emit(type, { message })
      init.changed()
    }
  })
}
