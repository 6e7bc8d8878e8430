import type { Did } from 'walytis-identities'
import { TYPING_PAUSE_MS } from '../constants.ts'

/** Who is typing: as long as they say so again. Nothing of it is stored. */
export class Typists {
  readonly #changed: (did: Did, typing: boolean) => void
  readonly #timers = new Map<Did, ReturnType<typeof setTimeout>>()

  constructor(changed: (did: Did, typing: boolean) => void) {
    this.#changed = changed
  }

  /** Somebody says that they are typing, or no longer, or has sent what they typed. */
  hear(did: Did, typing: boolean): void {
    const timer = this.#timers.get(did)
    clearTimeout(timer)
    if (typing)
      this.#timers.set(
        did,
        setTimeout(() => this.hear(did, false), 2 * TYPING_PAUSE_MS)
      )
    else this.#timers.delete(did)
    if (typing !== (timer !== undefined)) this.#changed(did, typing)
  }

  /** Forget everybody, without a word. */
  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }
}
