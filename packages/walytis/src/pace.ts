/** How often a peer may try in vain. */
export interface PaceInit {
  /** Tries at once. */
  readonly burst: number
  /** Milliseconds after which one more is allowed. */
  readonly every: number
  /** Milliseconds that never go back. */
  readonly now: () => number
}

/** Peers whose tries are remembered; who tried least lately is forgotten first. */
const MAX_PEERS = 1024

/** Holds up who tries again and again in vain, and nobody else: what succeeds costs nothing. */
export class Pace {
  readonly #init: PaceInit
  /** Who tried least lately first. */
  readonly #tries = new Map<string, { readonly count: number; readonly at: number }>()

  constructor(init: PaceInit) {
    this.#init = init
  }

  /** Whether a peer may try now. */
  allows(peer: string): boolean {
    return this.#count(peer) <= this.#init.burst - 1
  }

  /** A peer has tried in vain. */
  failed(peer: string): void {
    const count = this.#count(peer) + 1
    this.#tries.delete(peer)
    this.#tries.set(peer, { count, at: this.#init.now() })
    const [oldest] = this.#tries.keys()
    if (this.#tries.size > MAX_PEERS && oldest !== undefined) this.#tries.delete(oldest)
  }

  #count(peer: string): number {
    const known = this.#tries.get(peer)
    if (known === undefined) return 0
    return Math.max(0, known.count - (this.#init.now() - known.at) / this.#init.every)
  }
}
