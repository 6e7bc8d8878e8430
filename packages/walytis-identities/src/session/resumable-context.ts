import type { AbortOptions } from '@libp2p/interface'
import { randomBytes as platformRandom } from '@noble/hashes/utils.js'
import { ChannelClosedError, InvalidArgumentError } from '../errors.ts'
import type { Channel, Sessions } from '../interface/session.ts'
import { ResumableChannel } from './resumable-channel.ts'

/** Options of `resumable`. */
export interface ResumableOptions {
  /** Milliseconds for which either side waits for a dropped channel to come back. Default one minute. */
  patience?: number | undefined
  /** Bytes that are kept until the other side has received them; `send` waits while there are more. Default 1 MiB. */
  window?: number | undefined
  /** Milliseconds before the second attempt to come together again, doubled for each further one up to a hundredfold. Default 50. */
  retryDelay?: number | undefined
  /** Default: the platform's random generator. */
  randomBytes?: ((length: number) => Uint8Array) | undefined
}

/** Who a channel is with, and for what. */
export type Named = Pick<Channel, 'protocol' | 'device' | 'member'>

/** What the two sides of resumable channels share: the sessions beneath, the options, and the channels that are not over. */
export class ResumableContext {
  readonly sessions: Sessions
  readonly patience: number
  readonly retryDelay: number
  readonly randomBytes: (length: number) => Uint8Array
  readonly #window: number
  readonly #stopped = new AbortController()
  readonly #channels = new Set<ResumableChannel>()

  constructor(
    sessions: Sessions,
    { patience = 60_000, window = 1 << 20, retryDelay = 50, randomBytes = platformRandom }: ResumableOptions
  ) {
    this.sessions = sessions
    this.patience = patience
    this.retryDelay = retryDelay
    this.randomBytes = randomBytes
    this.#window = window
  }

  get stopped(): AbortSignal {
    return this.#stopped.signal
  }

  channel(
    { protocol, device, member }: Named,
    onDetached: () => void,
    onOver: () => void = () => undefined
  ): ResumableChannel {
    const channel = new ResumableChannel({
      ...{ protocol, device, member, onDetached },
      window: this.#window,
      onOver: () => {
        this.#channels.delete(channel)
        onOver()
      }
    })
    this.#channels.add(channel)
    return channel
  }

  /** A carrier for a protocol's channels. */
  carrier(did: Channel['device'], protocol: string, options: AbortOptions): Promise<Channel> {
    return this.sessions.open(did, carrierProtocol(protocol), options)
  }

  /** Fires when the patience is over, or all is stopped. */
  deadline(): AbortSignal {
    return AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(this.patience)])
  }

  stop(): void {
    const reason = new ChannelClosedError('the sessions were stopped')
    this.#stopped.abort(reason)
    for (const channel of [...this.#channels]) {
      channel.abort(reason)
    }
  }

  /** @throws {InvalidArgumentError} */
  assertRunning(): void {
    if (this.#stopped.signal.aborted) {
      throw new InvalidArgumentError('sessions', 'They were stopped')
    }
  }
}

/** The protocol of the channels beneath. */
export function carrierProtocol(protocol: string): string {
  return `/walytis-identities/resumable/1.0.0${protocol}`
}

/** Call it later, without keeping the process alive for it. */
export function after(milliseconds: number, work: () => void): void {
  AbortSignal.timeout(milliseconds).addEventListener('abort', work, { once: true })
}
