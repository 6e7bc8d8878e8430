import type { AbortOptions, PeerId } from '@libp2p/interface'
import { InvalidBlockError, PolicyMismatchError, UnreachableError } from '../errors.ts'
import type { ReplicationProgress } from '../interface/index.ts'
import type { ChainEntry, ChainNotice } from '../sync/chain-entry.ts'
import type { Timers } from '../timers.ts'
import type { Sources } from './sources.ts'

/** The rule under which a stage rejects a genesis that names another policy. */
const POLICY_MISMATCH = 'policy-mismatch'
/** No breach of a rule: there was no room for the block to wait. */
const TOO_MANY_WAITING = 'too-many-waiting'
/** Milliseconds of silence after which another peer may send, too. */
const SOURCE_PATIENCE = 10_000
/** How many such silences in a row end an attempt that somebody waits for. */
const MAX_SILENCES = 3

export interface ReceiverInit {
  readonly entry: ChainEntry
  readonly sources: Sources
  readonly timers: Timers
  /** The policy by which the chain is received. */
  readonly policy: string
  /** Whether the genesis is here: a peer that is only receiving the chain itself may be level without it. */
  hasBegun(): boolean
  /** Ask again who may send. */
  reconsider(): void
  /** Dial the chain's peers, named or learnt of since. */
  dial(): void
  /** Have nothing to do with a peer for a while. */
  shun(peer: PeerId): void
}

/**
 * Follows a chain that is being received from its first block until this node is level with somebody who has all of it. Made by
 * the node's network side; changes who may send, never what is stored.
 */
export class Receiver {
  readonly sources: Sources
  /** Told how far it is. */
  report: ((progress: ReplicationProgress) => void) | undefined
  private readonly init: ReceiverInit
  private readonly begun = Promise.withResolvers<void>()
  private readonly completed = Promise.withResolvers<void>()
  private readonly impatient = new Set<(error: Error) => void>()
  private readonly unlisten: () => void
  private cancel: () => void = () => {}
  private silences = 0
  private isOver = false

  constructor(init: ReceiverInit) {
    this.init = init
    this.sources = init.sources
    // whoever waits is told; nobody may be waiting
    for (const { promise } of [this.begun, this.completed]) promise.catch(() => {})
    if (init.hasBegun()) this.begun.resolve()
    this.unlisten = init.entry.listen((notice) => this.take(notice))
    this.listenOn()
  }

  /** Whether all has come. */
  get isComplete(): boolean {
    return this.isOver
  }

  /** Resolves once all has come, however long it takes. */
  get completion(): Promise<void> {
    return this.completed.promise
  }

  /**
   * Wait for the beginning or the end.
   *
   * @throws {InvalidBlockError} a named peer sent what is not the chain
   * @throws {PolicyMismatchError} the chain is governed by another policy
   * @throws {UnreachableError} nothing came from anybody for 30 seconds
   */
  async until(what: 'begun' | 'complete', { signal }: AbortOptions): Promise<void> {
    signal?.throwIfAborted()
    const ended = Promise.withResolvers<never>()
    const onAbort = (): void => ended.reject(signal?.reason)
    this.impatient.add(ended.reject)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.race([what === 'begun' ? this.begun.promise : this.completed.promise, ended.promise])
    } finally {
      this.impatient.delete(ended.reject)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  stop(): void {
    this.unlisten()
    this.cancel()
  }

  private take(notice: ChainNotice): void {
    const { sources, hasBegun, reconsider, dial } = this.init
    const { peer } = notice
    switch (notice.type) {
      case 'joined':
        return
      case 'left':
        sources.leave(peer)
        void this.tell('connecting', 0)
        dial()
        reconsider()
        return
      case 'rejected':
        this.takeRejected(peer, notice.rejected)
        return
      case 'progress':
        this.heard()
        if (hasBegun()) this.begun.resolve()
        void this.tell('receiving', notice.expected)
        return
      case 'compared':
        this.heard()
        if (hasBegun()) this.begun.resolve()
        if (hasBegun() && notice.level && !notice.partial) {
          this.finish()
          return
        }
        // it has no more for us, for now: whatever it gets still comes from it
        sources.release(peer)
        dial()
        reconsider()
        return
    }
  }

  /** Who vouched for the chain must not send what is not the chain; anybody else who does only loses its part in this. */
  private takeRejected(peer: PeerId, rejected: readonly { readonly rule: string }[]): void {
    const broken = rejected.find(({ rule }) => rule !== TOO_MANY_WAITING)
    if (broken === undefined) return
    if (!this.sources.named.has(peer.toString())) {
      this.init.shun(peer)
      return
    }
    const { rule } = broken
    const isPolicy = rule === POLICY_MISMATCH
    this.fail(isPolicy ? new PolicyMismatchError('another', this.init.policy) : new InvalidBlockError(rule))
  }

  private finish(): void {
    this.isOver = true
    this.stop()
    void this.tell('complete', 0)
    this.completed.resolve()
  }

  private fail(error: Error): void {
    this.stop()
    this.begun.reject(error)
    this.completed.reject(error)
  }

  private heard(): void {
    this.silences = 0
    this.listenOn()
  }

  private listenOn(): void {
    this.cancel()
    this.cancel = this.init.timers.after(SOURCE_PATIENCE, () => {
      this.silences++
      if (this.silences >= MAX_SILENCES) {
        const error = new UnreachableError([...this.sources.named])
        for (const reject of [...this.impatient]) reject(error)
      }
      this.sources.releaseAny()
      this.init.dial()
      this.init.reconsider()
      this.listenOn()
    })
  }

  private async tell(phase: ReplicationProgress['phase'], expected: number): Promise<void> {
    if (this.report === undefined) return
    const received = await this.init.entry.chain.replica.count()
    this.report({ phase, received, expected: Math.max(received, expected) })
  }
}
