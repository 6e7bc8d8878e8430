import type { AbortOptions } from '@libp2p/interface'
import type { Did } from '../interface/did.ts'
import type { Channel, Sessions } from '../interface/session.ts'
import { ResumableAcceptor } from './resumable-accepting.ts'
import { carrierProtocol, ResumableContext, type ResumableOptions } from './resumable-context.ts'
import { openResumable } from './resumable-opening.ts'

/** Sessions whose channels outlive their connections. */
export interface ResumableSessions extends Sessions {
  /** Break all channels and take no more. */
  stop(): void
}

/**
 * The same sessions, with channels that go on when their connection drops: over a new connection and a new handshake, no message is lost, repeated or put
 * out of order as long as both processes live and come together again within the patience. Both sides use it for a protocol, or neither.
 * Messages have at most 1 MiB less one byte. `close` resolves once the other side has received everything.
 */
export function resumable(sessions: Sessions, options: ResumableOptions = {}): ResumableSessions {
  return new Resumables(sessions, options)
}

class Resumables implements ResumableSessions {
  readonly #context: ResumableContext

  constructor(sessions: Sessions, options: ResumableOptions) {
    this.#context = new ResumableContext(sessions, options)
  }

  async open(did: Did, protocol: string, options: AbortOptions = {}): Promise<Channel> {
    this.#context.assertRunning()
    return openResumable(this.#context, did, protocol, options)
  }

  handle(protocol: string, handler: (channel: Channel) => Promise<void>): () => void {
    this.#context.assertRunning()
    const acceptor = new ResumableAcceptor(this.#context, protocol, handler)
    const stop = this.#context.sessions.handle(carrierProtocol(protocol), (carrier) => acceptor.accept(carrier))
    return () => {
      stop()
      acceptor.stop()
    }
  }

  connected(): Did[] {
    return this.#context.sessions.connected()
  }

  watch(listener: (device: Did, state: 'up' | 'down') => void): () => void {
    return this.#context.sessions.watch(listener)
  }

  stop(): void {
    this.#context.stop()
  }
}
