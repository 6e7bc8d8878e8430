import type { AbortOptions } from '@libp2p/interface'
import { randomBytes } from '@noble/hashes/utils.js'
import { fromString } from 'uint8arrays'
import { InvalidArgumentError } from 'walytis'
import type { BlockId } from 'walytis/interface'
import type { Did, Group } from 'walytis-identities'
import { hmacSha256 } from '#primitives'
import { MAX_REGISTER_NAME_SIZE, MAX_REGISTER_SIZE, MAX_REGISTERS } from '../constants.ts'
import { domains } from '../domains.ts'
import { ClosedError, LimitExceededError } from '../errors.ts'
import type { Registers, RegisterValue } from '../interface.ts'
import { RegisterExchange } from './exchange.ts'
import {
  isRegisterName,
  openValue,
  type RegisterContent,
  type RegisterRecord,
  registerKey,
  SLOT_SIZE,
  sealValue,
  signedPartOf
} from './format.ts'
import { RegisterTable } from './table.ts'

export interface RegistersComponents {
  readonly group: Pick<
    Group,
    | 'members'
    | 'verify'
    | 'epochs'
    | 'device'
    | 'store'
    | 'keyStore'
    | 'sessions'
    | 'addEventListener'
    | 'removeEventListener'
  >
  readonly chain: BlockId
  /** A register has another value, which can be read. Called once that is durable. */
  changed(value: RegisterValue): void
  report(error: unknown): void
}

