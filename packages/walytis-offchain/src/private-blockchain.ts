import type { AbortOptions, PeerId } from '@libp2p/interface'
import { logger } from '@libp2p/logger'
import { randomBytes } from '@noble/hashes/utils.js'
import { TypedEventEmitter } from 'main-event'
import { CID } from 'multiformats/cid'
import { answerQuery, countAnswers } from 'walytis'
import type {
  AddOptions,
  BaseBlockchain,
  Blockchain,
  BlockId,
  BlockQuery,
  Change,
  ConsumeOptions,
  Consumer,
  Invitation,
  InviteOptions,
  LayerRows,
  SyncOptions,
  SyncResult
} from 'walytis/interface'
import type { Did, Group } from 'walytis-identities'
import { addContent } from './adding.ts'
import { announcements } from './announcements.ts'
import { askingBySize } from './asking.ts'
import { Consumers } from './consumers.ts'
import { Contents } from './contents.ts'
import { Demand } from './demand.ts'
import { ClosedError, ContentRefusedError, NotFoundError } from './errors.ts'
import { Pool } from './exchange/pool.ts'
import { Exchange } from './exchange/transfer.ts'
import { Following } from './following.ts'
import { Intake } from './intake/intake.ts'
import type {
  FetchPolicy,
  PrivateBlock,
  PrivateBlockchain,
  PrivateEvents,
  PrivateOptions,
  Registers
} from './interface.ts'
import { invitationOf } from './invitation.ts'
import { LargeContents } from './large-contents.ts'
import { isContentBlock } from './on-chain.ts'
import { parsed } from './parsed-id.ts'
import { onChainOfRecord, PrivateBlockView, placeOf } from './private-block.ts'
import { type QueryComponents, querySource, shownBlock } from './queries.ts'
import { Reader } from './reader.ts'
import { PrivateRegisters } from './registers/registers.ts'
import { remakeIndex } from './reindexing.ts'
import { stateOf, type Wish } from './store/block-row.ts'
import { ContentStore } from './store/content-store.ts'
import { sealedRows } from './store/layer-rows.ts'

/**
 * The private chain of a group: what its members write is sealed, lies beside the chain, and goes to current members alone. One at a time for a
 * group; closing it leaves the group open.
 *
 * @throws {InvalidArgumentError} when the group's private chain is open already, or `fetch` is no policy
 * @throws {StoreVersionError} when a newer version has written the store
 */
export async function privately(group: Group, options: PrivateOptions = {}): Promise<PrivateBlockchain> {
  const log = logger('walytis-offchain')
  const report = options.report ?? ((error) => log.error('a background task failed: %e', error))
  const store = await ContentStore.open(group.store, group.blockchain.id, group.keyStore)
  const { now = () => performance.now(), fetch = 'at-once' } = options
  const chain = new PrivateChain(group, store, { report, now, fetch })
  try {
    await chain.start(options)
  } catch (error) {
    await chain.close()
    throw error
  }
  return chain
}

/** Events of the chain beneath that are this chain's as they are. All others tell of blocks, which here are others. */
const FORWARDED = ['peer:joined', 'peer:left', 'sync:level', 'block:repaired', 'join:failed'] as const

interface PrivateChainInit {
  report(error: unknown): void
  now(): number
  readonly fetch: FetchPolicy
}

class PrivateChain extends TypedEventEmitter<PrivateEvents> implements PrivateBlockchain {
  readonly id: string
  readonly layers: PrivateBlockchain['layers']
  readonly #group: Group
  readonly #base: BaseBlockchain
  readonly #store: ContentStore
  readonly #reader: Reader
  readonly #contents: Contents
  readonly #intake: Intake
  readonly #exchange: Exchange
  readonly #large: LargeContents
  readonly #query: QueryComponents
  readonly #consumers: Consumers
  readonly #demand: Demand
  readonly #report: (error: unknown) => void
  #following: Following | undefined
  #registers: PrivateRegisters | undefined
  #closed = false

