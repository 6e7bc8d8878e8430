import type { AbortOptions, PeerId } from '@libp2p/interface'
import { AccessDeniedError } from '../errors.ts'
import type { AccessControl } from '../interface/index.ts'

/** Milliseconds for which those who were named have the first turn. */
const NAMED_FIRST = 2_000

/**
 * Who may send a chain that is being received: one peer at a time, so that nothing is sent twice, and first those who were
 * named for it. When the one that serves is lost, silent, or has not all of the chain itself, another one may.
 */
export class Sources implements AccessControl {
  readonly named: ReadonlySet<string>
  private readonly access: AccessControl
  private readonly now: () => number
  private readonly since: number
  private readonly admitted = new Set<string>()
  private serving: string | undefined
  private isLifted = false

  /**
   * @param access the chain's own, which must agree as well
   * @param named ids of the peers that the invitation, or the caller, named
   * @param now milliseconds that never go back
   */
  constructor(access: AccessControl, named: readonly string[], now: () => number) {
    this.access = access
    this.named = new Set(named)
    this.now = now
    this.since = now()
  }

  /** Whether nobody is serving. */
  get isFree(): boolean {
    return !this.isLifted && this.serving === undefined
  }

  /** All is here: from now on whoever the chain's own access control lets in. */
  lift(): void {
    this.isLifted = true
  }

  /** Let others serve, too: this peer has no more, or says nothing. */
  release(peer: PeerId): void {
    if (this.serving === peer.toString()) this.serving = undefined
  }

  /** The same for whoever is serving. */
  releaseAny(): void {
    this.serving = undefined
  }

  /** The peer has gone. */
  leave(peer: PeerId): void {
    this.admitted.delete(peer.toString())
    this.release(peer)
  }

  keys(options?: AbortOptions): Promise<Uint8Array[]> {
    return this.access.keys(options)
  }

  async authorize(peer: PeerId, options?: AbortOptions): Promise<void> {
    await this.access.authorize(peer, options)
    if (this.isLifted || this.admitted.has(peer.toString())) return
    const isTooEarly = this.named.size > 0 && !this.named.has(peer.toString()) && this.now() - this.since < NAMED_FIRST
    if (this.serving !== undefined || isTooEarly) throw new AccessDeniedError()
    this.admitted.add(peer.toString())
    this.serving = peer.toString()
  }

  permits(peer: PeerId): boolean {
    return (this.isLifted || this.admitted.has(peer.toString())) && this.access.permits(peer)
  }
}
