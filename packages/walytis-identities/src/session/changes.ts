import type { AbortOptions } from '@libp2p/interface'
import { raceSignal } from 'race-signal'

/** Wakes those who wait for something to be otherwise; each then looks whether it is. */
export class Changes {
  #waiting: (() => void)[] = []

  /** Resolves at the next change. */
  next(options?: AbortOptions): Promise<void> {
    return raceSignal(new Promise((resolve) => this.#waiting.push(resolve)), options?.signal)
  }

  notify(): void {
    for (const wake of this.#waiting.splice(0)) {
      wake()
    }
  }
}
