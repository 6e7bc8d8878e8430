import type { AbortOptions, PublicKey } from '@libp2p/interface'
import { copyBytes } from '../bytes.ts'
import { MAX_CONTENT_BYTES } from '../constants.ts'
import { multikeyText } from '../crypto/multikey.ts'
import { NotFoundError } from '../errors.ts'
import type { Block, BlockId } from '../interface/index.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import type { StoredBlock } from '../storage/stored-block.ts'

const authors = new WeakMap<PublicKey, string>()

/** How a plain chain names an author: the key's multikey text. */
export function authorOf(creator: PublicKey): string {
  let author = authors.get(creator)
  if (author === undefined) {
    author = multikeyText(creator)
    authors.set(creator, author)
  }
  return author
}

/** A stored block as an application sees it: as it was when it was asked for; its content is read when asked for. */
export class BlockView implements Block {
  readonly #stored: StoredBlock
  readonly #store: ChainStore

  constructor(stored: StoredBlock, store: ChainStore) {
    this.#stored = stored
    this.#store = store
  }

  get id(): BlockId {
    return this.#stored.block.id
  }

  get parents(): BlockId[] {
    return [...this.#stored.block.parents]
  }

  get height(): number {
    return this.#stored.block.height
  }

  get creator(): PublicKey {
    return this.#stored.block.creator
  }

  get author(): string {
    return authorOf(this.#stored.block.creator)
  }

  get seq(): number {
    return this.#stored.block.seq
  }

  get time(): Date {
    return new Date(this.#stored.block.time)
  }

  get topics(): string[] {
    return [...this.#stored.block.topics]
  }

  get size(): number {
    return this.#stored.block.size
  }

  get revoked(): boolean {
    return this.#stored.revoked
  }

  async content(options: AbortOptions = {}): Promise<Uint8Array> {
    options.signal?.throwIfAborted()
    return await readContent(this.#store, this.#stored)
  }

  async *stream(options: AbortOptions = {}): AsyncGenerator<Uint8Array> {
    yield await this.content(options)
  }
}

/**
 * @throws {NotFoundError} for content of more than 256 KiB, which this version does not fetch
 * @throws {StoreCorruptError} when it is lost
 */
export async function readContent(store: ChainStore, { block, arrival }: StoredBlock): Promise<Uint8Array> {
  if (block.size === 0) return new Uint8Array()
  if (block.size > MAX_CONTENT_BYTES) throw new NotFoundError('content', block.content.toString())
  const content = await store.content(arrival)
  if (content === undefined) throw store.damaged()
  // a store in memory hands out what it keeps
  return copyBytes(content)
}
