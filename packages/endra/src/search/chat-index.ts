/**
 * The search index of one chat: made of its blocks in their order of arrival, and kept, encrypted, with the place up to which it goes. A crash costs
 * what was read since it was last kept, and nothing else. Owned by `search.ts`.
 */
import { encode } from '@ipld/dag-cbor'
import type { AbortOptions } from '@libp2p/interface'
import MiniSearch, { type Options } from 'minisearch'
import { CID } from 'multiformats/cid'
import type { BlockId } from 'walytis/interface'
import type { Did } from 'walytis-identities'
import { decodeCanonical, isMap } from '../canonical.ts'
import { SEARCH_VERSION } from '../constants.ts'
import { chainOf } from '../did.ts'
import type { SealedRows } from '../sealed-rows.ts'
import { queryTermsOf, termsOf } from './terms.ts'

/** What is searched of a message. */
interface SearchedMessage {
  readonly id: string
  readonly text: string
  /** As its author claims, ms since 1970. */
  readonly time: number
}

/** A message that has all terms that were searched for. */
export interface IndexHit {
  readonly id: string
  readonly time: number
}

/** What came of a block: a message to be found, or one to be found no more, or nothing. */
export type Indexed = SearchedMessage | { readonly gone: string } | undefined

/** Where an index gets its blocks. */
export interface IndexedBlocks {
  /** Blocks that arrived after one, in their order of arrival, with what each means. */
  after(last: BlockId | undefined, options?: AbortOptions): AsyncIterable<{ id: BlockId; indexed: Indexed }>
}

const OPTIONS: Options<SearchedMessage> = {
  fields: ['text'],
  storeFields: ['time'],
  tokenize: termsOf,
  // Terms are normal already.
  processTerm: (term) => term,
  autoVacuum: true
}
const LIMITS = { bytes: 256 * 1024 * 1024, depth: 4 }

/** Under which name the index of a chat is kept. */
export function rowOfIndex(chat: Did): string {
  return `search/${chainOf(chat)}`
}

/** The search index of one chat. */
export class ChatIndex {
  readonly #rows: Pick<SealedRows, 'get' | 'put'>
  readonly #name: string
  readonly #blocks: IndexedBlocks
  #index: MiniSearch<SearchedMessage> | undefined
  #last: BlockId | undefined
  /** Blocks that were read since the index was kept. */
  #unkept = 0
  /** One reading at a time. */
  #tail: Promise<unknown> = Promise.resolve()

  constructor(rows: Pick<SealedRows, 'get' | 'put'>, chat: Did, blocks: IndexedBlocks) {
    this.#rows = rows
    this.#name = rowOfIndex(chat)
    this.#blocks = blocks
  }

  /** Messages whose index is in memory. */
  get size(): number {
    return this.#index?.documentCount ?? 0
  }

  /** Read what is new, then find messages with all terms of a text. */
  async search(text: string, onRead: () => void, options?: AbortOptions): Promise<IndexHit[]> {
    return await this.#exclusively(async () => {
      const index = this.#index ?? (await this.#load(options))
      await this.#catchUp(index, onRead, options)
      const terms = queryTermsOf(text)
      if (terms.length === 0) return []
      const isLast = (index: number): boolean => index === terms.length - 1
      const found = index.search(text, {
        tokenize: queryTermsOf,
        combineWith: 'AND',
        // The last word may not be finished; a character of a script without spaces begins a pair.
        prefix: (term, at) => isLast(at) || [...term].length === 1
      })
      return found.map(({ id, time }) => ({ id: String(id), time: Number(time) }))
    })
  }

  /** Blocks that a crash would let be read once more. */
  get unkept(): number {
    return this.#unkept
  }

  /** Keep what was read. */
  async keep(options?: AbortOptions): Promise<void> {
    await this.#exclusively(async () => await this.#keep(options))
  }

  /** Keep what was read, and take no memory until the next search. */
  async unload(options?: AbortOptions): Promise<void> {
    await this.#exclusively(async () => {
      await this.#keep(options)
      this.#index = undefined
    })
  }

  async #catchUp(index: MiniSearch<SearchedMessage>, onRead: () => void, options?: AbortOptions): Promise<void> {
    for await (const { id, indexed } of this.#blocks.after(this.#last, options)) {
      if (indexed !== undefined) apply(index, indexed)
      this.#last = id
      this.#unkept++
      onRead()
    }
  }

  /** What was kept; an empty index, made anew, where there is none that this version can read. */
  async #load(options?: AbortOptions): Promise<MiniSearch<SearchedMessage>> {
    const bytes = await this.#rows.get(this.#name, options)
    const kept = bytes === undefined ? undefined : readKept(bytes)
    this.#last = kept?.last
    this.#index = kept?.index ?? new MiniSearch(OPTIONS)
    this.#unkept = 0
    return this.#index
  }

  async #keep(options?: AbortOptions): Promise<void> {
    if (this.#unkept === 0 || this.#index === undefined || this.#last === undefined) return
    const bytes = encode({ v: SEARCH_VERSION, last: this.#last, index: JSON.stringify(this.#index) })
    await this.#rows.put(this.#name, bytes, options)
    this.#unkept = 0
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work)
    // Whoever gave the work gets its failure; the next one goes on.
    this.#tail = result.catch(() => undefined)
    return await result
  }
}

function apply(index: MiniSearch<SearchedMessage>, indexed: SearchedMessage | { readonly gone: string }): void {
  const id = 'gone' in indexed ? indexed.gone : indexed.id
  if (index.has(id)) index.discard(id)
  if (!('gone' in indexed) && indexed.text !== '') index.add(indexed)
}

/** The index is the node's own, sealed under its key: what can't be read is of another version. */
function readKept(bytes: Uint8Array): { last: BlockId; index: MiniSearch<SearchedMessage> } | undefined {
  const decoded = decodeCanonical(bytes, LIMITS)
  if (!decoded.ok || !isMap(decoded.value) || decoded.value['v'] !== SEARCH_VERSION) return undefined
  const last = CID.asCID(decoded.value['last'])
  const { index } = decoded.value
  return last === null || typeof index !== 'string' ? undefined : { last, index: MiniSearch.loadJSON(index, OPTIONS) }
}
