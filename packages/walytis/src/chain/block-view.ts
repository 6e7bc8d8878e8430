import type { PublicKey } from '@libp2p/interface'
import { multikeyText } from '../crypto/multikey.ts'
import type { Block, BlockId, ContentOptions } from '../interface/index.ts'
import type { StoredBlock } from '../storage/stored-block.ts'
import type { Contents } from './contents.ts'

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
  readonly #contents: Contents

  constructor(stored: StoredBlock, contents: Contents) {
    this.#stored = stored
    this.#contents = contents
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

  get available(): boolean {
    return !this.#stored.lacking
  }

  async content(options?: ContentOptions): Promise<Uint8Array> {
    return await this.#contents.read(this.#stored, options)
  }

  async *stream(options?: ContentOptions): AsyncGenerator<Uint8Array> {
    yield* this.#contents.stream(this.#stored, options)
  }
}
