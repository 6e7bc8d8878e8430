import { fromString, toString as textOf } from 'uint8arrays'
import { equalBytes, type PlacedBlock, placeIndexes, placeRows, type QueryIndexes, rowSourceOf } from 'walytis'
import type { BatchOperation, Store } from 'walytis/interface'
import type { KeyStore } from 'walytis-identities'
import { INDEX_VERSION } from '../constants.ts'
import { StoreCorruptError } from '../errors.ts'
import { SealedTopics } from './sealed-topics.ts'
import { type BinaryRows, binaryRowsOf, type Rows, rowsOf } from './store-keys.ts'

/** A block that is shown and in effect, as the indexes tell of it. */
export interface IndexedBlock extends PlacedBlock {
  /** Its number in this node's log. */
  readonly arrival: number
  readonly topics: readonly string[]
}

const MADE_BY = 'made-by'

/**
 * Finds the blocks that are shown and in effect, and no others: so it can count them without reading one. Canonical order, creators and times
 * stand in clear, as the chain itself tells them; topics are sealed.
 */
export class BlockIndex {
  readonly #topics: SealedTopics
  readonly #places: BinaryRows
  readonly #state: Rows

  constructor(store: Store, chain: string, keyStore: Pick<KeyStore, 'wrap' | 'unwrap' | 'derive'>) {
    this.#topics = new SealedTopics(store, chain, keyStore)
    this.#places = binaryRowsOf(store, chain, 'place')
    this.#state = rowsOf(store, chain, 'state')
  }

  /** The writes that make a block found. */
  puts(block: IndexedBlock): BatchOperation[] {
    const rows = placeRows(block, block.arrival)
    return [
      ...rows.map(([key, value]) => asOperation({ type: 'put', sublevel: this.#places, key, value })),
      ...this.#topics.puts(block.topics, block)
    ]
  }

  /** The writes that undo this. */
  dels(block: IndexedBlock): BatchOperation[] {
    const rows = placeRows(block, block.arrival)
    return [
      ...rows.map(([key]) => asOperation({ type: 'del', sublevel: this.#places, key })),
      ...this.#topics.dels(block.topics, block)
    ]
  }

  /** What leads to blocks in canonical order, by creator, by time and by topic. */
  indexes(): Pick<QueryIndexes, 'all' | 'creator' | 'times' | 'topic'> {
    const damaged = (): Error => new StoreCorruptError('A row of the index of a private chain can not be read')
    return {
      ...placeIndexes(rowSourceOf(this.#places, damaged)),
      topic: (topic, reverse) => this.#topics.cursor(topic, reverse)
    }
  }

  /** Whether the rows were made, whole, by this version with this key store. */
  async isMade(): Promise<boolean> {
    const found = await this.#state.get(MADE_BY)
    return found !== undefined && equalBytes(found, this.#mark())
  }

  /** Forget all rows. The index is not made until `made` is written. */
  async clear(): Promise<void> {
    await this.#state.del(MADE_BY)
    await this.#places.clear()
    await this.#topics.clear()
  }

  /** The write that says that the rows are whole. */
  made(): BatchOperation {
    return { type: 'put', sublevel: this.#state, key: MADE_BY, value: this.#mark() }
  }

  #mark(): Uint8Array {
    return fromString(`${INDEX_VERSION}/${textOf(this.#topics.fingerprint(), 'hex')}`)
  }
}

/** Operations name the encodings of their own sublevel, which one type of key for the whole batch can't express. */
function asOperation(
  operation:
    | { readonly type: 'put'; readonly sublevel: BinaryRows; readonly key: Uint8Array; readonly value: Uint8Array }
    | { readonly type: 'del'; readonly sublevel: BinaryRows; readonly key: Uint8Array }
): BatchOperation {
  return operation as unknown as BatchOperation
}
