/** Where lines go. */
export type Output = (line: string) => void

const NAME_WIDTH = 16

/** What happens, line by line: the seconds since the start, who, and what. */
export class Transcript {
  readonly #write: Output
  readonly #now: () => number
  readonly #start: number

  /** `now` gives milliseconds of any clock that doesn't go back. */
  constructor(write: Output, now: () => number) {
    this.#write = write
    this.#now = now
    this.#start = now()
  }

  heading(title: string): void {
    this.#write('')
    this.#write(title)
  }

  line(who: string, what: string): void {
    const seconds = ((this.#now() - this.#start) / 1000).toFixed(3)
    this.#write(`${seconds.padStart(8)} s  ${who.padEnd(NAME_WIDTH)}  ${what}`)
  }
}
