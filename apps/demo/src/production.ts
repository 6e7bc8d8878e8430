/*
 * One run of the demo from the first folder to the last: sets the stage, plays the story, looks at what is left, and clears up.
 */
import { rm } from 'node:fs/promises'
import { folderFor } from './folders.ts'
import { inspect } from './inspection.ts'
import { type Pace, Scenario } from './scenario.ts'
import { Stage, type StageInit } from './stage.ts'
import { type Summary, summarise } from './summary.ts'
import { type Output, Transcript } from './transcript.ts'

export interface ProductionOptions {
  /** Folder to keep everything in; left out: a temporary one, removed at the end. */
  readonly keep?: string | undefined
  readonly debug: boolean
  readonly pace: Pace
  /** How long each step may take, in milliseconds. */
  readonly deadlineMs: number
  readonly programs: StageInit['programs']
  readonly write: Output
  /** Milliseconds of a clock that doesn't go back. */
  readonly now: () => number
}

export class Production {
  readonly #options: ProductionOptions
  #root: string | undefined
  #stage: Stage | undefined
  #ended: Promise<void> | undefined

  constructor(options: ProductionOptions) {
    this.#options = options
  }

  /** @throws {UsageError} when the folder to keep is not empty
   * @throws what a device failed with */
  async run(): Promise<{ readonly summary: Summary; readonly faults: readonly string[] }> {
    const { keep, pace, debug, deadlineMs, programs, write, now } = this.#options
    const transcript = new Transcript(write, now)
    this.#root = await folderFor(keep)
    this.#stage = await Stage.set({ root: this.#root, programs, debug, deadlineMs })
    write(`Three devices, each a process with a folder of its own in ${this.#root}`)
    const outcome = await new Scenario(this.#stage, transcript, pace).play()
    const inspection = await inspect(this.#stage, outcome.secrets, transcript)
    return summarise(outcome, inspection, pace)
  }

  /** End all processes and remove what is not to be kept. Once is enough, and twice does no harm. */
  async end(): Promise<void> {
    this.#ended ??= this.#end()
    await this.#ended
  }

  async #end(): Promise<void> {
    await this.#stage?.clear()
    if (this.#root !== undefined && this.#options.keep === undefined) {
      await rm(this.#root, { recursive: true, force: true, maxRetries: 3 })
    }
  }
}
