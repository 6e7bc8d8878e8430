import type { AbortOptions } from '@libp2p/interface'
import type { BlockId } from 'walytis/interface'
import type { MutableBlock, MutableBlockchain } from 'walytis-mutability'
import type { PrivateBlock, PrivateBlockchain } from 'walytis-offchain'
import { TOPIC_MESSAGE } from '../constants.ts'
import { decodeMessage } from '../content/format.ts'
import { textOf } from '../content/parts.ts'
import type { Indexed, IndexedBlocks } from './chat-index.ts'

/**
 * A chat's blocks for its search index. It goes by the chain beneath the edits, where each edit and delete has a place in the order of arrival: what
 * changed while nobody looked is found there.
 */
export function searchedBlocks(
  sealed: Pick<PrivateBlockchain, 'blocks'>,
  chain: Pick<MutableBlockchain, 'get'>
): IndexedBlocks {
  return {
    async *after(last, options) {
      for await (const block of arrivals(sealed, last, options)) {
        if (block.available) yield { id: block.id, indexed: await indexed(chain, block, options) }
      }
    }
  }
}

/** From the beginning where this store does not know the place, as after it was put back. */
async function* arrivals(
  sealed: Pick<PrivateBlockchain, 'blocks'>,
  last: BlockId | undefined,
  options?: AbortOptions
): AsyncGenerator<PrivateBlock> {
  try {
    yield* sealed.blocks({ order: 'arrival', after: last }, options)
  } catch (error) {
    if (last === undefined || !isNotFound(error)) throw error
    yield* sealed.blocks({ order: 'arrival' }, options)
  }
}

/** What a block means now: an edit or delete means its original, as that stands. */
async function indexed(
  chain: Pick<MutableBlockchain, 'get'>,
  { id }: PrivateBlock,
  options?: AbortOptions
): Promise<Indexed> {
  let original: MutableBlock
  try {
    original = await chain.get(id, options)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
  if (!original.topics.includes(TOPIC_MESSAGE)) return undefined
  if (original.deleted) return { gone: original.id.toString() }
  if (!original.available) return undefined
  const decoded = decodeMessage(await original.content(options))
  if (!decoded.ok) return undefined
  return { id: original.id.toString(), text: textOf(decoded.value.content), time: original.time.getTime() }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'NotFoundError'
}
