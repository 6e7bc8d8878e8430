/*
 * Asks for contents of changes that have not come: without them nobody knows what is current, so that is not left to a chain's policy of
 * what to fetch. Some at a time, each for a while, so that one that nobody gives holds up no other.
 */
import type { Blockchain, BlockId } from 'walytis/interface'
import { SEEKING } from './constants.ts'

export interface SeekerComponents {
  readonly chain: Pick<Blockchain, 'get'>
  /** Changes whose content is not here, or could not be read. */
  lacking(): AsyncIterable<BlockId>
  /** A content is here. */
  came(id: BlockId): Promise<void>
  readonly signal: AbortSignal
}

export class ContentSeeker {
  readonly #components: SeekerComponents
  readonly #asked = new Map<string, Promise<void>>()
  #running: Promise<void> | undefined
  #again = false

  constructor(components: SeekerComponents) {
    this.#components = components
  }

  /** Ask once for each content that is lacking: there are new ones, or somebody new who may have them. */
  wake(): void {
    this.#again = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Resolves once nothing more is done. Only after the signal. */
  async stopped(): Promise<void> {
    await this.#running
    await Promise.all(this.#asked.values())
  }

  async #run(): Promise<void> {
    const { lacking, signal } = this.#components
    while (this.#again && !signal.aborted) {
      this.#again = false
      try {
        for await (const id of lacking()) {
          if (signal.aborted) return
          await this.#ask(id)
        }
      } catch {
        // The store fails, or is closed: what reads it next says so. What is lacking is asked for at the next occasion.
        return
      }
    }
  }

  /** Resolves once there is room for the next. */
  async #ask(id: BlockId): Promise<void> {
    const key = id.toString()
    if (this.#asked.has(key)) return
    const asking = this.#get(id).finally(() => this.#asked.delete(key))
    this.#asked.set(key, asking)
    if (this.#asked.size >= SEEKING.atOnce) await Promise.race(this.#asked.values())
  }

  /** Never rejects: what does not come now is asked for again. */
  async #get(id: BlockId): Promise<void> {
    const { chain, came, signal } = this.#components
    try {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(SEEKING.milliseconds)])
      const block = await chain.get(id, { signal: patience })
      await block.content({ signal: patience })
      await came(id)
    } catch {
      // It is not to be had, or not now. Whatever it is, the index says that it is lacking.
    }
  }
}
