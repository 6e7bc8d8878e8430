/** How many may be held, by all together and by one peer. */
export interface PlacesInit {
  readonly total: number
  readonly each: number
}

/**
 * A bounded number of places that are shared fairly between peers. They are counted by peer and not by connection, because
 * a peer may open as many of those as it likes.
 */
export class Places<T> {
  readonly #init: PlacesInit
  /** Whose they are, those held longest first. */
  readonly #held = new Map<T, Place>()

  constructor(init: PlacesInit) {
    this.#init = init
  }

  get all(): T[] {
    return [...this.#held.keys()]
  }

  /** Take a place in any case. Returns who has to leave for it: the peer's own longest, or that of who holds most. */
  take(item: T, peer: string): T | undefined {
    this.#held.set(item, { peer, since: 0 })
    if (this.#ofPeer(peer) > this.#init.each) return this.#remove(this.#longest(peer))
    return this.#held.size > this.#init.total ? this.#remove(this.#longest(this.#greediest())) : undefined
  }

  /**
   * Take a place where that is fair. When all are taken, the one held longest gives way: that of a peer which keeps more than the
   * asker gets, or any that has had its turn.
   *
   * @param turn when, and how long a place may be held before it may be given to somebody else; in milliseconds
   */
  claim(item: T, peer: string, turn: { readonly now: number; readonly length: number }): Claim<T> {
    const own = this.#ofPeer(peer)
    if (own >= this.#init.each) return { isTaken: false, leaving: undefined }
    let leaving: T | undefined
    if (this.#held.size >= this.#init.total) {
      const greediest = this.#greediest()
      if (this.#ofPeer(greediest) > own + 1) leaving = this.#remove(this.#longest(greediest))
      else {
        const [longest] = this.#held
        if (longest === undefined || turn.now - longest[1].since < turn.length) return { isTaken: false, leaving }
        leaving = this.#remove(longest[0])
      }
    }
    this.#held.set(item, { peer, since: turn.now })
    return { isTaken: true, leaving }
  }

  leave(item: T): void {
    this.#held.delete(item)
  }

  #ofPeer(peer: string): number {
    let count = 0
    for (const place of this.#held.values()) if (place.peer === peer) count++
    return count
  }

  /** Who holds most; of several, who holds one the longest. */
  #greediest(): string {
    const counts = new Map<string, number>()
    for (const { peer } of this.#held.values()) counts.set(peer, (counts.get(peer) ?? 0) + 1)
    return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0]
  }

  #longest(peer: string): T | undefined {
    for (const [item, place] of this.#held) if (place.peer === peer) return item
    return undefined
  }

  #remove(item: T | undefined): T | undefined {
    if (item !== undefined) this.#held.delete(item)
    return item
  }
}

/** What came of asking for a place. */
export interface Claim<T> {
  readonly isTaken: boolean
  /** Who has to leave for it. */
  readonly leaving: T | undefined
}

interface Place {
  readonly peer: string
  readonly since: number
}
