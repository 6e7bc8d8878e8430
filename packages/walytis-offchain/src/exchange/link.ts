import type { Channel, Did } from 'walytis-identities'
import { ExchangeError } from '../errors.ts'
import { MAX_QUEUED_BYTES } from './limits.ts'

/** What a link tells of. */
export interface LinkListener {
  /** Handled one after the other; the next frame of the channel is read once it resolves. */
  frame(bytes: Uint8Array): Promise<void>
  /** The device can be written to, or no longer. */
  state(up: boolean): void
}

interface Attached {
  readonly channel: Channel
  /** Opened by this side. */
  readonly mine: boolean
}

interface Outgoing {
  readonly frame: Uint8Array
  done(sent: boolean): void
}

/**
 * The channels with one device, and what waits to be sent to it. Usually there is one channel; when both sides opened one at the same time, the
 * one of the device with the lower DID stays. Nothing sent here must arrive: what is lost with a channel is asked for again.
 */
export class Link {
  readonly device: Did
  readonly #self: Did
  readonly #listener: LinkListener
  readonly #channels = new Set<Attached>()
  /** Small and urgent: goes before what was asked for. */
  readonly #live: Outgoing[] = []
  readonly #bulk: Outgoing[] = []
  #liveBytes = 0
  #sending = false

  constructor(self: Did, device: Did, listener: LinkListener) {
    this.#self = self
    this.device = device
    this.#listener = listener
  }

  get up(): boolean {
    return this.#channels.size > 0
  }

  /** Take a channel into use and read it to its end. Resolves when it is done with. */
  async attach(channel: Channel, mine: boolean): Promise<void> {
    const attached = { channel, mine }
    const wasUp = this.up
    this.#channels.add(attached)
    if (!wasUp) this.#listener.state(true)
    this.#closeSurplus()
    try {
      for await (const frame of channel.messages()) await this.#listener.frame(frame)
      await channel.close()
    } catch (error) {
      channel.abort(asError(error))
    } finally {
      this.#detach(attached)
    }
  }

  /** Send soon. Left out, and left for the other side to ask for, when too much waits already. */
  push(frame: Uint8Array): void {
    if (!this.up || this.#liveBytes + frame.length > MAX_QUEUED_BYTES) return
    this.#liveBytes += frame.length
    this.#live.push({ frame, done: () => (this.#liveBytes -= frame.length) })
    void this.#pump()
  }

  /** Send after what is urgent. Resolves once it was sent: whether it was. */
  async send(frame: Uint8Array): Promise<boolean> {
    if (!this.up) return false
    const sent = new Promise<boolean>((resolve) => this.#bulk.push({ frame, done: resolve }))
    void this.#pump()
    return await sent
  }

  /** End all channels at once. */
  abort(reason: Error): void {
    for (const { channel } of [...this.#channels]) channel.abort(reason)
  }

  /** Say that nothing more comes. */
  async close(): Promise<void> {
    await Promise.all([...this.#channels].map(async ({ channel }) => await channel.close().catch(() => undefined)))
  }

  async #pump(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) next.done(await this.#write(next.frame))
    } finally {
      this.#sending = false
    }
  }

  #next(): Outgoing | undefined {
    return this.#live.shift() ?? this.#bulk.shift()
  }

  async #write(frame: Uint8Array): Promise<boolean> {
    const attached = this.#preferred()
    if (attached === undefined) return false
    try {
      await attached.channel.send(frame)
      return true
    } catch (error) {
      attached.channel.abort(asError(error))
      return false
    }
  }

  #preferred(): Attached | undefined {
    const open = [...this.#channels].filter(({ channel }) => !channel.closed)
    return open.find((attached) => this.#stays(attached)) ?? open[0]
  }

  #stays(attached: Attached): boolean {
    return attached.mine === this.#self < this.device
  }

  /** Of two channels, this side closes its own when it is the one that goes; the other side does the same. */
  #closeSurplus(): void {
    const attached = [...this.#channels]
    if (!attached.some((one) => this.#stays(one))) return
    for (const one of attached) {
      if (one.mine && !this.#stays(one))
        one.channel.close().catch((error: unknown) => one.channel.abort(asError(error)))
    }
  }

  #detach(attached: Attached): void {
    this.#channels.delete(attached)
    if (this.up) return
    for (const waiting of [...this.#live.splice(0), ...this.#bulk.splice(0)]) waiting.done(false)
    this.#listener.state(false)
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new ExchangeError('channel-failed', { cause: error })
}
