import { LevelBlockstore } from 'blockstore-level'
import type { CID } from 'multiformats/cid'
import type { Store } from './interface/index.ts'

/** Finds what public chains have under a CID: blocks, contents, nodes of larger contents. */
export type FindPublished = (cid: CID) => Promise<Uint8Array | undefined>

type GetOptions = Parameters<LevelBlockstore['get']>[1]

/**
 * Helia's blockstore: what applications put into it, and, read through from the rows of public chains, what these have. Nothing of
 * a chain is stored twice, and chains that are not public don't show here at all.
 */
class PublicBlocks extends LevelBlockstore {
  readonly #find: FindPublished

  constructor(store: Store, find: FindPublished) {
    // LevelBlockstore wants a database of its own type; of a sublevel it uses get, put, del and iterator only
    super(store.sublevel<string, Uint8Array>('helia-blocks', { keyEncoding: 'utf8', valueEncoding: 'view' }) as never)
    this.#find = find
  }

  override async has(cid: CID, options?: GetOptions): Promise<boolean> {
    return (await super.has(cid, options)) || (await this.#find(cid)) !== undefined
  }

  override async *get(cid: CID, options?: GetOptions): AsyncGenerator<Uint8Array> {
    const found = await this.#find(cid)
    if (found === undefined) yield* super.get(cid, options)
    else yield found
  }
}

/** Made by `createWalytis` for its Helia. */
export function publicBlocks(store: Store, find: FindPublished): LevelBlockstore {
  return new PublicBlocks(store, find)
}

/** Wants of one peer that Bitswap keeps, and may answer in one go: each can be 256 KiB in memory. Other peers wait for none of it. */
export const BITSWAP_LIMITS = { maxWantlistSize: 64 } as const
