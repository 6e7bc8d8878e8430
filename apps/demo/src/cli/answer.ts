import { printable } from '../printable.ts'
import type { Output } from '../transcript.ts'

/** How a command tells what it found: lines for people, or one line of JSON for each thing. */
export class Answer {
  readonly #json: boolean
  readonly #write: Output

  constructor(json: boolean, write: Output) {
    this.#json = json
    this.#write = write
  }

  /** One thing: its fields, and how people read it. What others wrote can't do anything to the terminal. */
  tell(value: Readonly<Record<string, unknown>>, words: string): void {
    this.#write(this.#json ? JSON.stringify(value) : printable(words))
  }
}
