import type { AbortOptions, PeerId } from '@libp2p/interface'
import { CustomProgressEvent } from 'progress-events'
import type { MissedPeer, SyncedPeer, SyncOptions, SyncResult } from '../interface/index.ts'
import type { Timers } from '../timers.ts'
import type { ChainEntry, ChainNotice } from './chain-entry.ts'
import { OPEN_DEADLINE, SILENCE_DEADLINE } from './limits.ts'

/** What comparing needs of the streams. */
export interface CompareInit {
  readonly timers: Timers
  isConnected(peer: PeerId): boolean
  /** Connect to a peer. */
  reach(peer: PeerId, options: AbortOptions): Promise<void>
  /** Make sure that there is a stream to a connected peer. */
  open(peer: PeerId): Promise<void>
  /** Whether there is one. */
  isOpen(peer: PeerId): boolean
  /** Whether this node's access control keeps the peer out of the chain. */
  hasRefused(peer: PeerId): boolean
}

/** Compare a chain with peers, all at the same time, so that none waits for another. */
export async function comparePeers(
  entry: ChainEntry,
  peers: readonly PeerId[],
  init: CompareInit,
  options: SyncOptions
): Promise<SyncResult> {
  const signal = options.signal ?? new AbortController().signal
  const stop = options.onProgress === undefined ? undefined : reportProgress(entry, options)
  try {
    const outcomes = await Promise.all(peers.map((peer) => compareWith(entry, peer, init, signal)))
    signal.throwIfAborted()
    const reached = outcomes.filter(isReached)
    const missed = outcomes.filter((outcome): outcome is MissedPeer => !isReached(outcome))
    return { level: reached.length > 0 && reached.every(({ level }) => level), peers: reached, missed }
  } finally {
    stop?.()
  }
}

const isReached = (outcome: SyncedPeer | MissedPeer): outcome is SyncedPeer => 'level' in outcome

async function compareWith(
  entry: ChainEntry,
  peer: PeerId,
  init: CompareInit,
  signal: AbortSignal
): Promise<SyncedPeer | MissedPeer> {
  const missed = await meet(entry, peer, init, signal)
  const link = entry.linkOf(peer)
  if (missed !== undefined || link === undefined) return { peer, reason: missed ?? 'absent' }
  const before = link.round
  const silence = new Silence(init.timers)
  const outcome = entry.wait(
    (notice): SyncedPeer | undefined => {
      if (!notice.peer.equals(peer)) return undefined
      silence.restart()
      if (notice.type === 'left') return { peer, level: false, reason: 'left' }
      if (notice.type !== 'compared' || notice.round <= before) return undefined
      return notice.level ? { peer, level: true } : { peer, level: false, reason: 'differs' }
    },
    AbortSignal.any([signal, silence.signal])
  )
  link.dispatch({ type: 'resync' })
  try {
    return await outcome
  } catch (error) {
    if (signal.aborted) throw error
    return { peer, level: false, reason: 'timeout' }
  } finally {
    silence.stop()
  }
}

/** Wait until a peer takes part. Undefined when it does. */
async function meet(
  entry: ChainEntry,
  peer: PeerId,
  init: CompareInit,
  signal: AbortSignal
): Promise<MissedPeer['reason'] | undefined> {
  if (entry.linkOf(peer) !== undefined) return undefined
  const opening = AbortSignal.any([signal, AbortSignal.timeout(OPEN_DEADLINE)])
  try {
    if (!init.isConnected(peer)) await init.reach(peer, { signal: opening })
    await init.open(peer)
    if (entry.linkOf(peer) === undefined) await entry.wait((notice) => isJoined(notice, peer), opening)
    return undefined
  } catch {
    // the caller's own signal is looked at by `comparePeers`; whatever else it was, the peer was not met
    if (!init.isConnected(peer) || !init.isOpen(peer)) return 'unreachable'
    return init.hasRefused(peer) ? 'refused' : 'absent'
  }
}

/** Ends a wait when nothing has been heard for long. */
class Silence {
  private readonly timers: Timers
  private readonly abort = new AbortController()
  private cancel: () => void = () => {}

  constructor(timers: Timers) {
    this.timers = timers
    this.restart()
  }

  get signal(): AbortSignal {
    return this.abort.signal
  }

  restart(): void {
    this.cancel()
    this.cancel = this.timers.after(SILENCE_DEADLINE, () => this.abort.abort())
  }

  stop(): void {
    this.cancel()
  }
}

function reportProgress(entry: ChainEntry, { onProgress }: SyncOptions): () => void {
  let received = 0
  return entry.listen((notice) => {
    if (notice.type !== 'progress') return
    received += notice.received
    const detail = { phase: 'receiving', received, expected: Math.max(received, notice.expected) } as const
    onProgress?.(new CustomProgressEvent('walytis:sync:blocks', detail))
  })
}

function isJoined(notice: ChainNotice, peer: PeerId): true | undefined {
  return notice.type === 'joined' && notice.peer.equals(peer) ? true : undefined
}
