import type { AbortOptions, PeerId } from '@libp2p/interface'
import { logger } from '@libp2p/logger'
import { randomBytes } from '@noble/hashes/utils.js'
import { TypedEventEmitter } from 'main-event'
import { CID } from 'multiformats/cid'
import { CustomProgressEvent } from 'progress-events'
import { answerQuery, countAnswers, LogConsumer } from 'walytis'
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
  SyncOptions,
  SyncResult
} from 'walytis/interface'
import type { Did, Group } from 'walytis-identities'
import { consumedLog, type NumberedEntry } from './consumed-log.ts'
import { Contents } from './contents.ts'
import { ClosedError, ContentRefusedError, InvalidArgumentError, NotFoundError } from './errors.ts'
import { PUSH_GRACE } from './exchange/limits.ts'
import { Pool } from './exchange/pool.ts'
import { Exchange } from './exchange/transfer.ts'
import { Following } from './following.ts'
import { Intake } from './intake/intake.ts'
import type { IntakeListener, Shown } from './intake/listener.ts'
import type { PrivateBlock, PrivateBlockchain, PrivateEvents, PrivateOptions } from './interface.ts'
import { invitationOf } from './invitation.ts'
import { isContentBlock } from './on-chain.ts'
import { onChainOfRecord, PrivateBlockView, placeOf } from './private-block.ts'
import { type QueryComponents, querySource, shownBlock } from './queries.ts'
import { Reader } from './reader.ts'
import { remakeIndex } from './reindexing.ts'
import { type LogEntry, stateOf } from './store/block-row.ts'
import { ContentStore } from './store/content-store.ts'
import { checkTopics, collect, writeSealed } from './writing.ts'

/**
 * The private chain of a group: what its members write is sealed, lies beside the chain, and goes to current members alone. One at a time for a
 * group; closing it leaves the group open.
 *
 * @throws {InvalidArgumentError} when the group's private chain is open already
 * @throws {StoreVersionError} when a newer version has written the store
 */
export async function privately(group: Group, options: PrivateOptions = {}): Promise<PrivateBlockchain> {
  const log = logger('walytis-offchain')
  const report = options.report ?? ((error) => log.error('a background task failed: %e', error))
  const store = await ContentStore.open(group.store, group.blockchain.id, group.keyStore)
  const chain = new PrivateChain(group, store, report, options.now ?? (() => performance.now()))
  try {
    await chain.start(options)
  } catch (error) {
    await chain.close()
    throw error
  }
  return chain
}

class PrivateChain extends TypedEventEmitter<PrivateEvents> implements PrivateBlockchain {
  readonly id: string
  readonly #group: Group
  readonly #base: BaseBlockchain
  readonly #store: ContentStore
  readonly #reader: Reader
  readonly #contents: Contents
  readonly #intake: Intake
  readonly #exchange: Exchange
  readonly #query: QueryComponents
  readonly #consumers = new Map<string, Promise<Consumer>>()
  readonly #logWatchers = new Set<() => void>()
  readonly #report: (error: unknown) => void
  #following: Following | undefined
  #closed = false

