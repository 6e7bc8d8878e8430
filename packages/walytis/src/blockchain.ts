import type { AbortOptions, PeerId } from '@libp2p/interface'
import { CustomProgressEvent } from 'progress-events'
import { checkTopics } from './block/build.ts'
import { parseBlockId } from './block/id.ts'
import { appendFile } from './chain/add-file.ts'
import { authorOf, BlockView } from './chain/block-view.ts'
import type { Chain, Committed } from './chain/chain.ts'
import { consumedLog } from './chain/consumed-log.ts'
import { Contents, readContent } from './chain/contents.ts'
import { forksOf } from './chain/forks.ts'
import { GuardedEvents } from './chain/guarded-events.ts'
import { ancestryNode } from './chain/judge.ts'
import { ChainLayerRows } from './chain/layer-rows.ts'
import { MAX_CONTENT_BYTES, RESERVED_TOPIC_PREFIX } from './constants.ts'
import { LogConsumer } from './consumer.ts'
import { takeBytes, takeStart } from './content/intake.ts'
import { ClosedError, IncompleteChainError, InvalidArgumentError, NotFoundError } from './errors.ts'
import { isAncestor } from './graph/ancestry.ts'
import { compareOrder } from './graph/order.ts'
import type {
  AddOptions,
  BaseBlockchain,
  Block,
  BlockchainEvents,
  BlockDraft,
  BlockId,
  BlockPosition,
  BlockQuery,
  ChainRecord,
  ChainSettings,
  Change,
  ConsumeOptions,
  Consumer,
  ForkProof,
  Invitation,
  InviteOptions,
  LayerRows,
  PeerAddresses,
  SyncOptions,
  SyncResult
} from './interface/index.ts'
import { countBlocks, places, queryBlocks } from './query/query.ts'
import type { ChainNetwork } from './replica.ts'
import type { StoredBlock } from './storage/stored-block.ts'

export interface FacadeInit {
  readonly chain: Chain
  readonly settings: ChainSettings
  readonly network: ChainNetwork
  /** Stop the chain, without telling the network side. */
  stop(): Promise<void>
}

/** Events by the names of the contract, as `GuardedEvents` wants them. */
type Events = { [K in keyof BlockchainEvents]: BlockchainEvents[K] }

/** The facade of a plain chain: what applications and the layers above hold. Local work only; peers are `network`'s. */
export class PlainBlockchain extends GuardedEvents<Events> implements BaseBlockchain {
  readonly id: string
  readonly settings: ChainSettings
  readonly layers: ChainSettings['layers']
  readonly writer: Pick<Block, 'author' | 'creator'>
  readonly #init: FacadeInit
  readonly #contents: Contents
  readonly #consumers = new Map<string, Promise<Consumer>>()
  readonly #rows = new Map<string, ChainLayerRows>()
  #closed = false
  #closing: Promise<void> | undefined

  constructor(init: FacadeInit) {
    super(init.chain.components.report)
    const { id, signer } = init.chain.components
    this.id = id.toString()
    this.settings = init.settings
    this.layers = init.settings.layers
    this.writer = { author: authorOf(signer.publicKey), creator: signer.publicKey }
    this.#init = init
    this.#contents = new Contents(init.chain, (stored, options) =>
      this.#network().fetch(this.id, stored.block.id, options)
    )
    init.chain.onCommitted((committed) => this.#emit(committed))
  }

  async add(content: Uint8Array | AsyncIterable<Uint8Array>, options: AddOptions = {}): Promise<Block> {
    const topics = [...(options.topics ?? [])]
    checkTopics(topics)
    const reserved = topics.find((topic) => topic.startsWith(RESERVED_TOPIC_PREFIX))
    if (reserved !== undefined) throw new InvalidArgumentError('topic', `"${reserved}" is kept for the protocol itself`)
    // bytes take their place in the queue at once, so that blocks come in the order of the calls
    const taken = content instanceof Uint8Array ? takeBytes(content) : await takeStart(content, options)
    const progress = (bytes: number): void => {
      options.onProgress?.(new CustomProgressEvent('walytis:add:bytes', bytes))
    }
    const { signal } = options
    if (!(taken instanceof Uint8Array))
      return this.#view(await appendFile(this.#writable(), { source: taken, topics, progress }, { signal }))
    progress(taken.length)
    const chain = this.#writable()
    const durability = options.durability ?? chain.components.durability
    return this.#view(await chain.append(() => ({ content: taken, topics }), { durability, signal }))
  }

