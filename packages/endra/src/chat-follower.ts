/**
 * Turns what happens on a chat's chain into what happened to its messages, cards, and entries of registered types. The chain tells of a block once its content is here.
 */
import type { MutableBlock, MutableBlockchain } from 'walytis-mutability'
import { TOPIC_CARD, TOPIC_MESSAGE } from './constants.ts'
import { typeOfTopics } from './content/typed.ts'
import type { ChatEvents, Message } from './interface/index.ts'
import type { EntryEvent } from './messages/typed-view.ts'

/** Events of a chat that tell of a message, with the message. */
export type MessageEvent = Exclude<Extract<keyof ChatEvents, `message:${string}`>, `message:${string}hidden`>

/** Who is told what happened. */
export interface FollowerInit {
  /** Ends the following. */
  readonly signal: AbortSignal
  card(block: MutableBlock): Promise<void>
  /** A block of a registered type, or of one that nobody here knows. */
  entry(type: EntryEvent, mediaType: string, block: MutableBlock): Promise<void>
  /** The message that a block is. */
  read(block: MutableBlock): Promise<Message | undefined>
  message(type: MessageEvent, message: Message): void
  failed(error: unknown): void
}

/** What each event of the chain means for a message, and for an entry of a registered type. */
const MEANINGS = {
  'block:added': ['message:added', 'entry:added'],
  'block:reinstated': ['message:added', 'entry:added'],
  'block:revoked': ['message:revoked', 'entry:removed'],
  'block:edited': ['message:edited', 'entry:edited'],
  'block:deleted': ['message:deleted', 'entry:removed'],
  'block:restored': ['message:restored', 'entry:added']
} as const

/** Follow until the signal. One after the other: events come in the order of what they tell of. */
export function followChat(chain: MutableBlockchain, init: FollowerInit): void {
  const { signal } = init
  let tail: Promise<void> = Promise.resolve()

  const tell = async ([type, entry]: readonly [MessageEvent, EntryEvent], block: MutableBlock): Promise<void> => {
    // What never came was never shown, so there is nothing to take back; waiting for it would hold up all that follows.
    if (!block.available && !block.deleted) return
    if (block.topics.includes(TOPIC_CARD)) return block.deleted ? undefined : await init.card(block)
    const mediaType = typeOfTopics(block.topics)
    if (mediaType !== undefined) await init.entry(entry, mediaType, block)
    if (!block.topics.includes(TOPIC_MESSAGE)) return
    const message = await init.read(block)
    if (message !== undefined) init.message(type, message)
  }

  for (const type of Object.keys(MEANINGS) as (keyof typeof MEANINGS)[]) {
    const listener = ({ detail }: { detail: { block: MutableBlock } }): void => {
      tail = tail
        .then(() => tell(MEANINGS[type], detail.block))
        .catch((error: unknown) => {
          if (!signal.aborted) init.failed(error)
        })
    }
    chain.addEventListener(type, listener, { signal })
  }
}
