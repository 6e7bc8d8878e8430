/** Contents read ahead of who reads one after the other: a look into the store costs more than a small content is long. */

/** Reads from a position on, as much as the store gives in one go. */
export type ReadFrom = (arrival: number, atMost: number) => Promise<ReadonlyMap<number, Uint8Array>>

/** Contents read in one go. */
const COUNT = 128

/** Notices that contents are asked for in the order of their arrival, and then reads the next ones along. Bounded by what one go gives. */
export class ReadAhead {
  readonly #readFrom: ReadFrom
  #next = -1
  #ahead = new Map<number, Uint8Array>()

  constructor(readFrom: ReadFrom) {
    this.#readFrom = readFrom
  }

  /** A content that is asked for; undefined when it has to be looked up by itself. */
  async take(arrival: number): Promise<Uint8Array | undefined> {
    const follows = arrival === this.#next
    this.#next = arrival + 1
    const known = this.#ahead.get(arrival)
    if (known !== undefined) {
      // who reads in order does not ask twice
      this.#ahead.delete(arrival)
      return known
    }
    if (!follows) return undefined
    const ahead = new Map(await this.#readFrom(arrival, COUNT))
    const found = ahead.get(arrival)
    ahead.delete(arrival)
    this.#ahead = ahead
    return found
  }
}