/** The registers of a private chain. Owns their exchange; what is newest is decided by the table. */
export class PrivateRegisters implements Registers {
  readonly #components: RegistersComponents
  readonly #table: RegisterTable
  readonly #exchange: RegisterExchange
  readonly #opened = new Map<string, { readonly record: RegisterRecord; readonly content: RegisterContent }>()
  /** What this device has set since it was opened: newer than whatever it has made before, also what it has forgotten. */
  readonly #mine = new Map<string, RegisterContent>()
  #setting: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(components: RegistersComponents, table: RegisterTable) {
    this.#components = components
    this.#table = table
    const { group, report } = components
    this.#exchange = new RegisterExchange({
      sessions: group.sessions,
      self: group.device.did,
      entitled: async (device, epoch) => await group.epochs.entitled(device, epoch),
      records: () => table.current(),
      receive: async (record, from) => await this.#receive(record, from),
      failed: report
    })
  }

  /** @throws {StoreCorruptError} */
  static async open(components: RegistersComponents): Promise<PrivateRegisters> {
    const { group, chain } = components
    const registers = new PrivateRegisters(components, await RegisterTable.open({ group, chain, store: group.store }))
    group.addEventListener('epoch:available', registers.#seedCame)
    group.addEventListener('members:changed', registers.#membersChanged)
    registers.#exchange.start()
    return registers
  }

  async set(name: string, value: Uint8Array, options: AbortOptions = {}): Promise<void> {
    if (value.length > MAX_REGISTER_SIZE) {
      throw new LimitExceededError('register bytes', MAX_REGISTER_SIZE, value.length)
    }
    await this.#set({ name, value: value.slice() }, options)
  }

  async delete(name: string, options: AbortOptions = {}): Promise<void> {
    if ((await this.get(name)) !== undefined) await this.#set({ name, value: null }, options)
  }

  async get(name: string, device: Did = this.#components.group.device.did): Promise<RegisterValue | undefined> {
    const values = await this.all(name)
    return values.find((value) => value.device === device)
  }

  async all(name?: string): Promise<RegisterValue[]> {
    this.#open()
    return this.#table.current().flatMap((record) => {
      const value = this.#valueOf(record)
      return value?.value === undefined || (name !== undefined && value.name !== name) ? [] : [value]
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const { group } = this.#components
    group.removeEventListener('epoch:available', this.#seedCame)
    group.removeEventListener('members:changed', this.#membersChanged)
    await this.#setting
    await this.#exchange.stop()
    this.#opened.clear()
  }

  async #set(content: RegisterContent, options: AbortOptions): Promise<void> {
    this.#open()
    if (!isRegisterName(content.name)) {
      throw new InvalidArgumentError('name', `it is 1 to ${MAX_REGISTER_NAME_SIZE} bytes of UTF-8`)
    }
    // One after the other, for each counts on from the last.
    const set = this.#setting.then(async () => await this.#write(content, options))
    this.#setting = set.catch(() => undefined)
    await set
  }

  async #write(content: RegisterContent, options: AbortOptions): Promise<void> {
    this.#open()
    const { group, chain } = this.#components
    const device = group.device.did
    const slot = this.#slotOf(content.name)
    const held = this.#table.get(registerKey({ device, slot }))
    const epoch = await group.epochs.current(options)
    const place = { chain, device, slot, seq: (held?.seq ?? 0) + 1 }
    const unsigned = sealValue(place, content, epoch, randomBytes(32))
    const signature = await group.device.sign(signedPartOf(unsigned), domains.registerSignature)
    const record = { ...unsigned, signature }
    const untaken = await this.#table.take(record)
    if (untaken === 'too-many') throw new LimitExceededError('registers', MAX_REGISTERS, MAX_REGISTERS + 1)
    if (untaken !== undefined) throw new InvalidArgumentError('register', `this device can not set it: ${untaken}`)
    this.#mine.set(registerKey(record), content)
    this.#tell(record)
    this.#exchange.changed(record, undefined)
  }

  async #receive(record: RegisterRecord, from: Did): Promise<'taken' | 'left' | 'forged'> {
    const untaken = await this.#table.take(record)
    if (untaken !== undefined) return untaken === 'signature' ? 'forged' : 'left'
    const mine = this.#mine.get(registerKey(record))
    if (mine === undefined) {
      this.#tell(record)
      this.#exchange.changed(record, from)
    } else {
      // Of this device, from before it lost its memory: what it has set since then is newer all the same.
      this.#set(mine, {}).catch(this.#components.report)
    }
    return 'taken'
  }

  #tell(record: RegisterRecord): void {
    const value = this.#valueOf(record)
    if (value !== undefined) this.#components.changed(value)
  }

  /** Undefined while the seed of its epoch is missing, and for what its device did not seal as it promised. */
  #valueOf(record: RegisterRecord): RegisterValue | undefined {
    const content = this.#contentOf(record)
    const { device } = record
    const member = this.#components.group.members().find(({ devices }) => devices.includes(device))
    if (content === undefined || member === undefined) return undefined
    return { name: content.name, device, author: member.did, value: content.value?.slice() }
  }

  #contentOf(record: RegisterRecord): RegisterContent | undefined {
    const key = registerKey(record)
    const opened = this.#opened.get(key)
    if (opened?.record === record) return opened.content
    const epoch = this.#components.group.epochs.held(record.epoch)
    const result = epoch === undefined ? undefined : openValue(record, epoch)
    if (result?.ok !== true) return undefined
    this.#opened.set(key, { record, content: result.content })
    return result.content
  }

  #slotOf(name: string): Uint8Array {
    const { group, chain } = this.#components
    const key = group.keyStore.derive(domains.registerSlot)
    return hmacSha256(key, chain.bytes, fromString(name)).slice(0, SLOT_SIZE)
  }

  /** Values that came before the seed of their epoch can be read from now on. */
  readonly #seedCame = ({ detail: { epoch } }: CustomEvent<{ epoch: BlockId }>): void => {
    for (const record of this.#table.current()) if (record.epoch.equals(epoch)) this.#tell(record)
    this.#exchange.compare()
  }

  readonly #membersChanged = (): void => this.#exchange.compare()

  /** @throws {ClosedError} */
  #open(): void {
    if (this.#closed) throw new ClosedError()
  }
}
