import { raceSignal } from 'race-signal'
import { ChannelClosedError } from '../errors.ts'
import type { Channel } from '../interface/session.ts'
import type { Carrier, ResumableChannel } from './resumable-channel.ts'
import { after, type Named, type ResumableContext } from './resumable-context.ts'
import { decodeResumeRequest, encodeResumeReply } from './resume-format.ts'

/** Channels of one device that others have opened and that are not over. */
const PER_DEVICE_LIMIT = 64
/** Finished channels that are remembered for a protocol. */
const FINISHED_LIMIT = 1024

/** The channels that others have opened here for one protocol. They wait for the carriers that their openers bring. */
export class ResumableAcceptor {
  readonly #context: ResumableContext
  readonly #protocol: string
  readonly #handler: (channel: Channel) => Promise<void>
  /** By device and id. */
  readonly #channels = new Map<string, ResumableChannel>()
  /** Items received in those that came to their end. */
  readonly #finished = new Map<string, number>()

  constructor(context: ResumableContext, protocol: string, handler: (channel: Channel) => Promise<void>) {
    this.#context = context
    this.#protocol = protocol
    this.#handler = handler
  }

  stop(): void {
    for (const channel of this.#channels.values()) {
      channel.fail(new ChannelClosedError('nobody takes the protocol any more'))
    }
  }

  /** Somebody begins a channel here, or goes on with one. Resolves when this carrier is done. */
  async accept(carrier: Channel): Promise<void> {
    const messages = carrier.messages()[Symbol.asyncIterator]()
    const { value } = await raceSignal(messages.next(), this.#context.deadline())
    const request = value === undefined ? undefined : decodeResumeRequest(value)
    if (request === undefined) {
      throw new ChannelClosedError('the other side did not say what it goes on with')
    }
    const { device, member } = carrier
    const name = `${device} ${Array.from(request.id).join('.')}`
    const end = this.#finished.get(name)
    if (end !== undefined) {
      await carrier.send(encodeResumeReply(end))
      return
    }
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      const mine = [...this.#channels.keys()].filter((one) => one.startsWith(device)).length
      if (!request.fresh || request.received > 0 || mine >= PER_DEVICE_LIMIT) {
        await carrier.send(encodeResumeReply(null))
        return
      }
      channel = this.#awaited({ protocol: this.#protocol, device, member }, () => {
        const { failed, received } = this.#channels.get(name) ?? {}
        this.#channels.delete(name)
        if (failed === false && received !== undefined) {
          this.#remember(name, received)
        }
      })
      this.#channels.set(name, channel)
    }
    // from here on nothing more comes by the old carrier, so the count stands
    channel.detach()
    await carrier.send(encodeResumeReply(channel.received))
    const done = carrierDone({ channel: carrier, messages })
    const begins = channel.attachments === 0
    channel.attach(done.carrier, request.received)
    if (begins) {
      void serve(channel, this.#handler)
    }
    await done.over
  }

  /** The other side may not have heard that all is said: whoever asks within the patience is told. */
  #remember(name: string, received: number): void {
    this.#finished.set(name, received)
    const [oldest] = this.#finished.keys()
    if (this.#finished.size > FINISHED_LIMIT && oldest !== undefined) {
      this.#finished.delete(oldest)
    }
    after(this.#context.patience, () => this.#finished.delete(name))
  }

  /** A channel whose opener brings the carriers: it is waited for. */
  #awaited(named: Named, onOver: () => void): ResumableChannel {
    const wait = () => {
      const attached = channel.attachments
      after(this.#context.patience, () => {
        if (channel.attachments === attached) {
          channel.fail(new ChannelClosedError('the connection dropped and did not come back'))
        }
      })
    }
    const channel = this.#context.channel(named, wait, onOver)
    wait()
    return channel
  }
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
