import { InvalidContentError, UnreachableError } from '../errors.ts'
import type { BlockId } from '../interface/index.ts'
import type { ExchangedFiles, FetchOptions } from '../replica.ts'
import type { Timers } from '../timers.ts'
import { RETRY } from './limits.ts'

export interface AheadInit {
  readonly files: ExchangedFiles
  /** Contents up to this many bytes. */
  readonly limit: number
  readonly timers: Timers
  fetch(block: BlockId, options: FetchOptions): Promise<void>
  failed(error: unknown): void
}

/**
 * Fetches the larger contents of a chain before anybody asks for them, one after the other. The store is the list of what is
 * missing, so it goes on after a restart. What nobody has now is passed over, and tried again later.
 */
export class Ahead {
  readonly #init: AheadInit
  readonly #stopping = new AbortController()
  #isRunning = false
  #isNudged = false
  #cancelRetry: (() => void) | undefined

  constructor(init: AheadInit) {
    this.#init = init
  }

  /** There may be more to fetch, or somebody new to ask. */
  nudge(): void {
    this.#isNudged = true
    if (!this.#isRunning && !this.#stopping.signal.aborted) void this.#run()
  }

  stop(): void {
    this.#stopping.abort()
    this.#cancelRetry?.()
  }

  async #run(): Promise<void> {
    const { timers, failed } = this.#init
    const { signal } = this.#stopping
    this.#isRunning = true
    this.#cancelRetry?.()
    try {
      let isLeft = false
      while (this.#isNudged && !signal.aborted) {
        this.#isNudged = false
        isLeft = await this.#pass()
      }
      if (isLeft && !signal.aborted) this.#cancelRetry = timers.after(RETRY.longest, () => this.nudge())
    } catch (error) {
      if (!signal.aborted) failed(error)
    } finally {
      this.#isRunning = false
    }
  }

  /** Try all once. Whether some could not be had. */
  async #pass(): Promise<boolean> {
    const { files, limit, fetch } = this.#init
    const { signal } = this.#stopping
    let isLeft = false
    for await (const block of files.lacking()) {
      signal.throwIfAborted()
      const content = await files.of(block)
      if (content === undefined || !content.replicated || content.reference.size > limit) continue
      try {
        await fetch(block, { signal, ahead: true })
      } catch (error) {
        if (error instanceof UnreachableError) isLeft = true
        else if (!(error instanceof InvalidContentError)) throw error
      }
    }
    return isLeft
  }
}
