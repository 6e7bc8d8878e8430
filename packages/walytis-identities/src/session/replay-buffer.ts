import type { ResumeFrame } from './resume-format.ts'

/** What is counted: messages, and one end. */
export type Item = Extract<ResumeFrame, { kind: 'message' | 'end' }>

/** Items that the other side has not said to have received, oldest first, in memory alone. */
export class ReplayBuffer {
  readonly #items: Item[] = []
  #bytes = 0
  /** Items at the front that were given to the present carrier. */
  #given = 0
  /** Items that the other side has received. */
  #confirmed = 0

  get bytes(): number {
    return this.#bytes
  }

  get empty(): boolean {
    return this.#items.length === 0
  }

  push(item: Item): void {
    this.#items.push(item)
    this.#bytes += sizeOf(item)
  }

  /** The next item for the present carrier. */
  next(): Item | undefined {
    const item = this.#items[this.#given]
    if (item !== undefined) {
      this.#given++
    }
    return item
  }

  /**
   * Another carrier: what was not received is given again.
   *
   * @returns false for a count of items that can't have been received
   */
  restart(confirmed: number): boolean {
    // which of them were given to carriers before is not known any more: any may have come
    this.#given = this.#items.length
    const possible = this.confirm(confirmed)
    this.#given = 0
    return possible
  }

  /** @returns false for a count of items that can't have been received */
  confirm(count: number): boolean {
    const items = count - this.#confirmed
    if (items < 0 || items > this.#given) {
      return false
    }
    for (const item of this.#items.splice(0, items)) {
      this.#bytes -= sizeOf(item)
    }
    this.#given -= items
    this.#confirmed = count
    return true
  }

  clear(): void {
    this.#items.length = 0
    this.#bytes = 0
    this.#given = 0
  }
}

/** What an item costs to keep; small ones are not for nothing. */
export function sizeOf(item: Item): number {
  return 64 + (item.kind === 'message' ? item.payload.length : 0)
}
