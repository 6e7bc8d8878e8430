import { idKey } from '../block/id.ts'
import { UNSYNCED_LIMIT } from '../constants.ts'
import type { BlockId } from '../interface/index.ts'
import type { Write } from '../storage/chain-store.ts'
import { UNSYNCED_KEY } from '../storage/indexes.ts'
import { encodeMark, type Mark } from './mark.ts'
import { deleting, putting, rowsOf } from './rows.ts'
import type { Transaction } from './transaction.ts'

/**
 * What a chain has written and not yet synced (docs/protocol.md, "Without waiting for the disk"). Owned by the writer. The
 * next synced batch writes all of it again: LevelDB may have begun another log file meanwhile, and syncing that one says
 * nothing about the one before.
 */
export class Unsynced {
  readonly #ids = new Set<string>()
  #mark: Mark | undefined
  #writes: Write[] = []
  #transactions: Transaction[] = []
  #bytes = 0

  get isEmpty(): boolean {
    return this.#mark === undefined
  }

  /** Whether so much has gathered that it has to be synced before more is written. */
  get isFull(): boolean {
    return this.#ids.size >= UNSYNCED_LIMIT.blocks || this.#bytes >= UNSYNCED_LIMIT.bytes
  }

  has(id: BlockId): boolean {
    return this.#ids.has(idKey(id))
  }

  /** Write a transaction without waiting for the disk. Nothing is durable by it. */
  async write(transaction: Transaction): Promise<Transaction[]> {
    const { store, state } = transaction
    const mark = this.#mark ?? { counters: state.counters, heads: [...state.heads.values()] }
    const rows = rowsOf(transaction)
    // in each batch: whichever of them a loss of power leaves tells up to where all is certain
    await store.write([...rows, putting(store, [UNSYNCED_KEY, encodeMark(mark)])], 'process')
    this.#mark = mark
    this.#writes.push(...rows)
    this.#transactions.push(transaction)
    this.#bytes += transaction.contentBytes
    for (const { block } of transaction.added) this.#ids.add(idKey(block.id))
    return []
  }

  /** Write a transaction and all before it to the disk. All of them are durable then. */
  async sync(transaction: Transaction): Promise<Transaction[]> {
    const { store } = transaction
    const rows = rowsOf(transaction)
    await store.write(this.isEmpty ? rows : [...this.#writes, ...rows, deleting(store, UNSYNCED_KEY)], 'disk')
    const durable = [...this.#transactions, transaction]
    this.#ids.clear()
    this.#mark = undefined
    this.#writes = []
    this.#transactions = []
    this.#bytes = 0
    return durable
  }
}
