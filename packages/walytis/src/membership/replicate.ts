import type { AbortOptions, PeerId } from '@libp2p/interface'
import { CustomProgressEvent } from 'progress-events'
import type { ChainFactory, ChainInit } from '../chain-factory.ts'
import { AccessDeniedError, InvalidBlockError, PolicyMismatchError, UnreachableError } from '../errors.ts'
import type { AccessControl, BatchOperation, JoinOptions, PeerAddresses } from '../interface/index.ts'
import { DEFAULT_POLICY } from '../policy.ts'
import type { ManagedChain, Replica } from '../replica.ts'
import type { ChainEntry, ChainNotice } from '../sync/chain-entry.ts'

/** The rule under which a stage rejects a genesis that names another policy. */
const POLICY_MISMATCH = 'policy-mismatch'
/** How long, in milliseconds, nothing may arrive before the attempt is given up. */
const PROGRESS_DEADLINE = 30_000

export interface ReplicateInit {
  readonly factory: ChainFactory
  readonly id: string
  readonly seams: ChainInit & { readonly accessControl: AccessControl }
  readonly peers: PeerAddresses[]
  /** Rows written in the same atomic batch that makes the chain a held one. */
  readonly batch: BatchOperation[]
  stage(replica: Replica, access: AccessControl): ChainEntry
  unstage(keep: boolean): void
}

/**
 * Receive a whole chain: staged, every block verified before it is stored, committed once level with a peer, and thrown
 * away whole when anything goes wrong.
 *
 * @throws {InvalidBlockError} a peer sent what is not the chain
 * @throws {PolicyMismatchError} the chain is governed by another policy
 * @throws {UnreachableError} no peer could be reached, or none went on sending
 */
export async function replicate(init: ReplicateInit, options: JoinOptions): Promise<ManagedChain> {
  const { factory, id, seams, peers } = init
  const access = new RestrictedAccess(seams.accessControl, peers)
  const stage = await factory.stage(id, { ...seams, accessControl: access }, options)
  let isHeld = false
  try {
    const entry = init.stage(stage.replica, access)
    await untilLevel(entry, () => stage.settings !== undefined, init, options)
    const chain = await stage.commit(init.batch)
    isHeld = true
    access.lift()
    return chain
  } finally {
    init.unstage(isHeld)
    if (!isHeld) await stage.discard()
  }
}

/** @param hasBegun whether the genesis is here: a peer that is only receiving the chain itself may be level without it */
async function untilLevel(
  entry: ChainEntry,
  hasBegun: () => boolean,
  { peers, seams }: ReplicateInit,
  options: JoinOptions
): Promise<void> {
  const stalled = new AbortController()
  const restart = () => setTimeout(() => stalled.abort(), PROGRESS_DEADLINE)
  let timer = restart()
  let received = 0
  const signals = options.signal ? [options.signal, stalled.signal] : [stalled.signal]
  const judge = (notice: ChainNotice): { failure?: Error } | undefined => {
    clearTimeout(timer)
    timer = restart()
    if (notice.type === 'progress') {
      received += notice.received
      const expected = Math.max(received, notice.expected)
      options.onProgress?.(new CustomProgressEvent('walytis:join:blocks', { received, expected }))
    }
    if (notice.type === 'rejected') return { failure: rejection(notice.rejected[0]?.rule ?? 'unknown', seams) }
    return notice.type === 'compared' && notice.level && hasBegun() ? {} : undefined
  }
  try {
    const { failure } = await entry.wait(judge, AbortSignal.any(signals))
    if (failure !== undefined) throw failure
  } catch (error) {
    if (!stalled.signal.aborted || options.signal?.aborted) throw error
    throw new UnreachableError(
      peers.map(({ peer }) => peer),
      { cause: error }
    )
  } finally {
    clearTimeout(timer)
  }
}

function rejection(rule: string, { policy }: ChainInit): Error {
  return rule === POLICY_MISMATCH
    ? new PolicyMismatchError('another', (policy ?? DEFAULT_POLICY).name)
    : new InvalidBlockError(rule)
}

/** While a chain is being received, only those who were named for it may send it: a stranger must not spoil the attempt. */
class RestrictedAccess implements AccessControl {
  private readonly access: AccessControl
  private named: ReadonlySet<string> | undefined

  constructor(access: AccessControl, peers: readonly PeerAddresses[]) {
    this.access = access
    this.named = new Set(peers.map(({ peer }) => peer))
  }

  /** The chain is held: from now on whoever the chain's own access control lets in. */
  lift(): void {
    this.named = undefined
  }

  keys(options?: AbortOptions): Promise<Uint8Array[]> {
    return this.access.keys(options)
  }

  async authorize(peer: PeerId, options?: AbortOptions): Promise<void> {
    if (!this.isNamed(peer)) throw new AccessDeniedError()
    await this.access.authorize(peer, options)
  }

  permits(peer: PeerId): boolean {
    return this.isNamed(peer) && this.access.permits(peer)
  }

  private isNamed(peer: PeerId): boolean {
    return this.named === undefined || this.named.has(peer.toString())
  }
}
