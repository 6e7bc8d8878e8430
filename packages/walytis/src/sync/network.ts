import type { AbortOptions, PeerId } from '@libp2p/interface'
import { raceSignal } from 'race-signal'
import { AccessDeniedError, ClosedError } from '../errors.ts'
import type { SyncResult } from '../interface/index.ts'
import type { SyncOptions } from '../interface/options.ts'
import type { Timers } from '../timers.ts'
import { ChainEntry } from './chain-entry.ts'
import { comparePeers } from './compare.ts'
import type { Frames } from './framing.ts'
import type { SyncHost } from './host.ts'
import {
  BAN,
  MAX_BANS,
  MAX_SESSIONS,
  NONCE_BYTES,
  OPEN_DEADLINE,
  REFRESH_EVERY,
  REFRESH_PAUSE,
  SECOND_OPENER_PAUSE,
  TICK
} from './limits.ts'
import type { Link } from './link.ts'
import { Session, type SessionEnd, type SessionNotice, type SyncedChain } from './session.ts'
import type { Role } from './tags.ts'

export interface SyncNetworkInit {
  readonly host: SyncHost
  readonly timers: Timers
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number
  readonly randomBytes: (length: number) => Uint8Array
  /** A peer takes part in a chain, too. */
  joined(chain: string, peer: PeerId): void
  /** A partner named others: signed peer records, not yet checked. */
  records(chain: string, records: readonly Uint8Array[], from: PeerId): void
}

/**
 * All streams of a node, and the chains that are synced over them. Made by `createWalytis`. Opens one stream to each
 * connected peer that speaks the protocol; never connects to anybody.
 */
export class SyncNetwork {
  private readonly init: SyncNetworkInit
  private readonly entries = new Map<
    string,
    { readonly entry: ChainEntry; readonly stop: () => void; refresh: (() => void) | undefined }
  >()
  private readonly sessions = new Map<string, Session>()
  private readonly opening = new Map<string, Promise<void>>()
  private readonly reopening = new Map<string, { failures: number; cancel: () => void }>()
  private readonly banned = new Map<string, number>()
  private unlisten: (() => Promise<void>) | undefined
  private stopTicking: (() => void) | undefined
  private refreshedAt = 0
  private isStopped = false

  constructor(init: SyncNetworkInit) {
    this.init = init
  }

  async start(): Promise<void> {
    this.unlisten = await this.init.host.listen({
      opened: (frames, peer) => this.accept(frames, peer),
      connected: (peer) => {
        // both see each other: the lesser id opens, the other makes sure that it happened
        if (this.isLesser(peer)) void this.tryOpen(peer)
        else this.openLater(peer, SECOND_OPENER_PAUSE)
      }
    })
    this.tickLater()
  }

  async stop(): Promise<void> {
    this.isStopped = true
    this.stopTicking?.()
    for (const { cancel } of this.reopening.values()) cancel()
    for (const id of [...this.entries.keys()]) this.remove(id)
    await this.unlisten?.()
    await Promise.all([...this.sessions.values()].map((session) => session.close()))
  }

  /** Let a chain take part: it is announced on all streams, and new blocks are forwarded. */
  add(chain: SyncedChain): ChainEntry {
    const entry = new ChainEntry(chain)
    const stop = chain.replica.onAccepted((blocks, from) => {
      for (const session of this.sessions.values()) {
        const link = session.link(chain.id)
        if (link === undefined || !session.checkPermit(chain) || (from !== undefined && session.peer.equals(from)))
          continue
        link.dispatch({ type: 'accepted', blocks })
      }
      this.refreshSoon(chain.id)
    })
    const unwatch = chain.replica.damages.watch(() => entry.fetchDamaged())
    const stopBoth = () => {
      stop()
      unwatch()
    }
    this.entries.set(chain.id, { entry, stop: stopBoth, refresh: undefined })
    void this.announce(chain)
    return entry
  }

  remove(id: string): void {
    const known = this.entries.get(id)
    if (known === undefined) return
    known.stop()
    known.refresh?.()
    for (const session of this.sessions.values()) session.withdraw(id)
    this.entries.delete(id)
  }

  entry(id: string): ChainEntry | undefined {
    return this.entries.get(id)?.entry
  }

  /** Whether a peer has shown on its stream that it may hold the chain, and still may. */
  permits(id: string, peer: PeerId): boolean {
    const chain = this.entry(id)?.chain
    return chain !== undefined && this.sessions.get(peer.toString())?.checkPermit(chain) === true
  }

