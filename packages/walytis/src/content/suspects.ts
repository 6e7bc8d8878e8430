import type { PeerId } from '@libp2p/interface'
import { MAX_SUSPECTS, MAX_WRONG, WRONG_PAUSE } from './limits.ts'

export interface SuspectsInit {
  /** Milliseconds of a clock that never goes back. */
  now(): number
  /** A peer has sent too much that is wrong. */
  punish(peer: PeerId): void
}

/** Peers that sent bytes which are not what was asked for: they are asked for nothing for a while, and cut off when they go on. */
export class Suspects {
  readonly #init: SuspectsInit
  readonly #known = new Map<string, { readonly wrong: number; readonly until: number }>()

  constructor(init: SuspectsInit) {
    this.#init = init
  }

  has(peer: PeerId): boolean {
    return (this.#known.get(peer.toString())?.until ?? 0) > this.#init.now()
  }

  note(peer: PeerId): void {
    const name = peer.toString()
    const wrong = (this.#known.get(name)?.wrong ?? 0) + 1
    this.#known.delete(name)
    if (this.#known.size >= MAX_SUSPECTS) this.#known.delete(this.#known.keys().next().value ?? name)
    this.#known.set(name, { wrong, until: this.#init.now() + WRONG_PAUSE * 2 ** (wrong - 1) })
    if (wrong >= MAX_WRONG) this.#init.punish(peer)
  }
}
