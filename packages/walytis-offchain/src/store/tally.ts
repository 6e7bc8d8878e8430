import { decode, encode } from '@ipld/dag-cbor'
import { hasFields } from 'walytis'
import type { Store } from 'walytis/interface'
import { FORMAT_VERSION } from '../constants.ts'
import { StoreCorruptError } from '../errors.ts'
import type { LogEntry } from './block-row.ts'
import { type Rows, rowsOf } from './store-keys.ts'

/** Entries of the log after which the sum is written down again. */
const STRIDE = 1024
const KEY = 'tally'

interface Sum {
  readonly ordinal: number
  readonly count: number
}

/** The log, as far as the sum needs it. */
export interface TalliedLog {
  horizon(): number
  log(range: { after: number }): AsyncIterable<[ordinal: number, entry: LogEntry]>
}

/** How many blocks are shown and in effect: the sum of what the log tells, of which only what is new is read. */
export class Tally {
  readonly #rows: Rows
  readonly #log: TalliedLog
  #sum: Sum | undefined
  #written = 0
  #adding: Promise<number> | undefined

  constructor(store: Store, chain: string, log: TalliedLog) {
    this.#rows = rowsOf(store, chain, 'state')
    this.#log = log
  }

  /** As of the log's horizon. @throws {StoreCorruptError} */
  async total(): Promise<number> {
    // One after the other, for each goes on where the last one stopped.
    const adding = (this.#adding ?? Promise.resolve(0)).catch(() => 0).then(async () => await this.#add())
    this.#adding = adding
    return await adding
  }

  async #add(): Promise<number> {
    let { ordinal, count } = this.#sum ?? (await this.#read())
    if (this.#log.horizon() > ordinal) {
      for await (const [number, { kind }] of this.#log.log({ after: ordinal })) {
        ordinal = number
        if (kind === 'block' || kind === 'reinstate') count++
        else if (kind === 'revoke' || kind === 'refuse') count--
      }
    }
    this.#sum = { ordinal, count }
    if (ordinal - this.#written >= STRIDE) {
      await this.#rows.put(KEY, encode({ v: FORMAT_VERSION, ordinal, count }))
      this.#written = ordinal
    }
    return count
  }

  async #read(): Promise<Sum> {
    const bytes = await this.#rows.get(KEY)
    if (bytes === undefined) return { ordinal: 0, count: 0 }
    const value: unknown = decode(bytes)
    if (hasFields(value, ['count', 'ordinal', 'v']) && value['v'] === FORMAT_VERSION) {
      const { ordinal, count } = value
      if (typeof ordinal === 'number' && typeof count === 'number') {
        this.#written = ordinal
        return { ordinal, count }
      }
    }
    throw new StoreCorruptError('The number of blocks of a private chain can not be read')
  }
}