  constructor(group: Group, store: ContentStore, init: PrivateChainInit) {
    const { report, now, fetch } = init
    super()
    this.#group = group
    this.#base = group.blockchain
    this.id = this.#base.id
    this.layers = this.#base.layers
    this.#store = store
    this.#report = report
    this.#reader = new Reader(CID.parse(this.id), group.epochs)
    const fetches = (sizeClass: number): boolean => this.#demand.fetches(sizeClass)
    this.#contents = new Contents({
      store,
      reader: this.#reader,
      fetches,
      streamLarge: (...all) => this.#large.stream(...all),
      seek: (id) => this.#demand.await(id),
      restore: async (id) => await this.#intake.wish(id, 'policy')
    })
    this.#query = { base: this.#base, store, reader: this.#reader, contents: this.#contents }
    this.#consumers = new Consumers({
      store,
      report,
      settled: async (options) => await this.#following?.settled(options),
      get: async (id) => await this.get(id)
    })
    const announce = announcements({
      events: this,
      contents: this.#contents,
      consumers: this.#consumers,
      exchange: () => this.#exchange,
      demand: () => this.#demand
    })
    this.#intake = new Intake({
      fetches,
      base: this.#base,
      group,
      store,
      reader: this.#reader,
      pool: new Pool(),
      listener: announce,
      report,
      now
    })
    this.#exchange = new Exchange({
      sessions: group.sessions,
      self: group.device.did,
      entitled: async (device, epoch) => await group.epochs.entitled(device, epoch),
      find: async (id) => await store.servable(id),
      receive: async (device, { block, envelope }) => await this.#intake.give(block, device, envelope),
      offered: (device, blocks) => this.#large.offered(device, blocks),
      failed: report,
      now
    })
    this.#large = new LargeContents({
      group,
      base: this.#base,
      store,
      reader: this.#reader,
      banned: (device) => this.#exchange.banned(device),
      holders: (id) => this.#exchange.holders(id),
      wrong: (id, device) => announce.wrong(id, 'envelope-root', device),
      seek: (id) => this.#demand.await(id),
      numberOf: async (id) => await this.#contents.numberOf(id),
      fetched: async (id, number, from) => await this.#intake.fetched(id, number, from),
      reject: async (id, rule) => await this.#intake.reject(id, rule),
      progress: (transfer) => this.safeDispatchEvent('content:progress', { detail: transfer }),
      failed: report
    })
    const [small, large] = [this.#exchange, this.#large]
    this.#demand = new Demand(askingBySize({ small, large, find: async (id) => await large.find(id), report }), fetch)
  }

  get registers(): Registers {
    if (this.#registers === undefined) throw new ClosedError()
    return this.#registers
  }

  get writer(): Blockchain['writer'] {
    const creator = this.#base.writer?.creator
    const member = this.#group.members().find(({ devices }) => devices.includes(this.#group.device.did))
    return creator === undefined || member === undefined ? undefined : { author: member.did, creator }
  }

  async start(options: AbortOptions): Promise<void> {
    options.signal?.throwIfAborted()
    const { base, store, intake } = { base: this.#base, store: this.#store, intake: this.#intake }
    const components = { group: this.#group, base, store, intake, report: this.#report }
    await remakeIndex({ base, store, reader: this.#reader }, options)
    // First of all, for it fails when the private chain of the group is open already.
    this.#following = await Following.start(components)
    for (const type of FORWARDED) base.addEventListener(type, this.#forward)
    for await (const { id, sizeClass, pinned } of store.absent()) {
      options.signal?.throwIfAborted()
      if (pinned || this.#demand.fetches(sizeClass)) this.#demand.wanted(id, 0)
    }
    this.#exchange.start()
    this.#large.start()
    this.#registers = await PrivateRegisters.open({
      group: this.#group,
      chain: CID.parse(this.id),
      changed: (detail) => this.safeDispatchEvent('register:changed', { detail }),
      report: this.#report
    })
    this.#following.unlockAll().catch(this.#report)
  }

  async add(
    content: Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
    options: AddOptions = {}
  ): Promise<PrivateBlock> {
    this.#open()
    const components = {
      group: this.#group,
      store: this.#store,
      reader: this.#reader,
      random: randomBytes,
      exchange: this.#exchange,
      report: this.#report
    }
    const { block, row, sealed, bytes } = await addContent(components, content, options)
    const onChain = { ...placeOf(block), reference: sealed.referenceBytes }
    const view = new PrivateBlockView(onChain, row, sealed.details, this.#contents, bytes)
    this.safeDispatchEvent('block:added', { detail: { block: view } })
    this.#consumers.wake()
    return view
  }

  async get(id: BlockId | string, options: AbortOptions = {}): Promise<PrivateBlock> {
    options.signal?.throwIfAborted()
    this.#open()
    const record = await this.#base.record(parsed(id))
    if (record === undefined || !isContentBlock(record.block)) throw new NotFoundError(id.toString())
    // The chain may be a moment ahead of this layer.
    await this.#intake.observe(record.block.id, record.revoked)
    const row = await this.#store.row(record.block.id)
    if (row === undefined) throw new NotFoundError(id.toString())
    if (stateOf(row) === 'refused') throw new ContentRefusedError(record.block.id, row.refused)
    const onChain = onChainOfRecord(record)
    const shown = shownBlock(this.#query, onChain, row)
    return shown ?? new PrivateBlockView(onChain, row, undefined, this.#contents)
  }

  async has(id: BlockId | string, options: AbortOptions = {}): Promise<boolean> {
    try {
      await this.get(id, options)
      return true
    } catch (error) {
      if (error instanceof NotFoundError || error instanceof ContentRefusedError) return false
      throw error
    }
  }

  async *blocks(query?: BlockQuery, options?: AbortOptions): AsyncGenerator<PrivateBlock> {
    this.#open()
    // The chain may be far ahead of this layer: just joined, or after a crash.
    await this.#following?.settled(options)
    for await (const block of answerQuery(querySource(this.#query), query, options)) {
      this.#open()
      yield block
    }
  }

  async count(query?: BlockQuery, options?: AbortOptions): Promise<number> {
    this.#open()
    await this.#following?.settled(options)
    return await countAnswers(querySource(this.#query), query, options)
  }

  async heads(options?: AbortOptions): Promise<BlockId[]> {
    return await this.#open().heads(options)
  }

  async isAncestor(a: BlockId, b: BlockId, options?: AbortOptions): Promise<boolean> {
    return await this.#open().isAncestor(a, b, options)
  }

  async consume(
    name: string,
    handler: (change: Change<PrivateBlock>) => Promise<void>,
    options: ConsumeOptions = {}
  ): Promise<Consumer> {
    this.#open()
    return await this.#consumers.start(name, handler, options)
  }

  async invite(options?: InviteOptions): Promise<Invitation> {
    this.#open()
    return invitationOf(await this.#group.invite(options), this.id)
  }

  async *invitations(options: AbortOptions = {}): AsyncGenerator<Invitation> {
    this.#open()
    for await (const invitation of this.#group.invitations()) {
      options.signal?.throwIfAborted()
      yield invitationOf(invitation, this.id)
    }
  }

  async revokeInvitation(id: string): Promise<void> {
    this.#open()
    await this.#group.revokeInvitation(id)
  }

  getPeers(): PeerId[] {
    return this.#closed ? [] : this.#base.getPeers()
  }

  async sync(options?: SyncOptions): Promise<SyncResult> {
    const result = await this.#open().sync(options)
    await this.#following?.settled(options)
    return result
  }

  async whenAvailable(block: Pick<PrivateBlock, 'id'>, options?: AbortOptions): Promise<void> {
    this.#open()
    await this.#contents.whenHere(block.id, options)
  }

  async pin(block: Pick<PrivateBlock, 'id'>): Promise<void> {
    await this.#wish(block.id, 'pinned')
  }

  async unpin(block: Pick<PrivateBlock, 'id'>): Promise<void> {
    const { pinned } = await this.get(block.id)
    if (pinned) await this.#wish(block.id, 'policy')
  }

  async removeContent(block: Pick<PrivateBlock, 'id'>): Promise<void> {
    await this.#wish(block.id, 'removed')
  }

  async setFetchPolicy(policy: FetchPolicy): Promise<void> {
    this.#open()
    this.#demand.policy = policy
    for await (const { id, sizeClass, pinned } of this.#store.absent()) {
      if (pinned || this.#demand.fetches(sizeClass)) this.#demand.wanted(id, 0)
      else this.#demand.unwanted(id)
    }
  }

  pause(block: Pick<PrivateBlock, 'id'>): void {
    this.#open()
    this.#large.pause(block.id)
  }

  resume(block: Pick<PrivateBlock, 'id'>): void {
    this.#open()
    this.#large.resume(block.id)
  }

  receiving(block: Pick<PrivateBlock, 'id'>): ReturnType<PrivateBlockchain['receiving']> {
    return this.#large.receiving(block.id)
  }

  holders(block: PrivateBlock): Did[] {
    return this.#exchange.holders(block.id)
  }

  rows(layer: string): LayerRows {
    return sealedRows(this.#open(), layer, this.#group.keyStore)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const base = this.#base
    for (const type of FORWARDED) base.removeEventListener(type, this.#forward)
    this.#contents.close()
    await this.#consumers.close()
    await this.#following?.stop()
    await this.#large.stop()
    await this.#exchange.stop()
    await this.#registers?.close()
    await this.#intake.stop()
    this.#reader.clear()
  }

  async #wish(id: BlockId, wish: Wish): Promise<void> {
    // Known, shown or locked, and not refused.
    await this.get(id)
    await this.#intake.wish(id, wish)
  }

  /** @throws {ClosedError} */
  #open(): BaseBlockchain {
    if (this.#closed) throw new ClosedError()
    return this.#base
  }

  readonly #forward = (event: Event): void => {
    const { type, detail } = event as PrivateEvents['sync:level']
    this.safeDispatchEvent(type as 'sync:level', { detail })
  }
}
