/**
 * Turns what happens on a chat's chains into what happened to its messages and cards. It listens to two chains: the mutable one tells of originals
 * and of their changes, the private one beneath of contents that came later than their blocks.
 */
import type { AbortOptions } from '@libp2p/interface'
import type { MutableBlock, MutableBlockchain } from 'walytis-mutability'
import type { PrivateBlock, PrivateBlockchain } from 'walytis-offchain'
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

/** How many blocks told of are remembered: far more than wait in the queue at a time. */
const REMEMBERED = 1024

/** Whether a block's current content can be read now. An edit's content was read when the edit took effect. */
export async function isHere(sealed: PrivateBlockchain, block: MutableBlock, options?: AbortOptions): Promise<boolean> {
  return block.editedAt !== undefined || (await sealed.get(block.id, options)).available
}

/** Follow until the signal. Events come in the order of arrival; a content that is still missing does not hold up what comes after it. */
export function followChat(sealed: PrivateBlockchain, chain: MutableBlockchain, init: FollowerInit): void {
  const { signal } = init
  /** Blocks told of lately: a content may come while its block waits in the queue, and is then told of twice. */
  const told = new Set<string>()
  let tail: Promise<void> = Promise.resolve()

  const enqueue = (work: () => Promise<void>): void => {
    tail = tail.then(work).catch((error: unknown) => {
      if (!signal.aborted) init.failed(error)
    })
  }

  const tell = async (type: MessageEvent, block: MutableBlock): Promise<void> => {
    if (block.topics.includes(TOPIC_CARD)) return await init.card(block)
    if (!block.topics.includes(TOPIC_MESSAGE)) return
    const message = await messageOf(block, { signal })
    if (message !== undefined) init.message(type, message)
  }

  const arrived = async (block: MutableBlock): Promise<void> => {
    const id = block.id.toString()
    if (told.has(id) || !(await isHere(sealed, block, { signal }))) return
    told.add(id)
    for (const oldest of told) if (told.size > REMEMBERED) told.delete(oldest)
    await tell('message:added', block)
  }

  const available = async (block: PrivateBlock): Promise<void> => {
    // Asking for a change makes the chain take it in, which then tells of the change by itself.
    const shown = await chain.get(block.id, { signal })
    if (shown.id.equals(block.id) && !shown.revoked) await arrived(shown)
  }

  chain.addEventListener('block:added', ({ detail }) => enqueue(() => arrived(detail.block)), { signal })
  const reinstated = ({ detail }: { detail: { block: MutableBlock } }): void => {
    told.delete(detail.block.id.toString())
    enqueue(() => arrived(detail.block))
  }
  chain.addEventListener('block:reinstated', reinstated, { signal })
  for (const change of ['edited', 'deleted', 'restored', 'revoked'] as const) {
    chain.addEventListener(
      `block:${change}`,
      ({ detail }: CustomEvent<{ block: MutableBlock }>) => enqueue(() => tell(`message:${change}`, detail.block)),
      { signal }
    )
  }
  const events: EventTarget = sealed
  const onAvailable = (event: Event): void => {
    const { block } = (event as CustomEvent<{ block: PrivateBlock }>).detail
    enqueue(() => available(block))
  }
  events.addEventListener('content:available', onAvailable, { signal })
}
