import type { AbortOptions } from '@libp2p/interface'
import { MESSAGE_LIMIT } from '../constants.ts'
import { ChannelClosedError, LimitExceededError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import type { Channel } from '../interface/session.ts'
import type { FramedStream } from './framed-stream.ts'
import { FrameOpener, FrameSealer, type RekeyLimits } from './frames.ts'
import type { DirectionKeys, Role } from './key-schedule.ts'
import { OneReader } from './one-reader.ts'
import type { Session } from './session.ts'

/** What opening a channel has settled. */
export interface ChannelInit {
  readonly session: Session
  readonly stream: FramedStream
  readonly keys: DirectionKeys
  /** `initiator`: this node opened it. */
  readonly role: Role
  readonly protocol: string
  readonly member: Did
  /** Whether both sides may still talk: asked before each message is sent or handed on. */
  readonly permitted: () => boolean
  readonly now: () => number
  readonly rekey?: RekeyLimits | undefined
}

/** A channel over its own stream. Frames that don't open end the whole session. */
export class SecureChannel implements Channel {
  readonly protocol: string
  readonly device: Did
  readonly member: Did
  readonly #init: ChannelInit
  readonly #sealer: FrameSealer
  readonly #opener: FrameOpener
  #sending: Promise<unknown> = Promise.resolve()
  readonly #reader = new OneReader()
  #endSent = false
  #endReceived = false
  #broken: Error | undefined

  constructor(init: ChannelInit) {
    const { keys, role, now, rekey } = init
    this.protocol = init.protocol
    this.device = init.session.remote
    this.member = init.member
    this.#init = init
    this.#sealer = new FrameSealer(role === 'initiator' ? keys.initiator : keys.responder, now, rekey)
    this.#opener = new FrameOpener(role === 'initiator' ? keys.responder : keys.initiator)
    init.session.add(this)
  }

  get closed(): boolean {
    return this.#endSent || this.#broken !== undefined
  }

  /** Whether nothing more will come or go. */
  get over(): boolean {
    return this.#broken !== undefined || (this.#endSent && this.#endReceived)
  }

  send(message: Uint8Array, options?: AbortOptions): Promise<void> {
    if (message.length > MESSAGE_LIMIT) {
      return Promise.reject(new LimitExceededError('bytes of a message', MESSAGE_LIMIT, message.length))
    }
    return this.#inTurn(async () => {
      this.#assertOpen()
      // from here on the counter has moved: what is sealed must be sent, so a signal no longer stops it
      options?.signal?.throwIfAborted()
      await this.#write(this.#sealer.seal({ kind: 'message', payload: message }))
    })
  }

  messages(): AsyncIterable<Uint8Array> {
    return this.#reader.messages(() => this.#next())
  }

  close(options?: AbortOptions): Promise<void> {
    return this.#inTurn(async () => {
      if (this.closed) {
        return
      }
      this.#endSent = true
      await this.#write(this.#sealer.seal({ kind: 'end' }))
      await this.#init.stream.close(options)
      this.#settle()
    })
  }

  abort(reason: Error): void {
    if (this.over) {
      return
    }
    this.#broken = reason
    this.#init.stream.abort(reason)
    this.#settle()
  }

  /** Read away what still comes, so that a stream nobody listens to any more comes to its end. */
  async drain(options?: AbortOptions): Promise<void> {
    while (!this.#endReceived && !this.#reader.reading) {
      await this.#next(options)
    }
  }

  /** Close when a membership event has taken the right from either side. */
  recheck(): void {
    if (!this.#init.permitted()) {
      this.abort(new ChannelClosedError('one side is no longer a member'))
    }
  }

  async #next(options?: AbortOptions): Promise<Uint8Array | undefined> {
    while (!this.#endReceived) {
      this.#assertUnbroken()
      const bytes = await this.#read(options)
      this.#assertUnbroken()
      const frame = this.#opener.open(bytes)
      if (frame === undefined) {
        const forged = new ChannelClosedError('a frame does not open')
        this.#init.session.fail(forged)
        this.abort(forged)
        throw forged
      }
      if (frame.kind === 'message') {
        this.#assertPermitted()
        return frame.payload
      }
      if (frame.kind === 'end') {
        this.#endReceived = true
        this.#settle()
      }
    }
    return undefined
  }

  async #read(options?: AbortOptions): Promise<Uint8Array> {
    try {
      const bytes = await this.#init.stream.read(options)
      if (bytes !== undefined) {
        return bytes
      }
    } catch (error) {
      throw this.#break(error)
    }
    throw this.#break(new ChannelClosedError('the other side vanished'))
  }

  async #write(frames: readonly Uint8Array[]): Promise<void> {
    try {
      for (const frame of frames) {
        await this.#init.stream.write(frame)
      }
    } catch (error) {
      throw this.#break(error)
    }
  }

  #break(error: unknown): ChannelClosedError {
    const cause = this.#broken ?? error
    const closed = cause instanceof ChannelClosedError ? cause : new ChannelClosedError('its stream broke', { cause })
    this.abort(closed)
    return closed
  }

  #assertOpen(): void {
    this.#assertUnbroken()
    if (this.#endSent) {
      throw new ChannelClosedError('this side has closed it')
    }
    this.#assertPermitted()
  }

  #assertPermitted(): void {
    this.recheck()
    this.#assertUnbroken()
  }

  #assertUnbroken(): void {
    if (this.#broken !== undefined) {
      throw this.#broken instanceof ChannelClosedError
        ? this.#broken
        : new ChannelClosedError(this.#broken.message, { cause: this.#broken })
    }
  }

  #settle(): void {
    if (this.over) {
      this.#sealer.erase()
      this.#opener.erase()
      this.#init.session.remove(this)
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#sending.then(work)
    // the next one waits for this one, whatever became of it; whoever called sees the failure
    this.#sending = result.catch(() => undefined)
    return result
  }
}
