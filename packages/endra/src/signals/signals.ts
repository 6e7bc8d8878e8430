/**
 * Sends signals to the devices of a chat that are connected, and takes theirs. Nothing is stored or forwarded here, and one that can't be delivered
 * is gone: whoever needs more sends again when the device is connected. Owned by `chat.ts`.
 */
import type { Logger } from '@libp2p/interface'
import type { Channel, Did, Sessions } from 'walytis-identities'
import { EXCHANGE_DEADLINE_MS, SIGNALS_PROTOCOL } from '../constants.ts'
import { withDeadline } from '../deadline.ts'
import { TooManySignalsError } from '../errors.ts'
import { Allowance } from './allowance.ts'
import { decodeSignal, encodeSignal, type Signal, type StateSignal, type TypingSignal } from './format.ts'

/** Who said something. */
export interface SignalSource {
  readonly device: Did
  /** Whose device it is. */
  readonly member: Did
}

/** What the signals of a chat stand on. */
export interface SignalsInit {
  readonly sessions: Sessions
  /** Ends everything. */
  readonly signal: AbortSignal
  readonly now: () => number
  readonly log: Logger
  /** A signal that is well formed, from a current member's device. */
  received(source: SignalSource, signal: Signal): void
}

/** The signals of one chat. */
export class Signals {
  readonly #init: SignalsInit
  readonly #allowance: Allowance
  readonly #underWay = new Set<Promise<unknown>>()

  constructor(init: SignalsInit) {
    this.#init = init
    this.#allowance = new Allowance(init.now)
    const stop = init.sessions.handle(SIGNALS_PROTOCOL, (channel) => this.#serve(channel))
    const unwatch = init.sessions.watch((device, state) => {
      if (state === 'down') this.#allowance.forget(device)
    })
    init.signal.addEventListener('abort', stop, { once: true })
    init.signal.addEventListener('abort', unwatch, { once: true })
  }

  /** Tell a device. Resolves to whether it took it. */
  async tell(device: Did, signal: StateSignal | TypingSignal): Promise<boolean> {
    const telling = withDeadline('Telling a device', EXCHANGE_DEADLINE_MS, { signal: this.#init.signal }, (until) =>
      this.#send(device, encodeSignal(signal), until)
    )
    this.#underWay.add(telling)
    try {
      await telling
      return true
    } catch (error) {
      if (!this.#init.signal.aborted) this.#init.log('a signal was not delivered - %e', error)
      return false
    } finally {
      this.#underWay.delete(telling)
    }
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay)
  }

  async #send(device: Did, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const channel = await this.#init.sessions.open(device, SIGNALS_PROTOCOL, { signal })
    await channel.send(bytes, { signal })
    await channel.close({ signal })
    // The other side ends its half once it has taken the signal.
    for await (const _ of channel.messages()) throw new TooManySignalsError()
  }

  /** One signal in each channel. Membership has been checked by the session, and is again before each message. */
  async #serve(channel: Channel): Promise<void> {
    if (!this.#allowance.take(channel.device)) return channel.abort(new TooManySignalsError())
    const { device, member } = channel
    await withDeadline('Hearing a signal', EXCHANGE_DEADLINE_MS, { signal: this.#init.signal }, async (signal) => {
      let count = 0
      for await (const bytes of channel.messages()) {
        if (++count > 1) return channel.abort(new TooManySignalsError())
        const decoded = decodeSignal(bytes)
        if (decoded.ok) this.#init.received({ device, member }, decoded.value)
        else this.#init.log.error('a signal was refused (%s)', decoded.rule)
      }
      await channel.close({ signal })
    }).catch((error: unknown) => {
      if (!channel.closed) channel.abort(new TooManySignalsError())
      if (!this.#init.signal.aborted) this.#init.log('a signal did not arrive - %e', error)
    })
  }
}
