import type { BlockId } from 'walytis/interface'
import { GIVE_SIZE, MAX_IDS_PER_MESSAGE } from './limits.ts'
import type { Item, Message } from './messages.ts'

/** An envelope that may be given to devices entitled to its epoch. */
export interface Servable {
  readonly epoch: BlockId
  readonly envelope: Uint8Array
}

export interface AnswerComponents {
  find(block: BlockId): Promise<Servable | undefined>
  /** Whether the asking device may have what is sealed under an epoch. */
  entitled(epoch: BlockId): Promise<boolean>
  /** Resolves once the transport has taken the message: false when the device is gone. */
  send(message: Message): Promise<boolean>
}

/**
 * Answer all that stands in `queue`, to which more may be added meanwhile, in messages of limited size. What this node lacks and what the
 * device may not have are refused alike, in one list in the order of asking (R30).
 */
export async function answer(queue: BlockId[], components: AnswerComponents): Promise<void> {
  while (queue.length > 0) {
    const blocks = queue.splice(0, MAX_IDS_PER_MESSAGE)
    let items: Item[] = []
    let size = 0
    const missing: BlockId[] = []
    for await (const [block, found] of findAll(blocks, components)) {
      // Asked again for each item: a membership event in the middle of a long answer ends it.
      if (found === undefined || !(await components.entitled(found.epoch))) {
        missing.push(block)
        continue
      }
      items.push({ block, envelope: found.envelope })
      size += found.envelope.length
      if (size < GIVE_SIZE) continue
      if (!(await components.send({ kind: 'give', items, missing: [] }))) return
      items = []
      size = 0
    }
    if (items.length === 0 && missing.length === 0) continue
    if (!(await components.send({ kind: 'give', items, missing }))) return
  }
}

/** Envelopes read at a time. */
const READ_AHEAD = 16

async function* findAll(
  blocks: readonly BlockId[],
  { find }: AnswerComponents
): AsyncGenerator<readonly [BlockId, Servable | undefined]> {
  for (let start = 0; start < blocks.length; start += READ_AHEAD) {
    const some = blocks.slice(start, start + READ_AHEAD)
    yield* await Promise.all(some.map(async (block) => [block, await find(block)] as const))
  }
}
