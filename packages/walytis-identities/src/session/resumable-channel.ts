import type { AbortOptions } from '@libp2p/interface'
import { MESSAGE_LIMIT } from '../constants.ts'
import { ChannelClosedError, LimitExceededError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import type { Channel } from '../interface/session.ts'
import { Changes } from './changes.ts'
import { OneReader } from './one-reader.ts'
import { type Item, ReplayBuffer } from './replay-buffer.ts'
import { ResumableInbox } from './resumable-inbox.ts'
import { decodeResumeFrame, encodeResumeFrame, RESUME_OVERHEAD, type ResumeFrame } from './resume-format.ts'

/** A carrier whose beginning has been read: what comes on it from here on. */
export interface Carrier {
  readonly channel: Channel
  readonly messages: AsyncIterator<Uint8Array>
}

/** What a resumable channel is, and whom it tells. */
export interface ResumableInit {
  readonly protocol: string
  readonly device: Did
  readonly member: Did
  /** Bytes of items that are kept until the other side has received them, and of messages that wait for a reader. */
  readonly window: number
  /** Its carrier broke: somebody should bring another, also when all is said, since the other side may not know that it is. */
  readonly onDetached: () => void
  /** Nothing more comes or goes. Called once. */
  readonly onOver: () => void
}

/**
 * A channel that goes on over other carriers when its own breaks. Both sides count items; what the other side has not said to have received is kept, in
 * memory alone, and sent again over the next carrier, whose keys are new. So nothing is lost or repeated while both processes live.
 */
export class ResumableChannel implements Channel {
  readonly protocol: string
  readonly device: Did
  readonly member: Did
  readonly #init: ResumableInit
  readonly #unreceived = new ReplayBuffer()
  readonly #inbox: ResumableInbox
  readonly #changes = new Changes()
  #carrier: Carrier | undefined
  #flushing = false
  readonly #reader = new OneReader()
  #endQueued = false
  #broken: Error | undefined
  #settled = false
  #attachments = 0

  constructor(init: ResumableInit) {
    this.protocol = init.protocol
    this.device = init.device
    this.member = init.member
    this.#init = init
    this.#inbox = new ResumableInbox(init.window)
  }

  /** Items that have come: what the other side goes on from. */
  get received(): number {
    return this.#inbox.received
  }

  /** Carriers it has gone over. */
  get attachments(): number {
    return this.#attachments
  }

  get closed(): boolean {
    return this.#endQueued || this.#broken !== undefined
  }

  /** Whether it has broken for good. */
  get failed(): boolean {
    return this.#broken !== undefined
  }

  /** Whether nothing more will come or go. */
  get over(): boolean {
    return this.#broken !== undefined || (this.#inbox.ended && this.#endQueued && this.#unreceived.empty)
  }

  async send(message: Uint8Array, options?: AbortOptions): Promise<void> {
    if (message.length > MESSAGE_LIMIT - RESUME_OVERHEAD) {
      throw new LimitExceededError('bytes of a message', MESSAGE_LIMIT - RESUME_OVERHEAD, message.length)
    }
    options?.signal?.throwIfAborted()
    while (!this.closed && this.#unreceived.bytes >= this.#init.window) {
      await this.#changes.next(options)
    }
    this.#assertUnbroken()
    if (this.#endQueued) {
      throw new ChannelClosedError('this side has closed it')
    }
    // a copy: it may have to be sent again, and is the caller's until then
    this.#queue({ kind: 'message', payload: message.slice() })
  }

  messages(): AsyncIterable<Uint8Array> {
    return this.#reader.messages(() => this.#next())
  }

  /** Resolves once the other side has received everything. */
  async close(options?: AbortOptions): Promise<void> {
    if (!this.closed) {
      this.#endQueued = true
      this.#queue({ kind: 'end' })
    }
    if (this.#broken !== undefined) {
      return
    }
    while (this.#broken === undefined && !this.#unreceived.empty) {
      await this.#changes.next(options)
    }
    this.#assertUnbroken()
  }

  abort(reason: Error): void {
    if (this.over) {
      return
    }
    const carrier = this.#carrier
    this.#break(reason)
    // best effort: without it the other side waits until its patience is over
    carrier?.channel.send(encodeResumeFrame({ kind: 'given-up' })).then(
      () => carrier.channel.close().catch(() => carrier.channel.abort(reason)),
      () => carrier.channel.abort(reason)
    )
  }

  /** Read away what still comes. */
  async drain(options?: AbortOptions): Promise<void> {
    while (!this.over && !this.#reader.reading) {
      this.#inbox.clear()
      this.#changes.notify()
      await this.#changes.next(options)
    }
  }

  /** Stop listening to the present carrier: from here on `received` stands still until the next one is attached. */
  detach(): void {
    const carrier = this.#carrier
    this.#carrier = undefined
    this.#changes.notify()
    carrier?.channel.abort(new ChannelClosedError('the channel goes on over another one'))
  }

  /**
   * Go on over another carrier.
   *
   * @param theirs items that the other side has received
   * @throws {ChannelClosedError} when that can't be
   */
  attach(carrier: Carrier, theirs: number): void {
    this.#assertUnbroken()
    const possible = this.#unreceived.restart(theirs)
    this.#changes.notify()
    if (!possible) {
      const reason = new ChannelClosedError('the other side has lost count')
      this.#break(reason)
      throw reason
    }
    this.#inbox.said()
    this.#carrier = carrier
    this.#attachments++
    void this.#flush()
    void this.#pump(carrier)
  }

  /** It can't go on: what is waited for fails with this. */
  fail(reason: Error): void {
    if (!this.over) {
      const carrier = this.#carrier
      this.#break(reason)
      carrier?.channel.abort(reason)
    }
  }

  #queue(item: Item): void {
    this.#unreceived.push(item)
    void this.#flush()
  }

  /** Give the carrier what it has not had yet: receipts first. One at a time. */
  async #flush(): Promise<void> {
    if (this.#flushing) {
      return
    }
    this.#flushing = true
    try {
      for (let carrier = this.#carrier; carrier !== undefined; carrier = this.#carrier) {
        const frame = this.#frameToSend()
        if (frame === undefined) {
          break
        }
        try {
          await carrier.channel.send(encodeResumeFrame(frame))
        } catch {
          // its reader finds out as well; whoever brings the next carrier starts again from what was received
          this.#lost(carrier)
        }
      }
    } finally {
      this.#flushing = false
    }
    this.#settle()
  }

  #frameToSend(): ResumeFrame | undefined {
    return this.#inbox.receiptDue ? { kind: 'received', count: this.#inbox.said() } : this.#unreceived.next()
  }

  /** Take in what comes on one carrier, until it is no longer the present one. */
  async #pump(carrier: Carrier): Promise<void> {
    try {
      for (;;) {
        while (this.#carrier === carrier && this.#inbox.full) {
          await this.#changes.next()
        }
        const { done, value } = await carrier.messages.next()
        if (this.#carrier !== carrier) {
          return
        }
        if (done === true && this.over) {
          this.detach()
          return
        }
        if (done === true || !this.#take(value)) {
          this.#lost(carrier)
          return
        }
      }
    } catch {
      // it broke, or a frame on it did not open: nothing of that was taken in
      this.#lost(carrier)
    }
  }

  /** @returns false when the other side breaks the rules */
  #take(bytes: Uint8Array): boolean {
    const frame = decodeResumeFrame(bytes)
    if (frame === undefined || (this.#inbox.ended && (frame.kind === 'message' || frame.kind === 'end'))) {
      this.fail(new ChannelClosedError('the other side breaks the protocol'))
      return false
    }
    if (frame.kind === 'given-up') {
      this.fail(new ChannelClosedError('the other side has given it up'))
      return false
    }
    if (frame.kind === 'received') {
      if (!this.#unreceived.confirm(frame.count)) {
        this.fail(new ChannelClosedError('the other side breaks the protocol'))
        return false
      }
      this.#changes.notify()
      this.#settle()
      return true
    }
    this.#inbox.take(frame)
    this.#changes.notify()
    if (this.#inbox.receiptDue) {
      void this.#flush()
    }
    this.#settle()
    return true
  }

  async #next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const message = this.#inbox.shift()
      if (message !== undefined) {
        this.#changes.notify()
        return message
      }
      if (this.#inbox.ended) {
        return undefined
      }
      this.#assertUnbroken()
      await this.#changes.next()
    }
  }

  #lost(carrier: Carrier): void {
    if (this.#carrier !== carrier) {
      return
    }
    this.detach()
    if (this.#broken === undefined) {
      this.#init.onDetached()
    }
  }

  #break(reason: Error): void {
    this.#broken =
      reason instanceof ChannelClosedError ? reason : new ChannelClosedError(reason.message, { cause: reason })
    this.#carrier = undefined
    this.#unreceived.clear()
    this.#inbox.clear()
    this.#changes.notify()
    this.#settle()
  }

  /** Once both have ended and the other side was told that its end has come, the carrier is closed. */
  #settle(): void {
    if (this.#settled || !this.over || (this.#broken === undefined && (this.#flushing || this.#inbox.receiptDue))) {
      return
    }
    this.#settled = true
    const carrier = this.#carrier
    carrier?.channel.close().catch((error: Error) => carrier.channel.abort(error))
    this.#init.onOver()
  }

  #assertUnbroken(): void {
    if (this.#broken !== undefined) {
      throw this.#broken
    }
  }
}