  get complete(): boolean {
    return !this.#init.chain.isPartial
  }

  async append(build: (position: BlockPosition) => Promise<BlockDraft>, options: AbortOptions = {}): Promise<Block> {
    return this.#view(await this.#writable().append(build, { alone: true, signal: options.signal }))
  }

  async get(id: BlockId | string, options: AbortOptions = {}): Promise<Block> {
    options.signal?.throwIfAborted()
    return this.#view(await this.#chain().need(parsed(id)))
  }

  async has(id: BlockId | string, options: AbortOptions = {}): Promise<boolean> {
    options.signal?.throwIfAborted()
    try {
      return await this.#chain().components.store.has(parsed(id))
    } catch (error) {
      // what is no id names no block
      if (error instanceof NotFoundError) return false
      throw error
    }
  }

  async *blocks(query?: BlockQuery, options?: AbortOptions): AsyncGenerator<Block> {
    const { store } = this.#chain().components
    for await (const stored of queryBlocks(store, query, options)) {
      this.#chain()
      yield this.#view(stored)
    }
  }

  async count(query: BlockQuery = {}, options?: AbortOptions): Promise<number> {
    const chain = this.#chain()
    return await countBlocks(chain.components.store, query, chain.state.counters.inEffect, options)
  }

  async heads(options: AbortOptions = {}): Promise<BlockId[]> {
    options.signal?.throwIfAborted()
    const heads = this.#chain().headsInEffect()
    return heads.sort(compareOrder).map((head) => head.id)
  }

  async isAncestor(a: BlockId, b: BlockId, options: AbortOptions = {}): Promise<boolean> {
    const chain = this.#chain()
    const [ancestor, descendant] = await Promise.all([chain.need(a), chain.need(b)])
    return await isAncestor(ancestryNode(ancestor), ancestryNode(descendant), {
      node: async (id) => {
        options.signal?.throwIfAborted()
        return ancestryNode(await chain.need(id))
      },
      hasForked: (creator) => chain.state.forked.has(creator)
    })
  }

