/** Work that is done when asked for, and then not again for a while: what is asked for meanwhile is done once, at its end. */
export class Pause {
  readonly #now: () => number
  readonly #milliseconds: number
  readonly #work: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #last = Number.NEGATIVE_INFINITY

  constructor(now: () => number, milliseconds: number, work: () => void) {
    this.#now = now
    this.#milliseconds = milliseconds
    this.#work = work
  }

  /** Do the work in a turn of its own: soon, or when the pause since the last time is over. */
  ask(): void {
    if (this.#timer !== undefined) return
    // A clock that goes back makes no pause longer.
    const wait = Math.min(this.#milliseconds, Math.max(0, this.#last + this.#milliseconds - this.#now()))
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#last = this.#now()
      this.#work()
    }, wait)
  }

  /** Forget what was asked for. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
