import type { PeerId } from '@libp2p/interface'
import type { IngestResult } from '../replica.ts'
import { MAX_LIVE_PARTNERS } from './limits.ts'
import type { Link } from './link.ts'
import type { SyncedChain } from './session.ts'

/** What happens to a chain on the network. */
export type ChainNotice =
  | { readonly type: 'joined'; readonly peer: PeerId }
  | { readonly type: 'left'; readonly peer: PeerId }
  | {
      readonly type: 'compared'
      readonly peer: PeerId
      readonly level: boolean
      readonly round: number
      /** Whether the peer is still receiving the chain itself. */
      readonly partial: boolean
    }
  | { readonly type: 'progress'; readonly peer: PeerId; readonly received: number; readonly expected: number }
  | { readonly type: 'rejected'; readonly peer: PeerId; readonly rejected: IngestResult['rejected'] }

/** A chain with its partners: who is live, and who listens to what happens. */
export class ChainEntry {
  readonly chain: SyncedChain
  /** In the order in which they joined: the first get new blocks pushed, the others are told of new heads. */
  private readonly partners = new Map<string, { readonly peer: PeerId; readonly link: Link }>()
  private readonly listeners = new Set<(notice: ChainNotice) => void>()

  constructor(chain: SyncedChain) {
    this.chain = chain
  }

  get peers(): PeerId[] {
    return [...this.partners.values()].map(({ peer }) => peer)
  }

  linkOf(peer: PeerId): Link | undefined {
    return this.partners.get(peer.toString())?.link
  }

  join(peer: PeerId, link: Link): void {
    this.partners.set(peer.toString(), { peer, link })
    this.chooseLive()
    this.emit({ type: 'joined', peer })
  }

  leave(peer: PeerId, link: Link): void {
    if (this.linkOf(peer) !== link) return
    this.partners.delete(peer.toString())
    this.chooseLive()
    this.emit({ type: 'left', peer })
  }

  /** Ask partners for blocks whose records are damaged here, or only the one. */
  fetchDamaged(from?: PeerId): void {
    const { ids } = this.chain.replica.damages
    if (ids.length === 0) return
    const links = from === undefined ? [...this.partners.values()].map(({ link }) => link) : [this.linkOf(from)]
    for (const link of links) link?.dispatch({ type: 'fetch', ids })
  }

  /** Compare with all partners again. */
  resync(): void {
    for (const { link } of this.partners.values()) link.dispatch({ type: 'resync' })
  }

  listen(listener: (notice: ChainNotice) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  emit(notice: ChainNotice): void {
    for (const listener of [...this.listeners]) listener(notice)
  }

  /** The first notice that gives a result. Rejects when the signal is aborted. */
  async wait<T>(select: (notice: ChainNotice) => T | undefined, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted()
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        stop()
        reject(signal.reason)
      }
      const stop = this.listen((notice) => {
        const result = select(notice)
        if (result === undefined) return
        stop()
        signal.removeEventListener('abort', onAbort)
        resolve(result)
      })
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  private chooseLive(): void {
    let i = 0
    for (const { link } of [...this.partners.values()]) link.dispatch({ type: 'eager', eager: i++ < MAX_LIVE_PARTNERS })
  }
}
