import type { AbortOptions, PublicKey } from '@libp2p/interface'
import type { Block, BlockId, ContentOptions } from 'walytis/interface'
import type { MutableBlock, Version } from './interface.ts'
import type { ChangeKind } from './operations/format.ts'
import { applicationTopics } from './operations/verify.ts'
import type { Standing } from './state/current.ts'
import type { LinkedChange } from './state/versions.ts'

/** What a block asks of the chain that it came from. */
export interface BlockOwner {
  /** The content of an update. */
  contentOf(update: BlockId, options?: AbortOptions): Promise<Uint8Array>
  /** All changes of an original that count, in canonical order. */
  changesOf(original: BlockId): Promise<readonly LinkedChange[]>
  change(original: Block, kind: ChangeKind, content?: Uint8Array, options?: AbortOptions): Promise<MutableBlock>
}

/** An original with one state that it had. */
export class MutableBlockView implements MutableBlock {
  readonly id: BlockId
  readonly parents: BlockId[]
  readonly height: number
  readonly creator: PublicKey
  readonly author: string
  readonly seq: number
  readonly time: Date
  readonly topics: string[]
  readonly size: number
  readonly revoked: boolean
  readonly deleted: boolean
  readonly editedAt: Date | undefined
  readonly available: boolean
  readonly #original: Block
  readonly #shows: BlockId | undefined
  readonly #owner: BlockOwner

  constructor(original: Block, { deleted, shows }: Standing, owner: BlockOwner) {
    this.id = original.id
    this.parents = original.parents
    this.height = original.height
    this.creator = original.creator
    this.author = original.author
    this.seq = original.seq
    this.time = original.time
    this.topics = applicationTopics(original.topics)
    this.size = shows?.size ?? original.size
    this.revoked = original.revoked
    this.deleted = deleted
    this.editedAt = shows?.time
    // An update was read when it took effect.
    this.available = shows !== undefined || original.available
    this.#original = original
    this.#shows = shows?.block
    this.#owner = owner
  }

  async content(options?: ContentOptions): Promise<Uint8Array> {
    return await this.#contentAt(this.#shows, options)
  }

  async *stream(options?: ContentOptions): AsyncIterable<Uint8Array> {
    if (this.#shows === undefined) yield* this.#original.stream(options)
    else yield await this.#owner.contentOf(this.#shows, options)
  }

  async edit(content: Uint8Array, options?: AbortOptions): Promise<MutableBlock> {
    return await this.#owner.change(this.#original, 'update', content, options)
  }

  async delete(options?: AbortOptions): Promise<MutableBlock> {
    return await this.#owner.change(this.#original, 'delete', undefined, options)
  }

  async restore(options?: AbortOptions): Promise<MutableBlock> {
    return await this.#owner.change(this.#original, 'restore', undefined, options)
  }

  async *versions(options?: AbortOptions): AsyncIterable<Version> {
    const { id, author, time } = this.#original
    yield { id, author, time, kind: 'original', content: async (own) => await this.#original.content(own ?? options) }
    for (const { block, author, time, kind, shows } of await this.#owner.changesOf(id)) {
      const content: Version['content'] = async (own) => await this.#contentAt(shows?.block, own ?? options)
      yield { id: block, author, time, kind, content }
    }
  }

  async #contentAt(update: BlockId | undefined, options?: ContentOptions): Promise<Uint8Array> {
    return update === undefined ? await this.#original.content(options) : await this.#owner.contentOf(update, options)
  }
}
