import { decodeSettings } from '../block/genesis.ts'
import { idKey } from '../block/id.ts'
import { ClosedError, NotFoundError } from '../errors.ts'
import type { AccessControl, BatchOperation, ChainSettings } from '../interface/index.ts'
import type { ManagedChain, Replica } from '../replica.ts'
import type { Chain, Committed } from './chain.ts'
import { createReplica } from './replica.ts'

/** A chain that is being received: not held until committed. What is stored of it outlives a stop or a crash. */
export interface StagedChain {
  /** Ingest what the peer sends here. A genesis of another policy is rejected with the rule `policy-mismatch`. */
  readonly replica: Replica
  /** Known once the genesis is stored. */
  readonly settings: ChainSettings | undefined
  /**
   * Make it a held chain, in one atomic batch with the given rows.
   *
   * @param partial whether it goes on being received while it is in use
   * @throws {NotFoundError} when the genesis has not arrived
   * @throws {StoreFailedError} and it can only be discarded
   */
  commit(batch?: BatchOperation[], partial?: boolean): Promise<ManagedChain>
  /** Stop receiving, and keep what has come for the next time. Where nothing has come, there is no trace of it. */
  suspend(): Promise<void>
  /** Leave no trace of it. */
  discard(): Promise<void>
}

/** How a stage ends, which is the factory's business. */
export interface StageEnd {
  commit(settings: ChainSettings, replica: Replica, batch: BatchOperation[], partial: boolean): Promise<ManagedChain>
  suspend(): Promise<void>
  discard(): Promise<void>
}

/** The stage of one chain, until it ends. */
export class StagedReplica implements StagedChain {
  readonly replica: Replica
  readonly #chain: Chain
  readonly #end: StageEnd
  #settings: ChainSettings | undefined
  #ended: 'committed' | 'suspended' | 'discarded' | undefined
  #suspending: Promise<void> | undefined
  #discarding: Promise<void> | undefined

  /** @param settings of a chain whose genesis has come before */
  constructor(chain: Chain, access: AccessControl, settings: ChainSettings | undefined, end: StageEnd) {
    this.replica = createReplica(chain, access)
    this.#chain = chain
    this.#end = end
    this.#settings = settings
    const unsubscribe = chain.onCommitted((committed) => {
      this.#settings ??= this.#settingsIn(committed)
      if (this.#settings !== undefined) unsubscribe()
    })
  }

  get settings(): ChainSettings | undefined {
    return this.#settings
  }

  async commit(batch: BatchOperation[] = [], partial = false): Promise<ManagedChain> {
    if (this.#ended !== undefined) throw new ClosedError('stage')
    if (this.#settings === undefined) throw new NotFoundError('chain', this.#chain.components.id.toString())
    this.#ended = 'committed'
    try {
      return await this.#end.commit(this.#settings, this.replica, batch, partial)
    } catch (error) {
      // so that it can still be discarded
      this.#ended = undefined
      throw error
    }
  }

  async suspend(): Promise<void> {
    if (this.#ended === 'committed' || this.#ended === 'discarded') return
    if (this.#settings === undefined) {
      await this.discard()
      return
    }
    this.#ended = 'suspended'
    this.#suspending ??= this.#end.suspend()
    await this.#suspending
  }

  async discard(): Promise<void> {
    if (this.#ended === 'committed') return
    this.#ended = 'discarded'
    await this.#suspending
    this.#discarding ??= this.#end.discard()
    await this.#discarding
  }

  #settingsIn({ added, transaction }: Committed): ChainSettings | undefined {
    const genesis = added.find(({ block }) => block.chain === null)
    const content = genesis === undefined ? undefined : transaction.contents.get(idKey(genesis.block.id))
    return content === undefined ? undefined : decodeSettings(content)
  }
}
