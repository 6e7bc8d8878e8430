import type { AbortOptions } from '@libp2p/interface'
import { logger } from '@libp2p/logger'
import { LRUCache } from 'lru-cache'
import { parseBlockId } from './block/id.ts'
import { Chain } from './chain/chain.ts'
import { makeGenesis, readGenesis, readSettings, writeGenesis } from './chain/genesis.ts'
import { recover } from './chain/recover.ts'
import { type StagedChain, StagedReplica } from './chain/staged.ts'
import { HEAD } from './chain/state.ts'
import { BLOCK_CACHE_BYTES, GENESIS_NONCE_BYTES } from './constants.ts'
import { InvalidArgumentError, NotFoundError, PolicyMismatchError } from './errors.ts'
import type {
  AccessControl,
  BatchOperation,
  BlockId,
  BlockPolicy,
  ChainSettings,
  ChainSummary,
  Durability,
  LayerSettings,
  RawBlock,
  Signer,
  Store
} from './interface/index.ts'
import { manage } from './managed-chain.ts'
import { DEFAULT_POLICY } from './policy.ts'
import type { ChainNetwork, ManagedChain, Replica } from './replica.ts'
import { type BlockCache, ChainStore } from './storage/chain-store.ts'
import { ChainRegistry, type ChainStatus } from './storage/registry.ts'
import type { StoredBlock } from './storage/stored-block.ts'
import { checkStoreVersion } from './storage/version.ts'
import { platformTimers, type Timers } from './timers.ts'

export type { StagedChain } from './chain/staged.ts'

/** What all chains of a node share. */
export interface ChainFactoryComponents {
  /** Opened and closed by the caller. */
  readonly store: Store
  /** May start working after the factory is made; asked only when an application calls. */
  readonly network: ChainNetwork
  /** Milliseconds since 1970, for the time that blocks claim. Default: the platform's clock. */
  readonly now?: (() => number) | undefined
  /** Default: the platform's timers. */
  readonly timers?: Timers | undefined
  /** When `add` resolves that does not say. Default `disk`. */
  readonly durability?: Durability | undefined
  /** Default: the platform's random generator. */
  readonly randomBytes?: ((length: number) => Uint8Array) | undefined
  /** What a listener of a chain threw, which must not break the chain. Default: libp2p's log, `walytis:chain:error`. */
  readonly report?: ((error: unknown) => void) | undefined
}

/** The seams of one chain. */
export interface ChainInit {
  readonly signer: Signer
  /** Or how to make it, once the chain's id and settings are known. */
  readonly accessControl: AccessControl | AccessControlMaker
  /** Default: accept all, no effects. */
  readonly policy?: BlockPolicy | undefined
}

export type AccessControlMaker = (chain: BlockId, settings: ChainSettings) => AccessControl | Promise<AccessControl>

export interface CreateChainInit extends ChainInit {
  readonly name?: string | undefined
  readonly access: ChainSettings['access']
  readonly layers?: LayerSettings | undefined
  /** A genesis made before, in place of a new one: it says name, access and policy's parameters. */
  readonly genesis?: RawBlock | undefined
  /** Rows written in the same atomic batch as the genesis; called once the chain's id is known. */
  readonly batch?: ((id: BlockId) => BatchOperation[]) | undefined
}

export interface StageChainInit extends ChainInit {
  readonly accessControl: AccessControl
  /** Rows written when it begins, and again when it goes on, in the batch that says that the chain is being received. */
  readonly batch?: BatchOperation[] | undefined
  /** Called when the stage is discarded: what else is known of the chain is to be forgotten. */
  readonly forget?: (() => Promise<void>) | undefined
}

/** Makes, opens, receives, lists and forgets the chains of one store. Opening twice gives the same object. */
export interface ChainFactory {
  /**
   * @throws {InvalidBlockError} for a genesis that is none, or that the policy refuses
   * @throws {InvalidArgumentError} when the chain of a given genesis is held or staged already
   */
  create(init: CreateChainInit, options?: AbortOptions): Promise<ManagedChain>
  /**
   * @throws {NotFoundError} when the chain is not held
   * @throws {PolicyMismatchError} when its genesis names another policy
   */
  open(id: string, init: ChainInit, options?: AbortOptions): Promise<ManagedChain>
  /**
   * Receive a chain, or go on where this was interrupted.
   *
   * @throws {InvalidArgumentError} when the chain is held, or being received now
   * @throws {PolicyMismatchError} when the genesis that has come before names another policy
   */
  stage(id: string, init: StageChainInit, options?: AbortOptions): Promise<StagedChain>
  /** Whether the chain is held, perhaps in part (a staged one is not). */
  has(id: string): Promise<boolean>
  /** What there is of a chain; undefined: nothing. */
  status(id: string): Promise<ChainStatus | undefined>
  /** Ids of chains whose receiving was begun and nobody has seen yet. */
  staged(): Promise<string[]>
  list(options?: AbortOptions): AsyncIterable<ChainSummary>
  /** Stop the chain when it is open, then forget it and its content. Nothing happens when it is not held. */
  delete(id: string, options?: AbortOptions): Promise<void>
  /** Stop all open chains and suspend stages. The store stays open. */
  stop(): Promise<void>
}

