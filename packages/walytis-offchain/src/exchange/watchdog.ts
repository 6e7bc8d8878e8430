/** Calls `bark` when nothing was heard for a while. One timer, however often something is heard. */
export class Watchdog {
  readonly #patience: number
  readonly #bark: () => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(patience: number, bark: () => void) {
    this.#patience = patience
    this.#bark = bark
    this.heard()
  }

  heard(): void {
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#bark(), this.#patience)
    else this.#timer.refresh()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
