import { logger } from '@libp2p/logger'
import type { GroupCore } from '../group/core.ts'
import type { Seeds } from '../group/seeds.ts'
import type { Did } from '../interface/did.ts'
import type { Channel, Sessions } from '../interface/session.ts'
import { mayHave } from '../state/epochs.ts'
import type { EpochState } from '../state/membership.ts'
import { decodeKeyMessage, EPOCHS_PER_MESSAGE, type EpochSeed, encodeKeyMessage } from './key-messages.ts'

const log = logger('walytis-identities:keys')

/** Protocol of channels that carry seeds. */
export const KEY_PROTOCOL = 'walytis-identities/keys'
/** Milliseconds between attempts while a seed is missing and others are connected. */
const RETRY = { first: 250, longest: 10_000 }
/** Milliseconds until an answer. */
const ANSWER_TIMEOUT = 10_000

export interface KeyDeliveryInit {
  readonly core: GroupCore
  readonly seeds: Seeds
  readonly sessions: Sessions
  readonly rendezvous: () => Uint8Array
  /** A seed came that was not here before. */
  readonly obtained: (epoch: EpochState) => void
}

/** Seeds that a device may be given by the state as it is now. */
export function seedsFor(core: GroupCore, seeds: Seeds, device: Did, wanted: readonly string[]): EpochSeed[] {
  const { state } = core
  const holder = state.devices.get(device)
  if (holder === undefined) {
    return []
  }
  return wanted.flatMap((id) => {
    const epoch = state.epochs.get(id)
    const secrets = epoch === undefined ? undefined : seeds.get(epoch)
    return epoch !== undefined && secrets !== undefined && mayHave(state, holder.member, epoch)
      ? [{ epoch: id, seed: secrets.seed }]
      : []
  })
}

/**
 * Seeds travel over channels of the group, from any device that has one to any device entitled to it: pushed when an epoch begins, asked
 * for when one is missing (when a device comes up, when an epoch becomes known, when somebody needs it). Who asks is judged anew by
 * the state at that moment; what comes is checked against the public key on the chain. Owned by the group's facade.
 */
export class KeyDelivery {
  readonly #init: KeyDeliveryInit
  readonly #stops: (() => void)[]
  /** Sent by members before the epoch's block came. */
  readonly #early = new Map<string, Uint8Array>()
  readonly #asking = new Map<Did, Promise<void>>()
  /** Of those that are being asked: to be asked once more then, for what was not known to be missing when they were. */
  readonly #again = new Set<Did>()
  #retry: ReturnType<typeof setTimeout> | undefined
  #wait = RETRY.first
  #stopped = false

  constructor(init: KeyDeliveryInit) {
    this.#init = init
    this.#stops = [
      init.sessions.handle(KEY_PROTOCOL, (channel) => this.#serve(channel)),
      init.sessions.watch((device, state) => {
        if (state === 'up') {
          this.#wait = RETRY.first
          this.#fireAndForget(this.#ask(device))
        }
      })
    ]
  }

  /** Epochs that this device may have and has not; the best first. */
  missing(): EpochState[] {
    const { core, seeds } = this.#init
    const { state } = core
    const order = [...state.usable, ...[...state.epochs.keys()].reverse()]
    const distinct = [...new Set(order)].flatMap((id) => state.epochs.get(id) ?? [])
    return core.present
      ? distinct.filter((epoch) => seeds.get(epoch) === undefined && mayHave(state, core.member.did, epoch))
      : []
  }

  /** Look for what is missing, now and until it has come. Called when there is news: attempts begin to follow each other quickly anew. */
  seek(): void {
    this.#wait = RETRY.first
    this.#attempt()
  }

