import { ChannelClosedError } from '../errors.ts'

/** Sees to it that a channel's messages have one reader: two would each miss what the other one took. */
export class OneReader {
  #reading = false

  get reading(): boolean {
    return this.#reading
  }

  /**
   * @param next the next message; undefined once nothing more comes
   * @throws {ChannelClosedError} while somebody else reads, and whatever `next` throws
   */
  async *messages(next: () => Promise<Uint8Array | undefined>): AsyncGenerator<Uint8Array> {
    if (this.#reading) {
      throw new ChannelClosedError('somebody else reads it')
    }
    this.#reading = true
    try {
      for (;;) {
        const message = await next()
        if (message === undefined) {
          return
        }
        yield message
      }
    } finally {
      this.#reading = false
    }
  }
}
