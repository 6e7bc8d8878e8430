/** A clock that can wake its user: passed in, so that tests hold time in their hands. */
export interface Timers {
  /** Milliseconds since 1970. */
  now(): number
  /** Call back once after so many milliseconds. Returns what cancels it. */
  after(milliseconds: number, callback: () => void): () => void
}

/** The platform's timers, with a clock of choice. */
export function platformTimers(now: () => number): Timers {
  return {
    now,
    after: (milliseconds, callback) => {
      const timer = setTimeout(callback, Math.max(0, milliseconds))
      return () => clearTimeout(timer)
    }
  }
}
