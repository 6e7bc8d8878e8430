/** Work that nobody waits for, one piece after the other. A failure is reported; what is owed is tried again at the next occasion. */
export class Background {
  readonly #signal: AbortSignal
  readonly #failed: (error: unknown) => void
  #tail: Promise<void> = Promise.resolve()

  /** Nothing begins after the signal, and nothing is reported. */
  constructor(signal: AbortSignal, failed: (error: unknown) => void) {
    this.#signal = signal
    this.#failed = failed
  }

  add(work: (signal: AbortSignal) => Promise<void>): void {
    const signal = this.#signal
    this.#tail = this.#tail
      .then(async () => (signal.aborted ? undefined : await work(signal)))
      .catch((error: unknown) => {
        if (!signal.aborted) this.#failed(error)
      })
  }

  /** Resolves when all that was added before has ended. */
  async settled(): Promise<void> {
    await this.#tail
  }
}
