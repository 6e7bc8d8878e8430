import type { AbortOptions, PeerId } from '@libp2p/interface'

/**
 * Dials the peers of open chains until they are connected, with exponential back-off and jitter. Nobody else is ever
 * dialled: peers get here only from an invitation, from the address book, from a partner of the same chain, or from the caller.
 */
export interface DialerInit {
  /** Connect, whatever it takes; must reject after a while. */
  dial(peer: PeerId, options: AbortOptions): Promise<void>
  isConnected(peer: PeerId): boolean
  /** Whether the peer is still wanted: a chain of its is open and short of partners. */
  isWanted(peer: PeerId): boolean
  /** A peer could not be reached, for so many times without a break. */
  failed(peer: PeerId, failures: number): void
  /** Milliseconds that never go back, whatever the wall clock does. */
  now(): number
  /** From 0 (inclusive) to 1 (exclusive). */
  random(): number
}

interface Target {
  readonly peer: PeerId
  failures: number
  /** By `now`. */
  dueAt: number
  isDialling: boolean
}

/** Milliseconds. */
const FIRST_PAUSE = 200
const LONGEST_PAUSE = 120_000
const DIAL_DEADLINE = 15_000
/** Dials at the same time. */
const MAX_DIALLING = 8
const MAX_TARGETS = 1024

export class Dialer {
  private readonly init: DialerInit
  private readonly targets = new Map<string, Target>()
  private readonly abort = new AbortController()
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(init: DialerInit) {
    this.init = init
  }

  /** Dial a peer soon: at once, or after the first pause when it was just lost. */
  want(peer: PeerId, afterLoss = false): void {
    const name = peer.toString()
    const known = this.targets.get(name)
    if (known === undefined && this.targets.size >= MAX_TARGETS) return
    const target = known ?? { peer, failures: 0, dueAt: 0, isDialling: false }
    target.failures = 0
    target.dueAt = this.init.now() + (afterLoss ? this.pause(0) : 0)
    this.targets.set(name, target)
    this.schedule()
  }

  /** The same on somebody's word: a peer that is being dialled keeps its pauses, so that nobody can hurry them. */
  suggest(peer: PeerId): void {
    if (!this.targets.has(peer.toString())) this.want(peer)
  }

  stop(): void {
    this.abort.abort()
    clearTimeout(this.timer)
    this.targets.clear()
  }

  private schedule(): void {
    clearTimeout(this.timer)
    if (this.abort.signal.aborted) return
    const waiting = [...this.targets.values()].filter(({ isDialling }) => !isDialling)
    if (waiting.length === 0 || this.targets.size - waiting.length >= MAX_DIALLING) return
    const next = waiting.reduce((a, b) => (b.dueAt < a.dueAt ? b : a))
    this.timer = setTimeout(() => void this.attempt(next), Math.max(0, next.dueAt - this.init.now()))
  }

  private async attempt(target: Target): Promise<void> {
    const { init } = this
    const name = target.peer.toString()
    if (init.isConnected(target.peer) || !init.isWanted(target.peer)) {
      this.targets.delete(name)
      return this.schedule()
    }
    target.isDialling = true
    this.schedule()
    try {
      await init.dial(target.peer, { signal: AbortSignal.any([this.abort.signal, AbortSignal.timeout(DIAL_DEADLINE)]) })
      this.targets.delete(name)
    } catch {
      // unreachable now: later again, for as long as it is wanted
      target.isDialling = false
      target.dueAt = init.now() + this.pause(target.failures)
      target.failures++
      init.failed(target.peer, target.failures)
    }
    this.schedule()
  }

  /** Doubles with each failure; half of it random, so that peers that lost each other don't keep meeting in lockstep. */
  private pause(failures: number): number {
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures, 20))
    return longest * (0.5 + 0.5 * this.init.random())
  }
}