/**
 * Opens the chains' part of a store; deletions that a crash left over are made good first.
 *
 * @throws {StoreVersionError} when a newer version has written the store
 */
export async function createChainFactory(components: ChainFactoryComponents): Promise<ChainFactory> {
  await checkStoreVersion(components.store)
  const factory = new LocalChainFactory(components)
  await factory.registry.removeLeftovers()
  return factory
}

type Resolved = { readonly [K in keyof ChainFactoryComponents]-?: NonNullable<ChainFactoryComponents[K]> }

class LocalChainFactory implements ChainFactory {
  readonly registry: ChainRegistry
  readonly #components: Resolved
  readonly #cache: BlockCache = new LRUCache({ maxSize: BLOCK_CACHE_BYTES, sizeCalculation: sizeInMemory })
  /** Open chains and those about to be. */
  readonly #open = new Map<string, Promise<ManagedChain>>()
  readonly #stages = new Map<string, StagedReplica>()
  /** Ids whose stage is about to be: two callers must not get two writers. */
  readonly #staging = new Set<string>()

  constructor(components: ChainFactoryComponents) {
    const log = logger('walytis:chain')
    this.#components = {
      store: components.store,
      network: components.network,
      now: components.now ?? Date.now,
      timers: components.timers ?? platformTimers(),
      durability: components.durability ?? 'disk',
      randomBytes: components.randomBytes ?? ((length) => crypto.getRandomValues(new Uint8Array(length))),
      report: components.report ?? ((error) => log.error('a listener failed: %e', error))
    }
    this.registry = new ChainRegistry(components.store)
  }

  async create(init: CreateChainInit, options: AbortOptions = {}): Promise<ManagedChain> {
    options.signal?.throwIfAborted()
    const { randomBytes, now } = this.#components
    const policy = init.policy ?? DEFAULT_POLICY
    const made = init.genesis === undefined ? undefined : readGenesis(init.genesis)
    const settings: ChainSettings = made?.settings ?? {
      ...(init.name === undefined ? {} : { name: init.name }),
      access: init.access,
      policy: { name: policy.name, parameters: policy.parameters },
      ...(init.layers === undefined ? {} : { layers: init.layers })
    }
    const genesis =
      made ?? (await makeGenesis({ settings, nonce: randomBytes(GENESIS_NONCE_BYTES), time: now() }, init.signer))
    const { id } = genesis.block
    if (made !== undefined && (await this.registry.status(id.toString())) !== undefined)
      throw heldAlready(id.toString())
    if (policy.name !== settings.policy.name) throw new PolicyMismatchError(settings.policy.name, policy.name)
    const chain = await this.#load(id, init)
    await writeGenesis(chain, genesis, [this.registry.setting(id.toString(), 'held'), ...(init.batch?.(id) ?? [])])
    const opened = this.#manage(chain, settings, init)
    this.#keep(id.toString(), opened)
    return await opened
  }

  async open(id: string, init: ChainInit, options: AbortOptions = {}): Promise<ManagedChain> {
    options.signal?.throwIfAborted()
    const open = this.#open.get(id)
    if (open !== undefined) return await open
    const opening = this.#openHeld(id, init)
    this.#keep(id, opening)
    return await opening
  }

  async stage(id: string, init: StageChainInit, options: AbortOptions = {}): Promise<StagedChain> {
    options.signal?.throwIfAborted()
    const block = parseBlockId(id)
    if (this.#staging.has(id) || this.#stages.has(id)) throw heldAlready(id)
    this.#staging.add(id)
    try {
      return await this.#stage(id, block, init)
    } finally {
      this.#staging.delete(id)
    }
  }

  async #stage(id: string, block: BlockId, init: StageChainInit): Promise<StagedChain> {
    const before = await this.registry.status(id)
    if (before !== undefined && before !== 'staged') throw heldAlready(id)
    const settings = before === 'staged' ? await this.#settingsSoFar(block, init) : undefined
    await this.registry.set(id, 'staged', init.batch)
    const chain = await this.#load(block, init)
    chain.isPartial = true
    // a commit that failed may be on the disk all the same
    let committed: BatchOperation[] = []
    const stage = new StagedReplica(chain, init.accessControl, settings, {
      commit: async (settings, replica, batch, partial) => {
        committed = batch
        await chain.writer.run(async (transaction) => {
          transaction.writes.push(this.registry.setting(id, partial ? 'partial' : 'held'), ...batch)
        })
        chain.isPartial = partial
        this.#stages.delete(id)
        const managed = this.#manage(chain, settings, init, replica)
        this.#keep(id, managed)
        return await managed
      },
      suspend: async () => {
        await chain.close()
        this.#stages.delete(id)
      },
      discard: async () => {
        await chain.close()
        const isCommitted = (await this.registry.status(id)) !== 'staged'
        await this.registry.remove(id, isCommitted ? committed.map(deletionOf) : [])
        await init.forget?.()
        this.#stages.delete(id)
      }
    })
    this.#stages.set(id, stage)
    return stage
  }

  async has(id: string): Promise<boolean> {
    const status = await this.registry.status(id)
    return status === 'held' || status === 'partial'
  }

  status(id: string): Promise<ChainStatus | undefined> {
    return this.registry.status(id)
  }

  staged(): Promise<string[]> {
    return this.registry.ids('staged')
  }

  async *list(options: AbortOptions = {}): AsyncGenerator<ChainSummary> {
    for (const id of await this.registry.ids('held', 'partial')) {
      options.signal?.throwIfAborted()
      const store = this.#chainStore(id)
      const { name } = await readSettings(store, parseBlockId(id))
      const heads = (await store.heads()).filter((head) => (head.kinds & HEAD.inEffect) !== 0)
      const count = (await store.counters()).inEffect
      const complete = (await this.registry.status(id)) === 'held'
      yield { id, ...(name === undefined ? {} : { name }), count, heads: heads.map((head) => head.id), complete }
    }
  }

  async delete(id: string, options: AbortOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    await (await this.#open.get(id))?.stop()
    await this.#stages.get(id)?.discard()
    if ((await this.registry.status(id)) !== undefined) await this.registry.remove(id)
  }

  async stop(): Promise<void> {
    const open = await Promise.allSettled(this.#open.values())
    await Promise.all(open.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)))
    await Promise.all([...this.#stages.values()].map((stage) => stage.suspend()))
  }

  async #openHeld(id: string, init: ChainInit): Promise<ManagedChain> {
    const status = await this.registry.status(id)
    if (status !== 'held' && status !== 'partial') throw new NotFoundError('chain', id)
    const block = parseBlockId(id)
    const settings = await this.#settings(block, init)
    const chain = await this.#load(block, init)
    chain.isPartial = status === 'partial'
    return await this.#manage(chain, settings, init)
  }

  /** @throws {PolicyMismatchError} */
  async #settings(id: BlockId, init: ChainInit): Promise<ChainSettings> {
    const settings = await readSettings(this.#chainStore(id.toString()), id)
    const policy = init.policy ?? DEFAULT_POLICY
    if (policy.name !== settings.policy.name) throw new PolicyMismatchError(settings.policy.name, policy.name)
    return settings
  }

  /** Those of a stage that was interrupted; undefined when the genesis had not come. */
  async #settingsSoFar(id: BlockId, init: ChainInit): Promise<ChainSettings | undefined> {
    return (await this.#chainStore(id.toString()).has(id)) ? await this.#settings(id, init) : undefined
  }

  async #load(id: BlockId, init: ChainInit): Promise<Chain> {
    const { now, timers, durability, report } = this.#components
    const policy = init.policy ?? DEFAULT_POLICY
    await recover(this.#chainStore(id.toString()))
    const store = this.#chainStore(id.toString())
    return await Chain.load({ id, store, signer: init.signer, policy, now, timers, durability, report })
  }

  async #manage(chain: Chain, settings: ChainSettings, init: ChainInit, replica?: Replica): Promise<ManagedChain> {
    const { id } = chain.components
    const { accessControl } = init
    const access = typeof accessControl === 'function' ? await accessControl(id, settings) : accessControl
    const stopped = (): void => void this.#open.delete(id.toString())
    const completed = (batch: BatchOperation[]) => this.registry.set(id.toString(), 'held', batch)
    return manage({ chain, settings, network: this.#components.network, access, replica, completed, stopped })
  }

  /** Remember a chain that is open, or about to be: two callers must not get two writers. */
  #keep(id: string, opening: Promise<ManagedChain>): void {
    this.#open.set(id, opening)
    opening.catch(() => this.#open.delete(id))
  }

  #chainStore(id: string): ChainStore {
    return new ChainStore(this.#components.store, id, this.#cache)
  }
}

/** What takes a row back. */
function deletionOf({ sublevel, key }: BatchOperation): BatchOperation {
  return { type: 'del', sublevel, key }
}

function heldAlready(id: string): InvalidArgumentError {
  return new InvalidArgumentError('chain', `${id} is held here, or being received`)
}

/** What a decoded block costs in memory, roughly: its bytes, the objects made of them, and a fixed part. */
function sizeInMemory({ block, annotation }: StoredBlock): number {
  return 4096 + 2 * block.bytes.length + annotation.length
}
