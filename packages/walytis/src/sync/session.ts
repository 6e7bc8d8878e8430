import type { PeerId } from '@libp2p/interface'
import { raceSignal } from 'race-signal'
import { ClosedError } from '../errors.ts'
import type { AccessControl } from '../interface/index.ts'
import type { IngestResult, Replica } from '../replica.ts'
import type { Timers } from '../timers.ts'
import type { Frames } from './framing.ts'
import {
  AUTHORIZE_DEADLINE,
  BATCH_BYTES,
  FIRST_REFUSAL_PAUSE,
  HELLO_DEADLINE,
  LONGEST_REFUSAL_PAUSE,
  MAX_ACCESS_KEYS,
  SESSION_CREDIT_BYTES,
  WRITE_DEADLINE
} from './limits.ts'
import { Link, type LinkNotice } from './link.ts'
import type { CutReason } from './link-state.ts'
import { type ChainMessage, decodeMessage, type SyncMessage } from './messages.ts'
import { sizeOf } from './outbox.ts'
import { Rendezvous } from './rendezvous.ts'
import type { Role } from './tags.ts'
import { Writer } from './writer.ts'

/** A chain that takes part in sync. */
export interface SyncedChain {
  readonly id: string
  readonly replica: Replica
  readonly access: AccessControl
}

export interface SessionInit {
  readonly frames: Frames
  readonly role: Role
  readonly self: PeerId
  readonly peer: PeerId
  /** 32 random bytes. */
  readonly nonce: Uint8Array
  readonly timers: Timers
  /** Chains that take part when the session starts. */
  chains(): Iterable<SyncedChain>
  notice(chain: SyncedChain, link: Link, notice: SessionNotice): void
  ingested(chain: SyncedChain, result: IngestResult): void
  /** A chain could not be announced. */
  failed(error: unknown): void
  /** The session is over, once. */
  ended(end: SessionEnd): void
}

export type SessionNotice = Exclude<LinkNotice, { type: 'cut' | 'acknowledged' }>

/** `bye`: as agreed. `broken`: the stream or the connection failed. `cut`: the peer broke a rule. `closed`: by this node. */
export interface SessionEnd {
  readonly kind: 'bye' | 'broken' | 'cut' | 'closed'
  readonly reason?: CutReason | undefined
  readonly cause?: unknown
}

/**
 * One stream to one peer, for all chains that both hold. Made by `SyncNetwork`; owns the stream, the rendezvous, and a link
 * per chain. A message about a chain is written or taken only while the chain's access control permits the peer.
 */
export class Session {
  private readonly init: SessionInit
  private readonly rendezvous: Rendezvous
  private readonly links = new Map<string, LinkEntry>()
  private readonly authorising = new Set<string>()
  private readonly writer: Writer
  private readonly abort = new AbortController()
  private readonly creditWaiters: (() => void)[] = []
  private inflightBytes = 0
  private end: SessionEnd | undefined
  private cancelHelloDeadline: (() => void) | undefined

  constructor(init: SessionInit) {
    this.init = init
    this.rendezvous = new Rendezvous(init.role, init.self.toString(), init.peer.toString(), init.nonce)
    this.writer = new Writer({
      frames: init.frames,
      maySend: (message) => this.maySend(message),
      deadline: () => (this.end === undefined ? WRITE_DEADLINE : CLOSE_DEADLINE),
      failed: (cause) => this.drop({ kind: 'broken', cause }),
      flooded: () => this.drop({ kind: 'cut', reason: 'over-credit' })
    })
  }

  get peer(): PeerId {
    return this.init.peer
  }

  get role(): Role {
    return this.init.role
  }

  /** Whether the peer has answered at all. */
  get isEstablished(): boolean {
    return this.rendezvous.isOpen
  }

  /** Whether the peer takes part in any chain of ours. */
  get isShared(): boolean {
    return [...this.links.values()].some(({ link }) => link.isJoined)
  }

  /** Whether the chain's access control keeps the peer out, although it has shown that it knows the chain. */
  hasRefused(chain: string): boolean {
    const entry = this.links.get(chain)
    return entry !== undefined && !entry.link.isGranted && entry.refusals > 0
  }

  /** The chain's link, when the peer has shown that it may hold the chain. */
  link(chain: string): Link | undefined {
    return this.links.get(chain)?.link
  }

  /** Say hello and take part until the session ends. */
  start(): void {
    this.send({ type: 'hello', nonce: this.init.nonce })
    this.cancelHelloDeadline = this.init.timers.after(HELLO_DEADLINE, () => this.drop({ kind: 'broken' }))
    void this.readMessages()
  }

