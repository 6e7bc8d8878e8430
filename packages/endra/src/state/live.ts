/**
 * What goes on in a chat besides messages: who has and has read what, drafts, typing, connections. Tells the other devices, at most once a second and
 * only what is latest; a device that comes is told when its session is up, and one that is never met finds it in a register. Owned by `chat.ts`.
 */
import type { Did, Group } from 'walytis-identities'
import type { PrivateBlockchain, RegisterValue } from 'walytis-offchain'
import { REGISTER_PAUSE_MS, STATE_PAUSE_MS, STATE_REGISTER, TYPING_PAUSE_MS } from '../constants.ts'
import type { ChatEvents, Message, Privacy } from '../interface/index.ts'
import { decodeSignal, encodeSignal, type Signal } from '../signals/format.ts'
import { type SignalSource, Signals, type SignalsInit } from '../signals/signals.ts'
import type { ChatState } from './chat-state.ts'
import { Pause } from './pause.ts'
import { Typists } from './typists.ts'

/** What the live side of a chat stands on. */
export interface LiveInit extends Omit<SignalsInit, 'received' | 'sessions'> {
  readonly me: Did
  readonly group: Pick<Group, 'members' | 'sessions' | 'device'>
  readonly sealed: Pick<PrivateBlockchain, 'registers' | 'addEventListener'>
  readonly state: ChatState
  privacy(): Privacy
  /** Whether the profile wants to hear nothing of a user, and tells them nothing of itself. */
  ignores(did: Did): boolean
  emit<K extends 'changed' | 'receipt' | 'typing'>(type: K, detail: ChatEvents[K]['detail']): void
}

/** The live side of a chat. */
export class Live {
  readonly #init: LiveInit
  readonly #signals: Signals
  readonly #typists: Typists
  readonly #tellConnected: Pause
  readonly #leaveState: Pause
  #lastTyping = Number.NEGATIVE_INFINITY

  constructor(init: LiveInit) {
    this.#init = init
    this.#typists = new Typists((did, typing) => init.emit('typing', { did, typing }))
    const received = (source: SignalSource, signal: Signal): void => this.#hear(source, signal)
    this.#signals = new Signals({ ...init, sessions: init.group.sessions, received })
    this.#tellConnected = new Pause(init.now, STATE_PAUSE_MS, () => this.#tellAll())
    this.#leaveState = new Pause(init.now, REGISTER_PAUSE_MS, () => this.#background(this.#setRegister()))
  }

  /** Tell who is connected now, and who comes. */
  start(): void {
    const { group, sealed, signal } = this.#init
    sealed.addEventListener('register:changed', ({ detail }) => this.#takeRegister(detail), { signal })
    this.#background(this.#readRegisters())
    const unwatch = group.sessions.watch((device, state) => {
      if (state === 'up') this.#background(this.#tellState(device))
    })
    signal.addEventListener('abort', () => this.#stop(unwatch), { once: true })
    this.tellSoon()
  }

  /** This device has or has read more than it has told: the others are told soon. */
  tellSoon(): void {
    if (this.#init.signal.aborted) return
    this.#tellConnected.ask()
    this.#leaveState.ask()
  }

  /** A message has come or been written. */
  arrived(message: Message): void {
    this.#typists.hear(message.author, false)
    this.tellSoon()
  }

  /** This user is typing, or no longer. */
  typing(on: boolean): void {
    const now = this.#init.now()
    const isOff = this.#lastTyping === Number.NEGATIVE_INFINITY
    const isEarly = Math.abs(now - this.#lastTyping) < TYPING_PAUSE_MS
    if (!this.#init.privacy().typing || (on ? isEarly : isOff)) return
    this.#lastTyping = on ? now : Number.NEGATIVE_INFINITY
    const { group, ignores } = this.#init
    const ignored = new Set(group.members().flatMap(({ did, devices }) => (ignores(did) ? devices : [])))
    for (const device of this.#connected()) {
      if (!ignored.has(device)) this.#background(this.#signals.tell(device, { kind: 'typing', on }))
    }
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await this.#signals.settled()
  }

  #hear(source: SignalSource, signal: Signal): void {
    if (signal.kind === 'typing' && source.member !== this.#init.me && !this.#init.ignores(source.member))
      this.#typists.hear(source.member, signal.on)
    if (signal.kind === 'state') this.#background(this.#takeState(source, signal))
  }

  async #takeState(source: SignalSource, signal: Signal & { kind: 'state' }): Promise<void> {
    const { own, receipts } = await this.#init.state.take(source, signal)
    if (receipts) this.#init.emit('receipt', { did: source.member })
    if (!own) return
    this.#init.emit('changed', {})
    // What another device has read is this one's to pass on as well: it may be the only one that somebody meets.
    this.tellSoon()
  }

  #tellAll(): void {
    for (const device of this.#connected()) this.#background(this.#tellState(device))
  }

  async #tellState(device: Did): Promise<void> {
    const member = this.#init.group.members().find(({ devices }) => devices.includes(device))
    if (member === undefined) return
    const signal = await this.#init.state.signalFor(member.did, this.#mayTell(member.did), this.#init)
    await this.#signals.tell(device, signal)
  }

  /** For those whom this device does not meet: the other devices of the chat hand it on. */
  async #setRegister(): Promise<void> {
    const { group, state, sealed, signal } = this.#init
    if (group.members().length < 2) return
    // All members read it: while one of them is to know nothing, it says nothing of reading.
    const tells = group.members().every(({ did }) => this.#mayTell(did))
    const left = await state.signalFor(undefined, tells, { signal })
    await sealed.registers.set(STATE_REGISTER, encodeSignal(left), { signal })
  }

  async #readRegisters(): Promise<void> {
    for (const value of await this.#init.sealed.registers.all(STATE_REGISTER)) this.#takeRegister(value)
  }

  #takeRegister({ name, device, author, value }: RegisterValue): void {
    if (name !== STATE_REGISTER || value === undefined || device === this.#init.group.device.did) return
    const decoded = decodeSignal(value)
    if (decoded.ok && decoded.value.kind === 'state') this.#hear({ device, member: author }, decoded.value)
  }

  #mayTell(did: Did): boolean {
    return this.#init.privacy().readReceipts && !this.#init.ignores(did)
  }

  #connected(): Did[] {
    return this.#init.group.sessions.connected()
  }

  #background(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#init.signal.aborted)
        this.#init.log.error('the state of a chat could not be told or taken in - %e', error)
    })
  }

  #stop(unwatch: () => void): void {
    unwatch()
    this.#tellConnected.stop()
    this.#leaveState.stop()
    this.#typists.stop()
  }
}
