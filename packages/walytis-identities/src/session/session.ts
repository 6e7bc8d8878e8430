import type { PeerId } from '@libp2p/interface'
import { ChannelClosedError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import type { FramedStream } from './framed-stream.ts'
import { FrameOpener, FrameSealer } from './frames.ts'
import type { Role, SessionKeys } from './key-schedule.ts'

/** What lives on a session and dies with it. */
export interface SessionPart {
  abort(reason: Error): void
}

/** What a completed handshake says about a session. */
export interface SessionInit {
  readonly keys: SessionKeys
  /** Which side this node was. */
  readonly role: Role
  readonly local: Did
  readonly remote: Did
  readonly peer: PeerId
  /** The stream of the handshake: it stays open as long as the session. */
  readonly stream: FramedStream
  readonly now: () => number
}

/**
 * A secure session with one device. Its own stream carries nothing but its end: when that stream ends, by an end frame, with the
 * connection, or because something on it doesn't open, the session and all its channels are over.
 */
export class Session {
  /** Hexadecimal. */
  readonly id: string
  readonly idBytes: Uint8Array
  readonly local: Did
  readonly remote: Did
  readonly peer: PeerId
  readonly #stream: FramedStream
  readonly #keys: SessionKeys
  readonly #sealer: FrameSealer
  readonly #opener: FrameOpener
  readonly #parts = new Set<SessionPart>()
  #ended = false
  #retired = false
  #onEnd: () => void = () => undefined

  constructor({ keys, role, local, remote, peer, stream, now }: SessionInit) {
    this.idBytes = keys.id
    this.id = sessionName(keys.id)
    this.local = local
    this.remote = remote
    this.peer = peer
    this.#stream = stream
    this.#keys = keys
    this.#sealer = new FrameSealer(role === 'initiator' ? keys.control.initiator : keys.control.responder, now)
    this.#opener = new FrameOpener(role === 'initiator' ? keys.control.responder : keys.control.initiator)
  }

  /** 32 bytes, from which the keys of channels follow. */
  get secret(): Uint8Array {
    return this.#keys.secret
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Watch for the end. `onEnd` is called once. */
  start(onEnd: () => void): void {
    this.#onEnd = onEnd
    void this.#watch()
  }

  /** @throws {ChannelClosedError} when the session has ended */
  add(part: SessionPart): void {
    if (this.#ended) {
      throw new ChannelClosedError('its session ended')
    }
    this.#parts.add(part)
  }

  remove(part: SessionPart): void {
    this.#parts.delete(part)
    if (this.#retired && this.#parts.size === 0) {
      void this.close()
    }
  }

  /** Another session with the same device has come up: end once no channel is left. */
  retire(): void {
    this.#retired = true
    if (this.#parts.size === 0) {
      void this.close()
    }
  }

  /** End it, and say so to the other side. */
  async close(): Promise<void> {
    if (this.#ended) {
      return
    }
    const frames = this.#sealer.seal({ kind: 'end' })
    this.#end(new ChannelClosedError('its session ended'))
    try {
      for (const frame of frames) {
        await this.#stream.write(frame)
      }
      await this.#stream.close()
    } catch (error) {
      // the connection is gone: nobody is left to be told
      this.#stream.abort(error instanceof Error ? error : new ChannelClosedError('its stream is closed'))
    }
  }

  /** Something on it was not what the other side sent: end at once. */
  fail(reason: Error): void {
    this.#end(reason)
    this.#stream.abort(reason)
  }

  async #watch(): Promise<void> {
    try {
      const bytes = await this.#stream.read()
      const frame = bytes === undefined ? undefined : this.#opener.open(bytes)
      if (frame?.kind === 'end') {
        this.#end(new ChannelClosedError('the other side ended the session'))
        await this.#stream.close()
      } else {
        this.fail(new ChannelClosedError('the connection ended'))
      }
    } catch (error) {
      this.fail(error instanceof Error ? error : new ChannelClosedError('the connection ended'))
    }
  }

  #end(reason: Error): void {
    if (this.#ended) {
      return
    }
    this.#ended = true
    for (const part of [...this.#parts]) {
      part.abort(reason)
    }
    this.#parts.clear()
    this.#sealer.erase()
    this.#opener.erase()
    this.#keys.secret.fill(0)
    this.#onEnd()
  }
}

/** A session's id as text. */
export function sessionName(id: Uint8Array): string {
  return Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
