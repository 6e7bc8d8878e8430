import type { BlockId } from 'walytis/interface'
import type { Channel, Did, Sessions } from 'walytis-identities'
import { REGISTERS_PROTOCOL } from '../constants.ts'
import { ExchangeError } from '../errors.ts'
import { Link } from '../exchange/link.ts'
import { keepOpen, type Opening } from '../exchange/opening.ts'
import { decodeRecord, encodeRecord, type RegisterRecord, registerKey } from './format.ts'
import { decodeRegisterMessage, encodeRegisterMessage, type HeldValue, MAX_GIVEN, MAX_HELD } from './messages.ts'

export interface RegisterExchangeComponents {
  readonly sessions: Pick<Sessions, 'open' | 'handle' | 'connected' | 'watch'>
  readonly self: Did
  entitled(device: Did, epoch: BlockId): Promise<boolean>
  /** The newest records of current members. */
  records(): RegisterRecord[]
  /** Check and keep a record. `forged`: nobody honest gives that. */
  receive(record: RegisterRecord, from: Did): Promise<'taken' | 'left' | 'forged'>
  failed(error: unknown): void
}

/** Changes of a register are sent after this time, so that of many in a row only the newest goes. Milliseconds. */
const SEND_DELAY = 50

/** Wrongly signed records after which the channel ends. The keys of some may have changed since they signed. */
const MAX_FORGED = 16

/** What is known of the device at the other end of a link. */
interface Side {
  /** What it said to hold, as far as it has said. */
  readonly held: Map<string, number>
  isComplete: boolean
  forged: number
}

/**
 * Brings registers level between the devices of a group: each side says what it holds and is given what is newer. Only the newest value is
 * known here, so only that is ever sent. Channels are opened once there is something to say.
 */
export class RegisterExchange {
  readonly #components: RegisterExchangeComponents
  readonly #links = new Map<Did, Link>()
  readonly #sides = new Map<Did, Side>()
  readonly #changed = new Map<string, Did | undefined>()
  #opening: Opening | undefined
  #unhandle: (() => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopped = false

  constructor(components: RegisterExchangeComponents) {
    this.#components = components
  }

  start(): void {
    const { sessions, self, records } = this.#components
    this.#unhandle = sessions.handle(REGISTERS_PROTOCOL, async (channel) => await this.#attach(channel, false))
    this.#opening = keepOpen({
      sessions,
      self,
      protocol: REGISTERS_PROTOCOL,
      isUp: (device) => this.#links.get(device)?.up === true || records().length === 0,
      attach: (channel) => void this.#attach(channel, true)
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#unhandle?.()
    this.#opening?.stop()
    clearTimeout(this.#timer)
    await Promise.all([...this.#links.values()].map(async (link) => await link.close()))
  }

  /** A register has a newer value, which `from` has given. */
  changed(record: RegisterRecord, from: Did | undefined): void {
    if (this.#stopped) return
    this.#opening?.seek()
    this.#changed.set(registerKey(record), from)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#background(this.#sendChanged())
    }, SEND_DELAY)
  }

  /** What could not be taken before may be so now: say again what is held, and be given what is newer. */
  compare(): void {
    this.#opening?.seek()
    for (const link of this.#links.values()) if (link.up) this.#tell(link)
  }

  async #attach(channel: Channel, mine: boolean): Promise<void> {
    if (this.#stopped) {
      channel.abort(new ExchangeError('not-spoken-with'))
      return
    }
    await this.#link(channel.device).attach(channel, mine)
  }

  #link(device: Did): Link {
    const known = this.#links.get(device)
    if (known !== undefined) return known
    const link: Link = new Link(this.#components.self, device, {
      frame: async (bytes) => await this.#frame(link, bytes),
      state: (up) => {
        if (up) {
          this.#sides.set(device, { held: new Map(), isComplete: false, forged: 0 })
          // The channel takes frames once it is attached.
          queueMicrotask(() => this.#tell(link))
        } else {
          this.#sides.delete(device)
          this.#opening?.lost(device)
        }
      }
    })
    this.#links.set(device, link)
    return link
  }

  #tell(link: Link): void {
    const held: HeldValue[] = this.#components.records().map(({ device, slot, seq }) => ({ device, slot, seq }))
    for (let start = 0; start === 0 || start < held.length; start += MAX_HELD) {
      const more = start + MAX_HELD < held.length
      link.push(encodeRegisterMessage({ kind: 'have', held: held.slice(start, start + MAX_HELD), more }))
    }
  }

  async #frame(link: Link, bytes: Uint8Array): Promise<void> {
    const side = this.#sides.get(link.device)
    if (this.#stopped || side === undefined) return
    const decoded = decodeRegisterMessage(bytes)
    if (!decoded.ok) throw new ExchangeError(decoded.rule)
    const { message } = decoded
    if (message.kind === 'give') {
      for (const record of message.records) await this.#receive(link, side, record)
      return
    }
    if (side.isComplete) {
      side.held.clear()
      side.isComplete = false
    }
    // Of what this node does not know it keeps no memory, however long the list.
    const known = new Set(this.#components.records().map(registerKey))
    for (const one of message.held) {
      const key = registerKey({ device: one.device as Did, slot: one.slot })
      if (known.has(key)) side.held.set(key, one.seq)
    }
    side.isComplete = !message.more
    if (side.isComplete) await this.#give(link, side, this.#components.records())
  }

  async #receive(link: Link, side: Side, bytes: Uint8Array): Promise<void> {
    const decoded = decodeRecord(bytes)
    if (!decoded.ok) throw new ExchangeError(decoded.rule)
    const { record } = decoded
    const result = await this.#components.receive(record, link.device)
    if (result === 'forged' && ++side.forged >= MAX_FORGED) throw new ExchangeError('register-signature')
    if (result === 'taken') side.held.set(registerKey(record), record.seq)
  }

  async #sendChanged(): Promise<void> {
    const changed = new Map(this.#changed)
    this.#changed.clear()
    const records = this.#components.records().filter((record) => changed.has(registerKey(record)))
    for (const link of this.#links.values()) {
      const side = this.#sides.get(link.device)
      // Before the other side has said what it holds, it is given all by that.
      if (!link.up || side?.isComplete !== true) continue
      await this.#give(
        link,
        side,
        records.filter((record) => changed.get(registerKey(record)) !== link.device)
      )
    }
  }

  async #give(link: Link, side: Side, records: readonly RegisterRecord[]): Promise<void> {
    const given: Uint8Array[] = []
    for (const record of records) {
      const key = registerKey(record)
      if ((side.held.get(key) ?? 0) >= record.seq) continue
      if (!(await this.#components.entitled(link.device, record.epoch))) continue
      side.held.set(key, record.seq)
      given.push(encodeRecord(record))
    }
    for (let start = 0; start < given.length; start += MAX_GIVEN) {
      link.push(encodeRegisterMessage({ kind: 'give', records: given.slice(start, start + MAX_GIVEN) }))
    }
  }

  #background(task: Promise<unknown>): void {
    task.catch((error: unknown) => this.#components.failed(error))
  }
}
