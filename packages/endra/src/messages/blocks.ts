import type { AbortOptions } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import { compare } from 'uint8arrays/compare'
import type { MutableBlock, MutableBlockchain } from 'walytis-mutability'
import { ABOUT_TOPIC_PREFIX } from '../constants.ts'
import { NotFoundError } from '../errors.ts'
import type { Message } from '../interface/index.ts'

/** Where a page of blocks lies. */
export interface Page extends AbortOptions {
  readonly reverse?: boolean | undefined
  readonly before?: MutableBlock | undefined
  readonly after?: MutableBlock | undefined
}

/** The topic by which everything about a message is found. */
export function aboutTopic(id: string): string {
  return `${ABOUT_TOPIC_PREFIX}${id}`
}

/** The id of a message that is given as itself or by its id. */
export function idOf(message: Pick<Message, 'id'> | string): string {
  return typeof message === 'string' ? message : message.id
}

/** The blocks of a chat's chain, as the views of it need them. */
export class ChatBlocks {
  readonly #chain: MutableBlockchain

  constructor(chain: MutableBlockchain) {
    this.#chain = chain
  }

  async add(content: Uint8Array, topics: string[], options?: AbortOptions): Promise<MutableBlock> {
    return await this.#chain.add(content, { ...options, topics })
  }

  /** Blocks with all of `topics` whose content is here, in canonical order: one that is not yet here must not hold up the others. */
  async *list(topics: string[], page: Page = {}): AsyncGenerator<MutableBlock> {
    const { reverse, before, after, ...options } = page
    const [first, last] = reverse ? [before, after] : [after, before]
    const sign = reverse ? -1 : 1
    for await (const block of this.#chain.blocks({ topics: { all: topics }, reverse }, options)) {
      if (first !== undefined && compareBlocks(block, first) * sign <= 0) continue
      if (last !== undefined && compareBlocks(block, last) * sign >= 0) return
      if (block.available) yield block
    }
  }

  /** Every original of the chain whose content is here, in canonical order. */
  async *all(options?: AbortOptions): AsyncGenerator<MutableBlock> {
    for await (const block of this.#chain.blocks({}, options)) if (block.available) yield block
  }

  /** @throws {NotFoundError} when there is no block of this id with this topic */
  async find(id: string, topic: string, options?: AbortOptions): Promise<MutableBlock> {
    try {
      const block = await this.#chain.get(CID.parse(id), options)
      if (block.topics.includes(topic)) return block
    } catch (cause) {
      options?.signal?.throwIfAborted()
      throw new NotFoundError('message', id, { cause })
    }
    throw new NotFoundError('message', id)
  }
}

/** Canonical order: height, then the bytes of the CID. */
function compareBlocks(a: Pick<MutableBlock, 'height' | 'id'>, b: Pick<MutableBlock, 'height' | 'id'>): number {
  return a.height - b.height || compare(a.id.bytes, b.id.bytes)
}