  /** Announce a chain, or its new keys; ask its access control again where it refused before. */
  async announce(chain: SyncedChain): Promise<void> {
    const signal = AbortSignal.any([this.abort.signal, AbortSignal.timeout(AUTHORIZE_DEADLINE)])
    const keys = (await raceSignal(chain.access.keys({ signal }), signal)).slice(0, MAX_ACCESS_KEYS)
    if (this.end !== undefined || !this.rendezvous.isOpen) return
    this.sendTags(this.rendezvous.announce(chain.id, keys))
    if (this.rendezvous.isMatched(chain.id)) await this.authorise(chain)
  }

  /** The chain takes part no longer. */
  withdraw(chain: string): void {
    this.rendezvous.withdraw(chain)
    // the link stays: it counts messages, should the chain be opened again
    this.links.get(chain)?.link.dispatch({ type: 'revoked' })
  }

  /** Whether the peer may take part; ends the chain on this stream when it no longer may. */
  checkPermit(chain: SyncedChain): boolean {
    const entry = this.links.get(chain.id)
    if (!entry?.link.isGranted) return false
    if (chain.access.permits(this.init.peer)) return true
    entry.link.dispatch({ type: 'revoked' })
    return false
  }

  /** Tell the peer of others who take part. */
  sendRecords(chain: SyncedChain, records: readonly Uint8Array[]): void {
    if (this.links.get(chain.id)?.link.isJoined) this.send({ type: 'peers', chain: chain.replica.chain, records })
  }

  tick(): void {
    for (const { link } of this.links.values()) link.dispatch({ type: 'tick' })
  }

  /** End it in good order. */
  async close(): Promise<void> {
    if (this.end !== undefined) return
    this.send({ type: 'bye' })
    const signal = AbortSignal.timeout(CLOSE_DEADLINE)
    this.finish({ kind: 'closed' })
    try {
      await raceSignal(this.writer.finished(), signal)
      await raceSignal(this.init.frames.close({ signal }), signal)
    } catch (error) {
      this.init.frames.abort(asError(error))
    }
  }

  /** Break it off. */
  drop(end: SessionEnd): void {
    if (this.end !== undefined) return
    this.finish(end)
    this.init.frames.abort(asError(end.cause ?? end.reason))
  }

  private async readMessages(): Promise<void> {
    try {
      while (this.end === undefined) {
        const message = decodeMessage(await this.init.frames.read({ signal: this.abort.signal }))
        if (this.end !== undefined) return
        if (message === undefined) return this.drop({ kind: 'cut', reason: 'undecodable' })
        this.take(message)
      }
    } catch (cause) {
      this.drop({
        kind: isOverLimit(cause) ? 'cut' : 'broken',
        reason: isOverLimit(cause) ? 'undecodable' : undefined,
        cause
      })
    }
  }

  private take(message: SyncMessage): void {
    switch (message.type) {
      case 'hello':
        if (!this.rendezvous.open(message.nonce)) {
          this.drop({ kind: 'cut', reason: 'out-of-sequence' })
          return
        }
        this.cancelHelloDeadline?.()
        void this.announceAll()
        return
      case 'tags': {
        const matched = this.rendezvous.match(message.tags)
        if (matched === undefined) {
          this.drop({ kind: 'cut', reason: 'out-of-sequence' })
          return
        }
        for (const chain of this.init.chains()) if (matched.has(chain.id)) void this.authorise(chain)
        return
      }
      case 'bye':
        this.finish({ kind: 'bye' })
        void this.init.frames
          .close({ signal: AbortSignal.timeout(CLOSE_DEADLINE) })
          .catch((error) => this.init.frames.abort(asError(error)))
        return
      default:
        this.takeChainMessage(message)
        return
    }
  }

  /** A chain that this side has not made a link for does not exist, as far as the peer can tell. */
  private takeChainMessage(message: ChainMessage): void {
    const entry = this.links.get(message.chain.toString())
    if (entry === undefined) return
    if (entry.link.isGranted && !this.checkPermit(entry.chain)) return
    entry.link.dispatch({ type: 'message', message })
  }

  /** All at once: a chain whose keys are long in coming holds up no other. */
  private async announceAll(): Promise<void> {
    const announcing = [...this.init.chains()].map(async (chain) => {
      try {
        await this.announce(chain)
      } catch (error) {
        // it is announced again with the next look at its keys; the other chains have done nothing wrong
        if (this.end === undefined) this.init.failed(error)
      }
    })
    await Promise.all(announcing)
  }

  private sendTags(tags: readonly Uint8Array[]): void {
    if (tags.length > 0) this.send({ type: 'tags', tags })
  }

