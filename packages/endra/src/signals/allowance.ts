import { SIGNAL_BURST, SIGNALS_PER_SECOND } from '../constants.ts'

/** How many signals each device may still send: a bucket that fills as time passes. Pure apart from the clock that it is given. */
export class Allowance {
  readonly #now: () => number
  readonly #buckets = new Map<string, { left: number; at: number }>()

  /** @param now - milliseconds; going back does no harm */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether one more signal of this device is taken. */
  take(device: string): boolean {
    const now = this.#now()
    const { left, at } = this.#buckets.get(device) ?? { left: SIGNAL_BURST, at: now }
    const filled = Math.min(SIGNAL_BURST, left + (Math.max(0, now - at) / 1000) * SIGNALS_PER_SECOND)
    this.#buckets.set(device, { left: Math.max(0, filled - 1), at: now })
    return filled >= 1
  }

  /** A device is gone. */
  forget(device: string): void {
    this.#buckets.delete(device)
  }
}
