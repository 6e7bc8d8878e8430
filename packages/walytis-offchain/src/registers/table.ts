import type { AbstractBatchOptions } from 'abstract-level'
import type { BatchOperation, BlockId, Store } from 'walytis/interface'
import { type Did, type Group, signerOf } from 'walytis-identities'
import { MAX_REGISTERS } from '../constants.ts'
import { domains } from '../domains.ts'
import { StoreCorruptError } from '../errors.ts'
import { type Rows, rowsOf } from '../store/store-keys.ts'
import { decodeRecord, encodeRecord, type RegisterRecord, registerKey, signedPartOf, supersedes } from './format.ts'

/** Why a record was not taken. */
export type Untaken = 'other-chain' | 'not-a-member' | 'old' | 'too-many' | 'not-entitled' | 'signature'

export interface TableComponents {
  readonly group: Pick<Group, 'members' | 'verify' | 'epochs' | 'device'>
  readonly chain: BlockId
  readonly store: Store
}

/** The newest record of every register, in memory and on disk: what came before it is written over. Owns the rule of what is newest. */
export class RegisterTable {
  readonly #components: TableComponents
  readonly #rows: Rows
  readonly #records: Map<string, RegisterRecord>
  #taking: Promise<unknown> = Promise.resolve()

  private constructor(components: TableComponents, rows: Rows, records: Map<string, RegisterRecord>) {
    this.#components = components
    this.#rows = rows
    this.#records = records
  }

  /** @throws {StoreCorruptError} */
  static async open(components: TableComponents): Promise<RegisterTable> {
    const rows = rowsOf(components.store, components.chain.toString(), 'register')
    const records = new Map<string, RegisterRecord>()
    for await (const [key, bytes] of rows.iterator()) {
      const decoded = decodeRecord(bytes)
      if (!decoded.ok) throw new StoreCorruptError(`A stored register can not be read: ${decoded.rule}`)
      records.set(key, decoded.record)
    }
    return new RegisterTable(components, rows, records)
  }

  /** Records of devices that are members now. */
  current(): RegisterRecord[] {
    const devices = new Set(this.#components.group.members().flatMap((member) => member.devices))
    return [...this.#records.values()].filter(({ device }) => devices.has(device))
  }

  get(key: string): RegisterRecord | undefined {
    return this.#records.get(key)
  }

  /** Keep a record when it is what it says and newer than what is here. Durable once it resolves; undefined: it was taken. */
  async take(record: RegisterRecord): Promise<Untaken | undefined> {
    // One after the other: what is newest is decided by what was taken before.
    const taken = this.#taking.then(async () => await this.#take(record))
    this.#taking = taken.catch(() => undefined)
    return await taken
  }

  async #take(record: RegisterRecord): Promise<Untaken | undefined> {
    const untaken = await this.#broken(record)
    if (untaken !== undefined) return untaken
    const key = registerKey(record)
    const put: BatchOperation = { type: 'put', sublevel: this.#rows, key, value: encodeRecord(record) }
    const options: AbstractBatchOptions<string, Uint8Array> & { sync: boolean } = { sync: true }
    await this.#components.store.batch<string, Uint8Array>([put], options)
    this.#records.set(key, record)
    return undefined
  }

  async #broken(record: RegisterRecord): Promise<Untaken | undefined> {
    const { group, chain } = this.#components
    if (!record.chain.equals(chain)) return 'other-chain'
    if (!group.members().some(({ devices }) => devices.includes(record.device))) return 'not-a-member'
    const held = this.#records.get(registerKey(record))
    if (!supersedes(record, held)) return 'old'
    if (held === undefined && this.#countOf(record.device) >= MAX_REGISTERS) return 'too-many'
    if (!(await group.epochs.entitled(group.device.did, record.epoch))) return 'not-entitled'
    const { signature } = record
    const isSigned =
      signerOf(signature) === record.device &&
      (await group.verify(signedPartOf(record), signature, domains.registerSignature))
    return isSigned ? undefined : 'signature'
  }

  #countOf(device: Did): number {
    return [...this.#records.values()].filter((record) => record.device === device).length
  }
}
