/** A clock that can wake its user: passed in, so that tests hold time in their hands. */
export interface Timers {
  /** Milliseconds since some moment: for measuring how long things take. It never goes back, whatever the wall clock does. */
  now(): number
  /** Call back once after so many milliseconds. Returns what cancels it. */
  after(milliseconds: number, callback: () => void): () => void
}

/**
 * The platform's timers. Time is the process's own and not the wall clock's: a wall clock that is set back by years must not
 * make a deadline, a pause or a ban last for years.
 *
 * @param now milliseconds that never go back
 */
export function platformTimers(now: () => number = () => performance.now()): Timers {
  return {
    now,
    after: (milliseconds, callback) => {
      const timer = setTimeout(callback, Math.max(0, milliseconds))
      return () => clearTimeout(timer)
    }
  }
}
