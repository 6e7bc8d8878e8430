import { CID } from 'multiformats/cid'
import { compare, fromString } from 'uint8arrays'
import type { BatchOperation, BlockId, Store } from 'walytis/interface'
import type { KeyStore } from 'walytis-identities'
import { hmacSha256 } from '#primitives'
import { domains } from '../domains.ts'
import { heightOfTopicKey, type Rows, rowsOf, topicKey, topicPrefix, underPrefix } from './store-keys.ts'

/** A block's place in the canonical order. */
export interface Posting {
  readonly height: number
  readonly id: BlockId
}

/** Where blocks are found by topics that stand nowhere in clear. Keys are made blind, and values sealed, by the node's key store. */
export class TopicIndex {
  readonly #rows: Rows
  readonly #keyStore: Pick<KeyStore, 'wrap' | 'unwrap'>
  readonly #blindingKey: Uint8Array
  readonly #chain: string
  readonly #valueContext: string

  constructor(store: Store, chain: string, keyStore: Pick<KeyStore, 'wrap' | 'unwrap' | 'derive'>) {
    this.#rows = rowsOf(store, chain, 'topic')
    this.#chain = chain
    this.#valueContext = `${domains.topicIndexValue}/${chain}`
    this.#keyStore = keyStore
    this.#blindingKey = keyStore.derive(domains.topicIndex)
  }

  /** The writes that make a block found by its topics. */
  puts(topics: readonly string[], posting: Posting): BatchOperation[] {
    if (topics.length === 0) return []
    const blindId = this.#blind('id', posting.id.bytes)
    return topics.map((topic) => ({
      type: 'put',
      sublevel: this.#rows,
      key: topicKey(this.#blind('topic', fromString(topic)), posting.height, blindId),
      value: this.#keyStore.wrap(posting.id.bytes, this.#valueContext)
    }))
  }

  /** Blocks that carry `topic`, in canonical order or its reverse, lazily. */
  async *postings(topic: string, reverse = false): AsyncGenerator<Posting> {
    const range = underPrefix(topicPrefix(this.#blind('topic', fromString(topic))))
    let group: Posting[] = []
    for await (const [key, value] of this.#rows.iterator({ ...range, reverse })) {
      const height = heightOfTopicKey(key)
      if (group[0] !== undefined && group[0].height !== height) {
        yield* ordered(group, reverse)
        group = []
      }
      group.push({ height, id: CID.decode(this.#keyStore.unwrap(value, this.#valueContext)) })
    }
    yield* ordered(group, reverse)
  }

  #blind(kind: 'topic' | 'id', bytes: Uint8Array): Uint8Array {
    return hmacSha256(this.#blindingKey, fromString(`${kind}\0${this.#chain}\0`), bytes)
  }
}

/** Blocks of one height, by their ids: how the canonical order goes on. */
function ordered(group: Posting[], reverse: boolean): Posting[] {
  return group.sort((a, b) => compare(a.id.bytes, b.id.bytes) * (reverse ? -1 : 1))
}

/** Whether a block comes before another in the canonical order: negative, zero, or positive. */
export function comparePostings(a: Posting, b: Posting): number {
  return a.height - b.height || compare(a.id.bytes, b.id.bytes)
}
