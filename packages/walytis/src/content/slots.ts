import type { AbortOptions } from '@libp2p/interface'
import { raceSignal } from 'race-signal'

/** A number of places, given out in the order of asking. */
export class Slots {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  /** Resolves with what gives the place back, which may be called again in vain. */
  async take({ signal }: AbortOptions): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.#free > 0) this.#free--
    else {
      const turn = Promise.withResolvers<void>()
      this.#waiting.push(turn.resolve)
      try {
        await raceSignal(turn.promise, signal)
      } catch (error) {
        const index = this.#waiting.indexOf(turn.resolve)
        // the turn came in the same moment
        if (index < 0) this.#give()
        else this.#waiting.splice(index, 1)
        throw error
      }
    }
    let isTaken = true
    return () => {
      if (isTaken) this.#give()
      isTaken = false
    }
  }

  #give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
