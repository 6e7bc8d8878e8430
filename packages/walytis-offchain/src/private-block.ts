import type { PublicKey } from '@libp2p/interface'
import type { Block, BlockId, ChainRecord, ContentOptions } from 'walytis/interface'
import type { Did } from 'walytis-identities'
import type { ContentState, PrivateBlock, StreamOptions } from './interface.ts'
import type { Details } from './reference/details.ts'
import { sizeClassOf } from './reference/size-class.ts'
import { type BlockRow, stateOf } from './store/block-row.ts'

/** Contents up to this size are kept with a block that was given out with it, so that reading it costs nothing. */
const KEPT_SIZE = 16 * 1024

/** What the chain itself says of a block. */
export interface OnChain {
  readonly id: BlockId
  readonly parents: BlockId[]
  readonly height: number
  readonly creator: PublicKey
  readonly seq: number
  readonly time: Date
  readonly revoked: boolean
  /** The encoded reference. */
  readonly reference: Uint8Array
}

/** Where blocks get their contents. */
export interface ContentAccess {
  /** Waits for a content and opens it. */
  load(block: OnChain, options?: ContentOptions): Promise<Uint8Array>
  /** Gives a content, or a range of it, as it comes. */
  stream(block: OnChain, options?: StreamOptions): AsyncIterable<Uint8Array>
  /** Whether a content of a size class is fetched before it is read. */
  fetches(sizeClass: number): boolean
}

/** A private block as applications see it. */
export class PrivateBlockView implements PrivateBlock {
  readonly id: BlockId
  readonly parents: BlockId[]
  readonly height: number
  readonly creator: PublicKey
  readonly author: Did
  readonly seq: number
  readonly time: Date
  readonly topics: string[]
  readonly size: number
  readonly revoked: boolean
  readonly verified = true
  readonly pinned: boolean
  readonly #onChain: OnChain
  readonly #row: BlockRow
  readonly #access: ContentAccess
  readonly #isReadable: boolean
  #available: boolean
  #content: Uint8Array | undefined

  /** `details`: undefined while the seed of the block's epoch has not come. */
  constructor(
    onChain: OnChain,
    row: BlockRow,
    details: Details | undefined,
    access: ContentAccess,
    content?: Uint8Array
  ) {
    this.id = onChain.id
    this.parents = onChain.parents
    this.height = onChain.height
    this.creator = onChain.creator
    this.author = row.author
    this.seq = onChain.seq
    this.time = onChain.time
    this.topics = [...(details?.topics ?? [])]
    this.size = details?.size ?? 0
    this.revoked = onChain.revoked
    this.pinned = row.wish === 'pinned'
    this.#onChain = onChain
    this.#row = row
    this.#access = access
    this.#isReadable = details !== undefined
    this.#available = row.envelope !== 0 && details !== undefined
    this.#content = content !== undefined && content.length <= KEPT_SIZE ? content : undefined
  }

  get available(): boolean {
    return this.#available
  }

  get contentState(): ContentState {
    if (this.#available) return 'available'
    if (!this.#isReadable || stateOf(this.#row) === 'locked') return 'locked'
    if (this.#row.wish === 'removed') return 'removed'
    const isFetched = this.pinned || this.#access.fetches(sizeClassOf(this.size))
    return isFetched && !this.revoked ? 'wanted' : 'on-demand'
  }

  async content(options?: ContentOptions): Promise<Uint8Array> {
    options?.signal?.throwIfAborted()
    const content = this.#content ?? (await this.#access.load(this.#onChain, options))
    this.#available = true
    // A copy: what one reader does to it, another doesn't see.
    return content === this.#content ? content.slice() : content
  }

  async *stream(options?: StreamOptions): AsyncGenerator<Uint8Array> {
    options?.signal?.throwIfAborted()
    yield* this.#access.stream(this.#onChain, options)
    this.#available ||= options?.offset === undefined && options?.length === undefined
  }
}

/** What a record says of a block, with its reference. */
export function onChainOfRecord({ block, content, revoked }: ChainRecord): OnChain {
  const { id, parents, height, creator, seq, time } = block
  return { id, parents, height, creator, seq, time: new Date(time), revoked, reference: content }
}

/** What the chain says of a block besides its reference. */
export function placeOf(block: Block): Omit<OnChain, 'reference'> {
  const { id, parents, height, creator, seq, time, revoked } = block
  return { id, parents, height, creator, seq, time, revoked }
}
