import type { AbstractSublevel } from 'abstract-level'
import type { BatchOperation, Store } from '../interface/index.ts'
import { chainRows } from './chain-store.ts'
import { namingFailures, SYNCED } from './open-store.ts'

/**
 * Which chains a store has. A chain's rows count for nothing unless its row here says `held`; so to receive or to forget a
 * chain is atomic, however many rows it has.
 */

/**
 * `staged`: being received, and nobody has seen it. `partial`: being received, and in use already. `deleted`: to be cleared
 * away.
 */
export type ChainStatus = 'held' | 'partial' | 'staged' | 'deleted'

const STATUSES: readonly string[] = ['held', 'partial', 'staged', 'deleted'] satisfies ChainStatus[]

export class ChainRegistry {
  readonly #store: Store
  readonly #rows: AbstractSublevel<Store, string | Uint8Array | Buffer, string, string>

  constructor(store: Store) {
    this.#store = store
    this.#rows = store.sublevel<string, string>(['walytis', 'chains'], {})
  }

  async status(id: string): Promise<ChainStatus | undefined> {
    const status = await this.#guard(() => this.#rows.get(id))
    return isStatus(status) ? status : undefined
  }

  /** Ids of chains of any of these statuses, in the order of their text. */
  async ids(...statuses: readonly ChainStatus[]): Promise<string[]> {
    const entries = await this.#guard(() => this.#rows.iterator().all())
    return entries.filter(([, value]) => isStatus(value) && statuses.includes(value)).map(([id]) => id)
  }

  /** The write that gives a chain a status, for a batch. */
  setting(id: string, status: ChainStatus): BatchOperation {
    return {
      type: 'put',
      sublevel: this.#rows,
      key: id,
      value: new TextEncoder().encode(status),
      valueEncoding: 'view'
    }
  }

  /** The same at once, synced, with other rows. */
  async set(id: string, status: ChainStatus, batch: readonly BatchOperation[] = []): Promise<void> {
    await this.#guard(() => this.#store.batch<string, Uint8Array>([this.setting(id, status), ...batch], SYNCED))
  }

  /**
   * Clear a chain away. Marked first, so that a crash in the middle is made good at the next start.
   *
   * @param rows to be deleted with it
   */
  async remove(id: string, rows: readonly BatchOperation[] = []): Promise<void> {
    await this.set(id, 'deleted', rows)
    await this.#guard(() => chainRows(this.#store, id).clear())
    await this.#guard(() => this.#store.batch<string, string>([{ type: 'del', sublevel: this.#rows, key: id }], SYNCED))
  }

  /** Clear away what a crash left half deleted. What is half received is gone on with. */
  async removeLeftovers(): Promise<void> {
    for (const id of await this.ids('deleted')) await this.remove(id)
  }

  async #guard<T>(operation: () => Promise<T>): Promise<T> {
    return await namingFailures(this.#store, operation)
  }
}

function isStatus(value: string | undefined): value is ChainStatus {
  return value !== undefined && STATUSES.includes(value)
}