  /** A link is made at once, so that what the peer says while this side makes up its mind is not lost. */
  private async authorise(chain: SyncedChain): Promise<void> {
    const { peer } = this.init
    const entry = this.links.get(chain.id) ?? this.addLink(chain)
    entry.chain = chain
    if (entry.link.isGranted || this.authorising.has(chain.id)) return
    this.authorising.add(chain.id)
    const signal = AbortSignal.any([this.abort.signal, AbortSignal.timeout(AUTHORIZE_DEADLINE)])
    try {
      await raceSignal(chain.access.authorize(peer, { signal }), signal)
    } catch {
      // refused: the peer is not told so, it only never hears of the chain
      return this.authoriseLater(entry)
    } finally {
      this.authorising.delete(chain.id)
    }
    entry.refusals = 0
    const isCurrent = this.end === undefined && entry.chain === chain
    if (isCurrent && chain.access.permits(peer)) entry.link.dispatch({ type: 'granted' })
  }

  /** What stood in the way may pass: the peer's admission has not arrived yet, or a stream to it broke. */
  private authoriseLater(entry: LinkEntry): void {
    if (this.end !== undefined) return
    const pause = Math.min(LONGEST_REFUSAL_PAUSE, FIRST_REFUSAL_PAUSE * 2 ** Math.min(entry.refusals, 10))
    entry.refusals++
    entry.cancelRetry?.()
    entry.cancelRetry = this.init.timers.after(pause, () => {
      const isOpen = this.rendezvous.isMatched(entry.chain.id)
      if (isOpen && this.end === undefined) void this.authorise(entry.chain)
    })
  }

  private addLink(chain: SyncedChain): LinkEntry {
    const { peer, role, timers } = this.init
    const link: Link = new Link({
      chain: chain.replica.chain,
      peer,
      role,
      timers,
      replica: () => entry.chain.replica,
      batchBytes: batchBytes(this.init.frames),
      send: (message) => this.send(message),
      notice: (notice) => this.takeNotice(entry.chain, link, notice),
      credit: () => this.waitForCredit(),
      ingested: (result) => this.init.ingested(entry.chain, result),
      failed: (cause) => this.drop({ kind: 'broken', cause })
    })
    const entry: LinkEntry = { chain, link, refusals: 0, cancelRetry: undefined }
    this.links.set(chain.id, entry)
    return entry
  }

  private takeNotice(chain: SyncedChain, link: Link, notice: LinkNotice): void {
    switch (notice.type) {
      case 'cut':
        this.drop({ kind: 'cut', reason: notice.reason })
        return
      case 'acknowledged':
        this.inflightBytes -= notice.bytes
        while (this.inflightBytes < SESSION_CREDIT_BYTES && this.creditWaiters.length > 0)
          this.creditWaiters.shift()?.()
        return
      default:
        this.init.notice(chain, link, notice)
        return
    }
  }

  private async waitForCredit(): Promise<void> {
    if (this.inflightBytes < SESSION_CREDIT_BYTES) return
    await new Promise<void>((resolve) => this.creditWaiters.push(resolve))
  }

  private send(message: SyncMessage): void {
    if (this.end !== undefined) return
    if (message.type === 'blocks') this.inflightBytes += message.blocks.reduce((sum, raw) => sum + sizeOf(raw), 0)
    this.writer.send(message)
  }

  private maySend(message: SyncMessage): boolean {
    if (message.type === 'hello' || message.type === 'tags' || message.type === 'bye' || message.type === 'close')
      return true
    const entry = this.links.get(message.chain.toString())
    return entry !== undefined && this.checkPermit(entry.chain)
  }

  private finish(end: SessionEnd): void {
    this.end = end
    this.abort.abort()
    this.cancelHelloDeadline?.()
    for (const resolve of this.creditWaiters.splice(0)) resolve()
    for (const { link, cancelRetry } of this.links.values()) {
      cancelRetry?.()
      link.dispatch({ type: 'revoked' })
    }
    this.links.clear()
    this.init.ended(end)
  }
}

interface LinkEntry {
  /** Changes when the chain is closed and opened again. */
  chain: SyncedChain
  readonly link: Link
  /** How often in a row the access control refused the peer. */
  refusals: number
  cancelRetry: (() => void) | undefined
}

const CLOSE_DEADLINE = 2_000

/** Small enough that several messages pass before a relay cuts the connection: what was acknowledged is not sent again. */
function batchBytes({ limitBytes }: Frames): number {
  return limitBytes === undefined ? BATCH_BYTES : Math.min(BATCH_BYTES, Math.max(1024, Math.floor(limitBytes / 16)))
}

/** Length errors of @libp2p/utils: the peer announced more than is allowed. */
function isOverLimit(error: unknown): boolean {
  return error instanceof Error && (error.name.startsWith('InvalidDataLength') || error.name === 'StreamBufferError')
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new ClosedError('sync stream', { cause: reason })
}