  /** Close all connections to a peer that broke the rules of another protocol, and don't listen to it for a while. */
  punish(peer: PeerId): void {
    this.sessions.get(peer.toString())?.drop({ kind: 'closed' })
    this.cutOff(peer)
  }

  /** Tell a partner of others. */
  sendRecords(id: string, peer: PeerId, records: readonly Uint8Array[]): void {
    const chain = this.entry(id)?.chain
    if (chain !== undefined && records.length > 0) this.sessions.get(peer.toString())?.sendRecords(chain, records)
  }

  /** Compare with peers that are connected or can be reached by `reach`, until level. */
  sync(
    entry: ChainEntry,
    peers: readonly PeerId[],
    reach: (peer: PeerId, options: AbortOptions) => Promise<void>,
    options: SyncOptions = {}
  ): Promise<SyncResult> {
    const { host, timers } = this.init
    const init = {
      timers,
      reach,
      isConnected: (peer: PeerId) => host.isConnected(peer),
      open: (peer: PeerId) => this.open(peer),
      isOpen: (peer: PeerId) => this.sessions.get(peer.toString())?.isEstablished ?? false,
      hasRefused: (peer: PeerId) => this.sessions.get(peer.toString())?.hasRefused(entry.chain.id) ?? false
    }
    return comparePeers(entry, peers, init, options)
  }

  /** Ask a chain's access control again about all peers: it may let in others now. */
  reconsider(id: string): void {
    const chain = this.entry(id)?.chain
    if (chain !== undefined) void this.announce(chain)
  }

  /** Have nothing to do with a peer for a while. */
  shun(peer: PeerId): void {
    const session = this.sessions.get(peer.toString())
    if (session === undefined) this.ban(peer.toString())
    else session.drop({ kind: 'cut', reason: 'rejected-blocks' })
  }

  private accept(frames: Frames, peer: PeerId): void {
    const name = peer.toString()
    const present = this.sessions.get(name)
    if (this.isStopped || this.isBanned(name) || (present === undefined && !this.makeRoom())) {
      frames.abort(new AccessDeniedError())
      return
    }
    // both opened at once: the lesser id's stream stays
    const isOurs =
      this.opening.has(name) || (present !== undefined && !present.isEstablished && present.role === 'initiator')
    if (isOurs && this.isLesser(peer)) {
      frames.abort(new ClosedError('second stream'))
      return
    }
    this.begin(frames, peer, 'responder')
  }

  /** Whether one more stream may be held. The oldest of who shares no chain gives way, so that strangers keep out no partner. */
  private makeRoom(): boolean {
    if (this.sessions.size < MAX_SESSIONS) return true
    for (const session of this.sessions.values()) {
      if (session.isShared) continue
      session.drop({ kind: 'closed' })
      return true
    }
    return false
  }

  private begin(frames: Frames, peer: PeerId, role: Role): void {
    const { host, timers, randomBytes } = this.init
    const name = peer.toString()
    this.sessions.get(name)?.drop({ kind: 'closed' })
    const session: Session = new Session({
      frames,
      role,
      self: host.peerId,
      peer,
      nonce: randomBytes(NONCE_BYTES),
      timers,
      chains: () => [...this.entries.values()].map(({ entry }) => entry.chain),
      notice: (chain, link, notice) => this.takeNotice(session, chain, link, notice),
      ingested: (chain, result) => {
        if (result.rejected.length > 0)
          this.entry(chain.id)?.emit({ type: 'rejected', peer, rejected: result.rejected })
      },
      failed: (error) => this.notAnnounced(peer, error),
      ended: (end) => this.takeEnd(session, end)
    })
    this.sessions.set(name, session)
    session.start()
  }

  private takeNotice(session: Session, chain: SyncedChain, link: Link, notice: SessionNotice): void {
    const entry = this.entry(chain.id)
    const { peer } = session
    switch (notice.type) {
      case 'joined':
        this.reopening.delete(peer.toString())
        entry?.join(peer, link)
        this.init.joined(chain.id, peer)
        return
      case 'left':
        entry?.leave(peer, link)
        return
      case 'compared':
        entry?.emit({ ...notice, peer })
        entry?.fetchDamaged(peer)
        return
      case 'progress':
        entry?.emit({ ...notice, peer })
        return
      case 'records':
        this.init.records(chain.id, notice.records, peer)
        return
    }
  }