  async consume(
    name: string,
    handler: (change: Change) => Promise<void>,
    options: ConsumeOptions = {}
  ): Promise<Consumer> {
    const chain = this.#chain()
    options.signal?.throwIfAborted()
    if (this.#consumers.has(name)) throw new InvalidArgumentError('name', `the consumer "${name}" is running already`)
    const starting = LogConsumer.start(
      {
        name,
        from: options.from ?? 'beginning',
        log: consumedLog(chain, name),
        handle: async ({ kind, id }) => await handler({ kind, block: this.#view(await chain.need(id)) }),
        closed: () => this.#consumers.delete(name),
        report: chain.components.report
      },
      options
    )
    this.#consumers.set(name, starting)
    try {
      return await starting
    } catch (error) {
      this.#consumers.delete(name)
      throw error
    }
  }

  async *records(query: { topic?: string | undefined } = {}, options: AbortOptions = {}): AsyncGenerator<ChainRecord> {
    const { store } = this.#chain().components
    for await (const { id } of places(store, query)) {
      options.signal?.throwIfAborted()
      const stored = await store.get(id)
      if (stored === undefined) throw store.damagedRecord(id, 'block')
      yield await this.#record(stored)
    }
  }

  async record(id: BlockId, options: AbortOptions = {}): Promise<ChainRecord | undefined> {
    options.signal?.throwIfAborted()
    const stored = await this.#chain().components.store.get(id)
    return stored === undefined ? undefined : await this.#record(stored)
  }

  async *forks(options: AbortOptions = {}): AsyncGenerator<ForkProof> {
    for await (const fork of forksOf(this.#chain().components.store)) {
      options.signal?.throwIfAborted()
      yield fork
    }
  }

  async invite(options?: InviteOptions): Promise<Invitation> {
    this.#writable()
    return await this.#network().invite(this.id, options)
  }

  async *invitations(options: AbortOptions = {}): AsyncGenerator<Invitation> {
    for await (const invitation of this.#network().invitations(this.id)) {
      options.signal?.throwIfAborted()
      yield invitation
    }
  }

  async revokeInvitation(id: string, options: AbortOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    await this.#network().revokeInvitation(this.id, id)
  }

  getPeers(): PeerId[] {
    return this.#closed ? [] : this.#init.network.peers(this.id)
  }

  async sync(options?: SyncOptions): Promise<SyncResult> {
    return await this.#network().sync(this.id, options)
  }

  rows(layer: string): LayerRows {
    const known = this.#rows.get(layer)
    if (known !== undefined) return known
    const rows = new ChainLayerRows({ chain: () => this.#chain(), store: this.#init.chain.components.store }, layer)
    this.#rows.set(layer, rows)
    return rows
  }

  async addPeers(peers: PeerAddresses[]): Promise<void> {
    await this.#network().addPeers(this.id, peers)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closing ??= this.#init.network.closed(this.id).then(() => this.#init.stop())
    await this.#closing
  }

  /** Stop working: consumers first, so that none sees a chain half closed. For the chain's owner. */
  async shut(): Promise<void> {
    this.#closed = true
    const consumers = await Promise.all(this.#consumers.values())
    await Promise.all(consumers.map((consumer) => consumer.close()))
    for (const rows of this.#rows.values()) await rows.sync().catch(this.#init.chain.components.report)
  }

  #chain(): Chain {
    if (this.#closed) throw new ClosedError('chain')
    return this.#init.chain
  }

  /** @throws {IncompleteChainError} */
  #writable(): Chain {
    const chain = this.#chain()
    if (chain.isPartial) throw new IncompleteChainError(this.id)
    return chain
  }

  #network(): ChainNetwork {
    if (this.#closed) throw new ClosedError('chain')
    return this.#init.network
  }

  #view(stored: StoredBlock): Block {
    return new BlockView(stored, this.#contents)
  }

  async #record(stored: StoredBlock): Promise<ChainRecord> {
    const { store } = this.#init.chain.components
    const { block, annotation, revoked } = stored
    // larger content did not come with the block; a list of all blocks must not fail for it
    const content = block.size > MAX_CONTENT_BYTES ? new Uint8Array() : await readContent(store, stored)
    return { block, annotation, revoked, content }
  }

  #emit({ added, revoked, reinstated, completed, sourceOf, transaction }: Committed): void {
    for (const block of transaction.mended) this.safeDispatchEvent('block:repaired', { detail: { block } })
    for (const stored of added) {
      if (stored.revoked || stored.block.chain === null) continue
      const peer = sourceOf(stored.block.id)
      this.safeDispatchEvent('block:added', { detail: { block: this.#view(stored), peer } })
    }
    for (const stored of completed) {
      this.safeDispatchEvent('content:available', { detail: { block: this.#view(stored) } })
    }
    for (const stored of revoked) this.safeDispatchEvent('block:revoked', { detail: { block: this.#view(stored) } })
    for (const stored of reinstated) {
      this.safeDispatchEvent('block:reinstated', { detail: { block: this.#view(stored) } })
    }
  }
}

/** @throws {NotFoundError} for text that is no id, because no block has such a name */
function parsed(id: BlockId | string): BlockId {
  if (typeof id !== 'string') return id
  try {
    return parseBlockId(id)
  } catch (cause) {
    throw new NotFoundError('block', id, { cause })
  }
}