  #attempt(): void {
    if (this.#stopped) {
      return
    }
    this.#fireAndForget(this.#settleEarly())
    if (this.missing().length > 0) {
      for (const device of this.#init.sessions.connected()) {
        this.#fireAndForget(this.#ask(device))
      }
      this.#retryLater()
    }
  }

  /** Ask members that are not connected yet, too. */
  async reachOut(signal?: AbortSignal): Promise<void> {
    const { core, sessions } = this.#init
    const connected = sessions.connected()
    await Promise.all(connected.map((device) => this.#ask(device, signal).catch(() => undefined)))
    const { devices, recovery } = core.state
    const asked = new Set([core.device.did, recovery, ...connected])
    const others = [...devices.keys()].filter((did) => !asked.has(did))
    for (const device of others) {
      if (this.#stopped || signal?.aborted === true || this.missing().length === 0) {
        return
      }
      await this.#ask(device, signal).catch(() => undefined)
    }
  }

  /** Give a new epoch's seed to all devices that are connected. Those that are not ask when they come. */
  push(epoch: EpochState): void {
    for (const device of this.#init.sessions.connected()) {
      this.#fireAndForget(this.#give(device, epoch))
    }
  }

  /** Take seeds from a member. */
  async take(offered: readonly EpochSeed[]): Promise<void> {
    const { core, seeds } = this.#init
    for (const { epoch: id, seed } of offered) {
      const epoch = core.state.epochs.get(id)
      if (epoch === undefined) {
        if (this.#early.size < EPOCHS_PER_MESSAGE) {
          this.#early.set(id, seed)
        }
      } else if (seeds.get(epoch) === undefined && (await seeds.take(epoch, seed))) {
        this.#init.obtained(epoch)
      }
    }
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#retry)
    for (const stop of this.#stops) {
      stop()
    }
  }

  async #settleEarly(): Promise<void> {
    const early = [...this.#early].filter(([id]) => this.#init.core.state.epochs.has(id))
    for (const [id] of early) {
      this.#early.delete(id)
    }
    await this.take(early.map(([epoch, seed]) => ({ epoch, seed })))
  }

  async #serve(channel: Channel): Promise<void> {
    for await (const bytes of channel.messages()) {
      const message = decodeKeyMessage(bytes)
      if (message === undefined) {
        channel.abort(new TypeError('not a message of key delivery'))
        return
      }
      if (message.kind === 'have') {
        await this.take(message.seeds)
      } else {
        const { core, seeds: held } = this.#init
        const { state } = core
        const wanted = message.epochs.length > 0 ? message.epochs : state.usable.slice(0, EPOCHS_PER_MESSAGE)
        const seeds = seedsFor(core, held, channel.device, wanted)
        await channel.send(encodeKeyMessage({ kind: 'have', seeds, rendezvous: this.#init.rendezvous() }))
      }
    }
    await channel.close()
  }

  #ask(device: Did, signal?: AbortSignal): Promise<void> {
    const running = this.#asking.get(device)
    if (running !== undefined) {
      this.#again.add(device)
      return running
    }
    const asking = this.#askUntilSettled(device, signal).finally(() => {
      this.#asking.delete(device)
      this.#again.delete(device)
    })
    this.#asking.set(device, asking)
    return asking
  }

  async #askUntilSettled(device: Did, signal?: AbortSignal): Promise<void> {
    do {
      this.#again.delete(device)
      await this.#askOnce(device, signal)
    } while (this.#again.has(device) && !this.#stopped)
  }

  async #askOnce(device: Did, signal?: AbortSignal): Promise<void> {
    const epochs = this.missing()
      .slice(0, EPOCHS_PER_MESSAGE)
      .map(({ id }) => id)
    if (epochs.length === 0) {
      return
    }
    const timeout = AbortSignal.timeout(ANSWER_TIMEOUT)
    const options = { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) }
    const channel = await this.#init.sessions.open(device, KEY_PROTOCOL, options)
    const abort = (): void => channel.abort(new TypeError('no answer in time'))
    options.signal.addEventListener('abort', abort, { once: true })
    try {
      await channel.send(encodeKeyMessage({ kind: 'want', epochs }), options)
      for await (const bytes of channel.messages()) {
        const message = decodeKeyMessage(bytes)
        if (message?.kind === 'have') {
          await this.take(message.seeds)
        }
        break
      }
      await channel.close(options)
    } finally {
      options.signal.removeEventListener('abort', abort)
    }
  }

  async #give(device: Did, epoch: EpochState): Promise<void> {
    const seeds = seedsFor(this.#init.core, this.#init.seeds, device, [epoch.id])
    if (seeds.length > 0) {
      const options = { signal: AbortSignal.timeout(ANSWER_TIMEOUT) }
      const channel = await this.#init.sessions.open(device, KEY_PROTOCOL, options)
      await channel.send(encodeKeyMessage({ kind: 'have', seeds, rendezvous: this.#init.rendezvous() }), options)
      await channel.close(options)
    }
  }

  #retryLater(): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#attempt(), this.#wait)
    this.#retry.unref?.()
    this.#wait = Math.min(this.#wait * 2, RETRY.longest)
  }

  /** A device that can't be reached now is asked again when it comes up, or by the next attempt. */
  #fireAndForget(work: Promise<void>): void {
    work.catch((error: unknown) => log.error('seeds of %s were not exchanged: %o', this.#init.core.did, error))
  }
}
