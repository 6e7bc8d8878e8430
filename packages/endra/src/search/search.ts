/**
 * Search over the open chats of a profile. Each chat has an index of its own, read when it is first needed. Owned by `profile.ts`.
 */
import type { AbortOptions } from '@libp2p/interface'
import type { Did } from 'walytis-identities'
import type { MutableBlockchain } from 'walytis-mutability'
import type { PrivateBlockchain } from 'walytis-offchain'
import { KEEP_INDEX_AFTER, MAX_INDEXED_IN_MEMORY, MAX_QUERY_CHARACTERS, SEARCH_LIMIT } from '../constants.ts'
import type { Chat, Message, Profile, SearchHit } from '../interface/index.ts'
import type { SealedRows } from '../sealed-rows.ts'
import { ChatIndex, type IndexHit } from './chat-index.ts'
import { searchedBlocks } from './chat-source.ts'

/** A chat, as far as it is searched. */
export interface SearchedChat extends Chat {
  readonly group: { readonly did: Did }
  readonly sealed: Pick<PrivateBlockchain, 'blocks'>
  readonly chain: Pick<MutableBlockchain, 'get'>
  /** Whether the profile wants to see a message. */
  shows(message: Message): boolean
}

/** What the search of a profile stands on. */
export interface SearchInit {
  readonly rows: SealedRows
  chats(): Iterable<SearchedChat>
}

/** The search of one profile. */
export class Search {
  readonly #init: SearchInit
  readonly #indexes = new Map<SearchedChat, ChatIndex>()

  constructor(init: SearchInit) {
    this.#init = init
  }

  async *search(text: string, options: Parameters<Profile['search']>[1] = {}): AsyncGenerator<SearchHit> {
    const { chat: only, limit = SEARCH_LIMIT, onProgress, ...rest } = options
    let indexed = 0
    const onRead = (): void => onProgress?.({ indexed: ++indexed })
    const found: (IndexHit & { chat: SearchedChat })[] = []
    for (const chat of this.#init.chats()) {
      if (only !== undefined && only !== chat) continue
      const hits = await this.#indexOf(chat).search(text.slice(0, MAX_QUERY_CHARACTERS), onRead, rest)
      for (const hit of hits) found.push({ ...hit, chat })
    }
    await this.#tidy(rest)
    found.sort((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1))
    let left = limit
    for (const { chat, id } of found) {
      if (left <= 0) return
      const message = await chat.get(id, rest)
      if (message.deleted || message.revoked || !chat.shows(message)) continue
      yield { chat, message }
      left--
    }
  }

  /** Keep what was read. */
  async close(): Promise<void> {
    await Promise.all([...this.#indexes.values()].map(async (index) => await index.keep()))
    this.#indexes.clear()
  }

  #indexOf(chat: SearchedChat): ChatIndex {
    const held = this.#indexes.get(chat)
    if (held !== undefined) return held
    const index = new ChatIndex(this.#init.rows, chat.group.did, searchedBlocks(chat.sealed, chat.chain))
    this.#indexes.set(chat, index)
    return index
  }

  /** Keep what was read when it is much, and give back memory when that is. */
  async #tidy(options?: AbortOptions): Promise<void> {
    const indexes = [...this.#indexes.values()]
    const size = indexes.reduce((sum, index) => sum + index.size, 0)
    for (const index of indexes) {
      if (size > MAX_INDEXED_IN_MEMORY) await index.unload(options)
      else if (index.unkept >= KEEP_INDEX_AFTER) await index.keep(options)
    }
  }
}
