import type { Block, SignedBlock } from 'walytis/interface'

/** Topic of the group's own events (walytis-identities/docs/protocol.md): all its other blocks carry content. */
const EVENT_TOPIC = 'identities:event'

/** Topics of a content block on the chain: none. The real ones stand sealed in its reference. */
export const CONTENT_TOPICS: string[] = []

/** Whether a block of the group carries content, and not events of the group nor its genesis. */
export function isContentBlock(block: Pick<Block | SignedBlock, 'topics' | 'height'>): boolean {
  return block.height > 0 && !block.topics.includes(EVENT_TOPIC)
}
