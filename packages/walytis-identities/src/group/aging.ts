import { CID } from 'multiformats/cid'
import type { GroupActs } from './acts.ts'
import type { GroupCore } from './core.ts'
import { bestOf } from './epochs.ts'

/** Milliseconds that keys are used for before others take their place, and the most that is added to it at random. */
const WEEK = 7 * 24 * 60 * 60 * 1000
const JITTER = 1 / 7
/** Milliseconds from when keys are found to be too old; random, too, so that not all devices begin others at once. */
const OVERDUE = 10 * 60 * 1000
/** What a timer takes at most. */
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * Begins another epoch when the current one has grown old, on whichever device comes to it first. The age is reckoned by this device's clock and by what the
 * epoch's block claims; of an epoch that this device began, by the time since: so a wrong clock costs an epoch too many, and no more. No
 * rule of validity.
 */
export class Aging {
  readonly #core: GroupCore
  readonly #acts: GroupActs
  readonly #limit: number
  /** Of what this device began itself: when, by its own clock. */
  readonly #begun = new Map<string, number>()
  #watched: string | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopped = false

  /** @param limit milliseconds; default: a week */
  constructor(core: GroupCore, acts: GroupActs, limit: number = WEEK) {
    this.#core = core
    this.#acts = acts
    this.#limit = limit
  }

  /** An epoch that this device has begun. */
  begun(id: string): void {
    this.#begun.clear()
    this.#begun.set(id, this.#core.components.now())
    this.#watched = undefined
    this.look()
  }

  /** The current epoch may be another one. */
  look(): void {
    const best = this.#stopped || !this.#core.present ? undefined : bestOf(this.#core.state)
    if (best?.id !== this.#watched) {
      this.#watched = best?.id
      clearTimeout(this.#timer)
      if (best !== undefined) {
        // Without the block there is nothing to reckon by; the next change looks again.
        this.#schedule(best.id).catch(() => undefined)
      }
    }
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #schedule(id: string): Promise<void> {
    const { chain, components } = this.#core
    const record = await chain.record(CID.parse(id))
    const since = this.#begun.get(id) ?? record?.block.time
    if (since !== undefined && this.#watched === id && !this.#stopped) {
      const left = since + this.#limit - components.now()
      const wait =
        left > 0 ? left + this.#random() * this.#limit * JITTER : this.#random() * Math.min(OVERDUE, this.#limit)
      const act = wait > LONGEST_TIMER ? () => this.#schedule(id).catch(() => undefined) : () => this.#replace(id)
      clearTimeout(this.#timer)
      this.#timer = setTimeout(act, Math.min(wait, LONGEST_TIMER))
      this.#timer.unref?.()
    }
  }

  #replace(id: string): void {
    // Who can't write (any more) leaves it to others; a write that fails is tried again with the next change.
    this.#acts.rotate('scheduled', (at) => bestOf(at)?.id === id).catch(() => undefined)
  }

  /** From 0 to 1. */
  #random(): number {
    const [high = 0, low = 0] = this.#core.components.randomBytes(2)
    return (high * 256 + low) / 65_536
  }
}
