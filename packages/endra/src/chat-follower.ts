/**
 * Turns what happens on a chat's chain into what happened to its messages and cards. The chain tells of a block once its content is here.
 */
import type { MutableBlock, MutableBlockchain } from 'walytis-mutability'
import { TOPIC_CARD, TOPIC_MESSAGE } from './constants.ts'
import type { ChatEvents, Message } from './interface/index.ts'
import { messageOf } from './message.ts'

/** Events of a chat that tell of a message. */
export type MessageEvent = Extract<keyof ChatEvents, `message:${string}`>

/** Who is told what happened. */
export interface FollowerInit {
  /** Ends the following. */
  readonly signal: AbortSignal
  card(block: MutableBlock): Promise<void>
  message(type: MessageEvent, message: Message): void
  failed(error: unknown): void
}

/** What each event of the chain means for a message. */
const MEANINGS = {
  'block:added': 'message:added',
  'block:reinstated': 'message:added',
  'block:revoked': 'message:revoked',
  'block:edited': 'message:edited',
  'block:deleted': 'message:deleted',
  'block:restored': 'message:restored'
} as const

/** Follow until the signal. One after the other: events come in the order of what they tell of. */
export function followChat(chain: MutableBlockchain, init: FollowerInit): void {
  const { signal } = init
  let tail: Promise<void> = Promise.resolve()

  const tell = async (type: MessageEvent, block: MutableBlock): Promise<void> => {
    // What never came was never shown, so there is nothing to take back; waiting for it would hold up all that follows.
    if (!block.available && !block.deleted) return
    if (block.topics.includes(TOPIC_CARD)) return block.deleted ? undefined : await init.card(block)
    if (!block.topics.includes(TOPIC_MESSAGE)) return
    const message = await messageOf(block, { signal })
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
