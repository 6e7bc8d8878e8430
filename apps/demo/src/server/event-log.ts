/** The newest events, numbered, so that a page that was away for a moment gets what it missed and no more. */
export class EventLog<E> {
  readonly #most: number
  readonly #listeners = new Set<(seq: number, event: E) => void>()
  #events: E[] = []
  #last = 0

  /** @param most how many events are kept */
  constructor(most: number) {
    this.#most = most
  }

  /** Number of the last event; 0 before the first. */
  get last(): number {
    return this.#last
  }

  add(event: E): void {
    this.#last += 1
    this.#events.push(event)
    // Cut rarely, so that adding costs the same however many are kept.
    if (this.#events.length > 2 * this.#most) this.#events = this.#events.slice(-this.#most)
    for (const listener of this.#listeners) listener(this.#last, event)
  }

  /** Forget what happened; numbers go on. Whoever was away gets a snapshot. */
  clear(): void {
    this.#events = []
  }

  /** What came after the event of this number, oldest first. Undefined when some of it is kept no more, or the number is none of this log's. */
  since(seq: number): { readonly seq: number; readonly event: E }[] | undefined {
    const first = this.#last - this.#events.length + 1
    if (!Number.isSafeInteger(seq) || seq > this.#last || seq < first - 1) return undefined
    return this.#events.slice(seq - first + 1).map((event, index) => ({ seq: seq + 1 + index, event }))
  }

  /** Be told of events from now on. Gives what ends that. */
  follow(listener: (seq: number, event: E) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
