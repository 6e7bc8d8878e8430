import type { AbortOptions } from '@libp2p/interface'
import type { Block, Blockchain, BlockId, BlockQuery, Change, ConsumeOptions, Consumer } from 'walytis/interface'

/** Thrown, by the name that private chains use, for a block that is not what its author promised. */
class ContentRefusedError extends Error {
  override readonly name = 'ContentRefusedError'
}

/** A real chain, seen as private chains are: some contents have not come, some blocks are refused. */
export class WithholdingChain {
  /** Ids of blocks whose content has not come, and never will. */
  readonly withheld = new Set<string>()
  readonly refused: Set<string>
  readonly chain: Blockchain
  readonly #whole: Blockchain

  constructor(whole: Blockchain, refused: Iterable<string> = []) {
    this.#whole = whole
    this.refused = new Set(refused)
    const own: Partial<Blockchain> = {
      get: async (id, options) => await this.#get(id, options),
      blocks: (query, options) => this.#blocks(query, options),
      count: async (query, options) => await this.#count(query, options),
      consume: async (name, handler, options) => await this.#consume(name, handler, options)
    }
    this.chain = new Proxy(whole, {
      get(target, property: keyof Blockchain) {
        const value: unknown = own[property] ?? target[property]
        return typeof value === 'function' ? value.bind(target) : value
      }
    })
  }

  /** The content of a block that was shown has come, and breaks a rule. */
  refuse({ id }: Pick<Block, 'id'>): void {
    this.refused.add(id.toString())
    const event = new CustomEvent('content:refused', { detail: { id, author: '', rule: 'content-size' } })
    const target: Pick<EventTarget, 'dispatchEvent'> = this.#whole
    target.dispatchEvent(event)
  }

  async #get(id: BlockId | string, options?: AbortOptions): Promise<Block> {
    if (this.refused.has(id.toString())) throw new ContentRefusedError()
    return this.#view(await this.#whole.get(id, options))
  }

  async *#blocks(query?: BlockQuery, options?: AbortOptions): AsyncGenerator<Block> {
    for await (const block of this.#whole.blocks(query, options)) {
      if (!this.refused.has(block.id.toString())) yield this.#view(block)
    }
  }

  async #count(query?: BlockQuery, options?: AbortOptions): Promise<number> {
    let count = 0
    for await (const _ of this.#blocks(query, options)) count++
    return count
  }

  async #consume(
    name: string,
    handler: (change: Change) => Promise<void>,
    options?: ConsumeOptions
  ): Promise<Consumer> {
    const handle = async ({ kind, block }: Change): Promise<void> => {
      if (!this.refused.has(block.id.toString())) await handler({ kind, block: this.#view(block) })
    }
    return await this.#whole.consume(name, handle, options)
  }

  #view(block: Block): Block {
    if (!this.withheld.has(block.id.toString())) return block
    const content = async (options?: AbortOptions): Promise<Uint8Array> => {
      const { promise, reject } = Promise.withResolvers<never>()
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason))
      return await promise
    }
    const { id, parents, height, creator, author, seq, time, topics, size, revoked } = block
    const stream = block.stream.bind(block)
    const seen = { id, parents, height, creator, author, seq, time, topics, size, revoked, content, stream }
    return Object.assign(seen, { available: false })
  }
}