  private takeEnd(session: Session, { kind, reason, cause }: SessionEnd): void {
    const { peer } = session
    const name = peer.toString()
    if (this.sessions.get(name) === session) this.sessions.delete(name)
    this.init.host.log('stream with %p ended: %s %s %o', peer, kind, reason ?? '', cause)
    if (kind === 'cut' && reason !== 'deadline') this.cutOff(peer)
    else if (kind === 'broken' || kind === 'cut') {
      this.openAgain(peer)
    }
  }

  /** After a stream that failed, or could not be opened: the longer, the more often it happened in a row. */
  private openAgain(peer: PeerId): void {
    const failures = (this.reopening.get(peer.toString())?.failures ?? 0) + 1
    this.openLater(peer, SECOND_OPENER_PAUSE * 2 ** Math.min(failures, 8) * (0.5 + this.init.random()), failures)
  }

  private openLater(peer: PeerId, pause: number, failures = 0): void {
    const name = peer.toString()
    this.reopening.get(name)?.cancel()
    if (this.isStopped) return
    this.reopening.set(name, { failures, cancel: this.init.timers.after(pause, () => void this.tryOpen(peer)) })
  }

  private async tryOpen(peer: PeerId): Promise<void> {
    const name = peer.toString()
    if (!this.init.host.isConnected(peer)) {
      this.reopening.delete(name)
      return
    }
    if (this.isBanned(name)) {
      this.openLater(peer, (this.banned.get(name) ?? 0) - this.init.timers.now())
      return
    }
    try {
      await this.open(peer)
    } catch (error) {
      this.init.host.log('no stream to %p: %o', peer, error)
      this.openAgain(peer)
    }
  }

  /** Make sure that there is a stream to a connected peer. */
  private open(peer: PeerId): Promise<void> {
    const name = peer.toString()
    const isPossible = this.init.host.isConnected(peer) && !this.isBanned(name) && !this.isStopped
    if (this.sessions.has(name) || !isPossible || !this.makeRoom()) return Promise.resolve()
    let opening = this.opening.get(name)
    if (opening === undefined) {
      opening = this.dialStream(peer).finally(() => this.opening.delete(name))
      this.opening.set(name, opening)
    }
    return opening
  }

  private async dialStream(peer: PeerId): Promise<void> {
    const signal = AbortSignal.timeout(OPEN_DEADLINE)
    const opening = this.init.host.open(peer, { signal })
    const frames = await raceSignal(opening, signal).catch((error) => {
      // what comes too late after all is not left open
      void opening.then(
        (late) => late.abort(new ClosedError('late stream')),
        () => {}
      )
      throw error
    })
    if (this.isStopped || this.sessions.has(peer.toString())) frames.abort(new ClosedError('second stream'))
    else this.begin(frames, peer, 'initiator')
  }

  private async announce(chain: SyncedChain): Promise<void> {
    for (const session of [...this.sessions.values()]) {
      try {
        await session.announce(chain)
      } catch (error) {
        this.notAnnounced(session.peer, error)
      }
    }
  }

  private notAnnounced(peer: PeerId, error: unknown): void {
    this.init.host.log.error('announcing a chain to %p: %o', peer, error)
  }

  /** New blocks may have changed who may take part, and by which keys. */
  private refreshSoon(id: string): void {
    const known = this.entries.get(id)
    if (known === undefined || known.refresh !== undefined) return
    known.refresh = this.init.timers.after(REFRESH_PAUSE, () => {
      known.refresh = undefined
      void this.announce(known.entry.chain)
    })
  }

  private tickLater(): void {
    this.stopTicking = this.init.timers.after(TICK, () => {
      this.tick()
      this.tickLater()
    })
  }

  private tick(): void {
    for (const session of [...this.sessions.values()]) session.tick()
    const now = this.init.timers.now()
    if (now - this.refreshedAt < REFRESH_EVERY) return
    this.refreshedAt = now
    for (const { entry } of this.entries.values()) void this.announce(entry.chain)
    for (const [name, until] of this.banned) if (until <= now) this.banned.delete(name)
  }

  private cutOff(peer: PeerId): void {
    this.ban(peer.toString())
    void this.init.host.hangUp(peer).catch((error) => this.init.host.log.error('hanging up on %p: %o', peer, error))
  }

  private ban(name: string): void {
    if (this.banned.size >= MAX_BANS) this.banned.delete(this.banned.keys().next().value ?? '')
    this.banned.set(name, this.init.timers.now() + BAN)
  }

  /** Whether the peer broke a rule not long ago. */
  isBanned(name: string): boolean {
    return (this.banned.get(name) ?? 0) > this.init.timers.now()
  }

  private isLesser(peer: PeerId): boolean {
    return this.init.host.peerId.toString() < peer.toString()
  }
}
