import type { AbortOptions } from '@libp2p/interface'
import { randomBytes as platformRandom } from '@noble/hashes/utils.js'
import { raceSignal } from 'race-signal'
import { ChannelClosedError, InvalidArgumentError, NotMemberError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import type { Channel, Sessions } from '../interface/session.ts'
import { type Carrier, ResumableChannel } from './resumable-channel.ts'
import {
  decodeResumeReply,
  decodeResumeRequest,
  encodeResumeReply,
  encodeResumeRequest,
  RESUME_ID_BYTES
} from './resume-format.ts'

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

/** Sessions whose channels outlive their connections. */
export interface ResumableSessions extends Sessions {
  /** Break all channels and take no more. */
  stop(): void
}

/** Channels of one device that others have opened and that are not over. */
const PER_DEVICE_LIMIT = 64
/** Finished channels that are remembered for a protocol. */
const FINISHED_LIMIT = 1024
const DELAY_GROWTH = 100

/**
 * The same sessions, with channels that go on when their connection drops: over a new connection and a new handshake, no message is lost, repeated or put
 * out of order as long as both processes live and come together again within the patience. Both sides use it for a protocol, or neither.
 * Messages have at most 1 MiB less one byte. `close` resolves once the other side has received everything.
 */
export function resumable(sessions: Sessions, options: ResumableOptions = {}): ResumableSessions {
  return new Resumables(sessions, options)
}

/** The protocol of the channels beneath. */
export function carrierProtocol(protocol: string): string {
  return `/walytis-identities/resumable/1.0.0${protocol}`
}

/** Channels that others have opened for one protocol, by device and id. */
interface Known {
  readonly channels: Map<string, ResumableChannel>
  /** Items received in those that came to their end. */
  readonly finished: Map<string, number>
}

class Resumables implements ResumableSessions {
  readonly #sessions: Sessions
  readonly #patience: number
  readonly #window: number
  readonly #retryDelay: number
  readonly #randomBytes: (length: number) => Uint8Array
  readonly #stopped = new AbortController()
  readonly #channels = new Set<ResumableChannel>()

  constructor(
    sessions: Sessions,
    { patience = 60_000, window = 1 << 20, retryDelay = 50, randomBytes = platformRandom }: ResumableOptions
  ) {
    this.#sessions = sessions
    this.#patience = patience
    this.#window = window
    this.#retryDelay = retryDelay
    this.#randomBytes = randomBytes
  }

  async open(did: Did, protocol: string, options: AbortOptions = {}): Promise<Channel> {
    this.#assertRunning()
    const id = this.#randomBytes(RESUME_ID_BYTES)
    const first = await this.#sessions.open(did, carrierProtocol(protocol), options)
    const { device, member } = first
    let fresh = true
    const resume = async (carrier: Channel, signal: AbortSignal) => {
      channel.detach()
      const messages = carrier.messages()[Symbol.asyncIterator]()
      await carrier.send(encodeResumeRequest({ id, received: channel.received, fresh }), { signal })
      const { value } = await raceSignal(messages.next(), signal)
      const reply = value === undefined ? undefined : decodeResumeReply(value)
      if (reply === undefined) {
        throw new ChannelClosedError('the other side did not say how far it has come')
      }
      fresh = false
      if (channel.over) {
        // it was only about telling the other side
        await carrier.close({ signal })
        return
      }
      if (reply.received === null) {
        channel.fail(new ChannelClosedError('the other side has forgotten it'))
        return
      }
      channel.attach({ channel: carrier, messages }, reply.received)
    }
    const again = async (signal: AbortSignal) => {
      const carrier = await this.#sessions.open(device, carrierProtocol(protocol), { signal })
      await resume(carrier, signal).catch((error: Error) => {
        carrier.abort(error)
        throw error
      })
    }
    const channel: ResumableChannel = this.#channel({ protocol, device, member }, () => {
      void this.#reconnect(channel, again)
    })
    try {
      await resume(first, options.signal ?? this.#stopped.signal)
    } catch (error) {
      first.abort(error instanceof Error ? error : new ChannelClosedError('it could not be begun'))
      if (options.signal?.aborted === true) {
        channel.fail(new ChannelClosedError('whoever opened it gave up'))
        throw error
      }
      void this.#reconnect(channel, again)
    }
    return channel
  }

  handle(protocol: string, handler: (channel: Channel) => Promise<void>): () => void {
    this.#assertRunning()
    const known: Known = { channels: new Map(), finished: new Map() }
    const stop = this.#sessions.handle(carrierProtocol(protocol), (carrier) =>
      this.#accept(carrier, protocol, known, handler)
    )
    return () => {
      stop()
      for (const channel of known.channels.values()) {
        channel.fail(new ChannelClosedError('nobody takes the protocol any more'))
      }
    }
  }

  connected(): Did[] {
    return this.#sessions.connected()
  }

  watch(listener: (device: Did, state: 'up' | 'down') => void): () => void {
    return this.#sessions.watch(listener)
  }

  stop(): void {
    const reason = new ChannelClosedError('the sessions were stopped')
    this.#stopped.abort(reason)
    for (const channel of [...this.#channels]) {
      channel.abort(reason)
    }
  }

  /** Somebody begins a channel here, or goes on with one. Resolves when this carrier is done. */
  async #accept(
    carrier: Channel,
    protocol: string,
    { channels, finished }: Known,
    handler: (channel: Channel) => Promise<void>
  ): Promise<void> {
    const messages = carrier.messages()[Symbol.asyncIterator]()
    const { value } = await raceSignal(messages.next(), this.#deadline())
    const request = value === undefined ? undefined : decodeResumeRequest(value)
    if (request === undefined) {
      throw new ChannelClosedError('the other side did not say what it goes on with')
    }
    const { device, member } = carrier
    const name = `${device} ${Array.from(request.id).join('.')}`
    const end = finished.get(name)
    if (end !== undefined) {
      await carrier.send(encodeResumeReply(end))
      return
    }
    let channel = channels.get(name)
    if (channel === undefined) {
      const mine = [...channels.keys()].filter((one) => one.startsWith(device)).length
      if (!request.fresh || request.received > 0 || mine >= PER_DEVICE_LIMIT) {
        await carrier.send(encodeResumeReply(null))
        return
      }
      channel = this.#awaited({ protocol, device, member }, () => {
        const { failed, received } = channels.get(name) ?? {}
        channels.delete(name)
        if (failed === false && received !== undefined) {
          this.#remember(finished, name, received)
        }
      })
      channels.set(name, channel)
    }
    // from here on nothing more comes by the old carrier, so the count stands
    channel.detach()
    await carrier.send(encodeResumeReply(channel.received))
    const done = carrierDone({ channel: carrier, messages })
    const begins = channel.attachments === 0
    channel.attach(done.carrier, request.received)
    if (begins) {
      void serve(channel, handler)
    }
    await done.over
  }

  #channel(
    named: Pick<Channel, 'protocol' | 'device' | 'member'>,
    onDetached: () => void,
    onOver: () => void = () => undefined
  ): ResumableChannel {
    const channel = new ResumableChannel({
      protocol: named.protocol,
      device: named.device,
      member: named.member,
      window: this.#window,
      onDetached,
      onOver: () => {
        this.#channels.delete(channel)
        onOver()
      }
    })
    this.#channels.add(channel)
    return channel
  }

  /** The other side may not have heard that all is said: whoever asks within the patience is told. */
  #remember(finished: Map<string, number>, name: string, received: number): void {
    finished.set(name, received)
    const [oldest] = finished.keys()
    if (finished.size > FINISHED_LIMIT && oldest !== undefined) {
      finished.delete(oldest)
    }
    after(this.#patience, () => finished.delete(name))
  }

  /** A channel whose opener brings the carriers: it is waited for. */
  #awaited(named: Pick<Channel, 'protocol' | 'device' | 'member'>, onOver: () => void): ResumableChannel {
    const wait = () => {
      const attached = channel.attachments
      after(this.#patience, () => {
        if (channel.attachments === attached) {
          channel.fail(new ChannelClosedError('the connection dropped and did not come back'))
        }
      })
    }
    const channel = this.#channel(named, wait, onOver)
    wait()
    return channel
  }

  async #reconnect(channel: ResumableChannel, again: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const signal = this.#deadline()
    const attached = channel.attachments
    for (
      let delay = this.#retryDelay;
      !channel.failed && channel.attachments === attached;
      delay = Math.min(delay * 2, this.#retryDelay * DELAY_GROWTH)
    ) {
      try {
        await again(signal)
        return
      } catch (error) {
        if (error instanceof NotMemberError || signal.aborted) {
          channel.fail(new ChannelClosedError('the connection dropped and could not be made again', { cause: error }))
          return
        }
      }
      // when the signal fires meanwhile, the next attempt says so
      await raceSignal(new Promise<void>((resolve) => after(delay, resolve)), signal).catch(() => undefined)
    }
  }

  #deadline(): AbortSignal {
    return AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(this.#patience)])
  }

  #assertRunning(): void {
    if (this.#stopped.signal.aborted) {
      throw new InvalidArgumentError('sessions', 'They were stopped')
    }
  }
}

/** Call it later, without keeping the process alive for it. */
function after(milliseconds: number, work: () => void): void {
  AbortSignal.timeout(milliseconds).addEventListener('abort', work, { once: true })
}

/** A carrier that tells when nobody reads from it any more, so that whoever handed it in may let it go. */
function carrierDone({ channel, messages }: Carrier): { readonly carrier: Carrier; readonly over: Promise<void> } {
  let finish = (): void => undefined
  const over = new Promise<void>((resolve) => {
    finish = resolve
  })
  const watched: AsyncIterator<Uint8Array> = {
    next: async () => {
      try {
        const result = await messages.next()
        if (result.done === true) {
          finish()
        }
        return result
      } catch (error) {
        finish()
        throw error
      }
    }
  }
  return { carrier: { channel, messages: watched }, over }
}

/** Run the handler, then bring the channel to its end. */
async function serve(channel: ResumableChannel, handler: (channel: Channel) => Promise<void>): Promise<void> {
  try {
    await handler(channel)
    await channel.close()
    await channel.drain()
  } catch (error) {
    channel.abort(error instanceof Error ? error : new ChannelClosedError('its handler failed'))
  }
}