  constructor(group: Group, store: ContentStore, report: (error: unknown) => void, now: () => number) {
    super()
    this.#group = group
    this.#base = group.blockchain
    this.id = this.#base.id
    this.#store = store
    this.#report = report
    this.#reader = new Reader(CID.parse(this.id), group.epochs)
    this.#contents = new Contents(store, this.#reader)
    const load = this.#contents.load.bind(this.#contents)
    this.#query = { base: this.#base, store, reader: this.#reader, load }
    this.#intake = new Intake({
      base: this.#base,
      group,
      store,
      reader: this.#reader,
      pool: new Pool(),
      listener: this.#listener(),
      report,
      now
    })
    this.#exchange = new Exchange({
      sessions: group.sessions,
      self: group.device.did,
      entitled: async (device, epoch) => await group.epochs.entitled(device, epoch),
      find: async (id) => await this.#servable(id),
      receive: async (device, { block, envelope }) => await this.#intake.give(block, device, envelope),
      failed: report,
      now
    })
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
    for (const type of ['peer:joined', 'peer:left', 'sync:level'] as const) base.addEventListener(type, this.#forward)
    for await (const id of store.wanted()) {
      options.signal?.throwIfAborted()
      this.#exchange.want(CID.parse(id), 0)
    }
    this.#exchange.start()
    this.#following.unlockAll().catch(this.#report)
  }

  async add(content: Uint8Array | AsyncIterable<Uint8Array>, options: AddOptions = {}): Promise<PrivateBlock> {
    this.#open()
    const topics = [...(options.topics ?? [])]
    checkTopics(topics)
    const bytes = await collect(content, options)
    options.onProgress?.(new CustomProgressEvent('walytis:add:bytes', bytes.length))
    const components = { group: this.#group, store: this.#store, reader: this.#reader, random: randomBytes }
    const { block, row, sealed } = await writeSealed(components, bytes, topics, options)
    this.#exchange.push(block.id, sealed.reference.epoch, sealed.envelope).catch(this.#report)
    const onChain = { ...placeOf(block), reference: sealed.referenceBytes }
    const view = new PrivateBlockView(onChain, row, sealed.details, this.#query.load, bytes)
    this.safeDispatchEvent('block:added', { detail: { block: view } })
    this.#wakeConsumers()
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
    return shown ?? new PrivateBlockView(onChain, row, undefined, this.#query.load)
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
    if (this.#consumers.has(name)) throw new InvalidArgumentError('name', `the consumer "${name}" is running already`)
    const log = {
      store: this.#store,
      settled: async (waiting?: AbortOptions) => await this.#following?.settled(waiting),
      watch: (grown: () => void) => {
        this.#logWatchers.add(grown)
        return () => this.#logWatchers.delete(grown)
      }
    }
    const init = {
      name,
      from: options.from ?? 'beginning',
      log: consumedLog(log, name),
      closed: () => void this.#consumers.delete(name),
      report: this.#report,
      handle: async (entry: NumberedEntry) => await this.#handOver(entry, handler)
    }
    const starting = LogConsumer.start(init, options)
    this.#consumers.set(name, starting)
    try {
      return await starting
    } catch (error) {
      this.#consumers.delete(name)
      throw error
    }
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

  async whenAvailable(block: PrivateBlock, options?: AbortOptions): Promise<void> {
    this.#open()
    await this.#contents.whenHere(block.id, options)
  }

  holders(block: PrivateBlock): Did[] {
    return this.#exchange.holders(block.id)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const base = this.#base
    for (const type of ['peer:joined', 'peer:left', 'sync:level'] as const)
      base.removeEventListener(type, this.#forward)
    this.#contents.close()
    const consumers = await Promise.allSettled(this.#consumers.values())
    for (const consumer of consumers) if (consumer.status === 'fulfilled') await consumer.value.close()
    await this.#following?.stop()
    await this.#exchange.stop()
    await this.#intake.stop()
    this.#reader.clear()
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

  #listener(): IntakeListener {
    const turned = (id: BlockId): void => {
      this.#contents.turned(id)
      this.#wakeConsumers()
    }
    return {
      available: (shown, content, peer, late) => {
        const block = this.#view(shown, content)
        turned(block.id)
        if (late) this.safeDispatchEvent('content:available', { detail: { block } })
        // Out of effect already: `block:reinstated` tells of it, should it come back.
        if (!block.revoked) this.safeDispatchEvent('block:added', { detail: { block, peer } })
      },
      wanted: (id, live) => {
        this.#exchange.want(id, live ? PUSH_GRACE : 0)
        turned(id)
      },
      unwanted: (id) => this.#exchange.drop(id),
      obtained: (id, epoch, from) => this.#exchange.obtained(id, epoch, from),
      known: (id, from) => this.#exchange.acknowledge(id, from),
      wrong: (id, rule, from) => {
        this.#exchange.wrong(id, from)
        this.safeDispatchEvent('device:penalised', { detail: { device: from, id, rule } })
      },
      refused: (id, rule, author) => {
        turned(id)
        this.safeDispatchEvent('content:refused', { detail: { id, author, rule } })
      },
      changed: (shown, kind) => {
        turned(shown.record.block.id)
        const type = kind === 'revoke' ? 'block:revoked' : 'block:reinstated'
        this.safeDispatchEvent(type, { detail: { block: this.#view(shown) } })
      }
    }
  }

  async #handOver(entry: LogEntry, handler: (change: Change<PrivateBlock>) => Promise<void>): Promise<void> {
    const id = CID.parse(entry.id)
    // It was handed over when it came, and can't be read any more: no change that could be handled.
    if (entry.kind === 'refuse') return
    const kind = entry.kind === 'content' ? 'block' : entry.kind
    try {
      await handler({ kind, block: await this.get(id) })
    } catch (error) {
      // Shown without its content, and refused when that came: it is out of the chain, and no change of it.
      if (!(error instanceof ContentRefusedError && error.block.equals(id))) throw error
    }
  }

  #view({ record, row, read }: Shown, content?: Uint8Array): PrivateBlockView {
    return new PrivateBlockView(onChainOfRecord(record), row, read.details, this.#query.load, content)
  }

  #wakeConsumers(): void {
    for (const grown of this.#logWatchers) grown()
  }

  async #servable(id: BlockId): Promise<{ epoch: BlockId; envelope: Uint8Array } | undefined> {
    const row = await this.#store.row(id)
    if (row === undefined || row.epoch === null || row.refused !== '') return undefined
    const envelope = await this.#store.envelope(row)
    return envelope === undefined ? undefined : { epoch: row.epoch, envelope }
  }
}

/** @throws {NotFoundError} for text that is no id, because no block has such a name */
function parsed(id: BlockId | string): BlockId {
  if (typeof id !== 'string') return id
  try {
    return CID.parse(id)
  } catch {
    throw new NotFoundError(id)
  }
}
