/** A clock that stands still until it is moved. */
export interface TestClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Move forward, or back with a negative number of milliseconds. */
  advance(milliseconds: number): void
  /** Move to milliseconds since 1970. */
  set(milliseconds: number): void
}

/**
 * A clock that stands still until it is moved.
 *
 * @param start milliseconds since 1970; default: the first of January 2026
 */
export function createTestClock(start: number = Date.UTC(2026, 0, 1)): TestClock {
  let time = start
  return {
    now: () => time,
    advance: (milliseconds) => {
      time += milliseconds
    },
    set: (milliseconds) => {
      time = milliseconds
    }
  }
}
