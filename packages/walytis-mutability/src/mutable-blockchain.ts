/*
 * The facade: a `Blockchain` of originals over any other `Blockchain`. Owns the index of changes, which the events of the
 * chain beneath keep up to date, and hands on everything that has nothing to do with changes.
 */
import type { AbortOptions, PeerId } from '@libp2p/interface'
import { TypedEventEmitter } from 'main-event'
import type {
  AddOptions,
  Block,
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
import { ChangeFollower } from './change-follower.ts'
import { ChangeIndex, infoOf, isChange, isPending } from './change-index.ts'
import { LAYER, MAX_OPERATION_BYTES, OPERATION_OVERHEAD, TOPIC_ORIGINAL } from './constants.ts'
import {
  AlreadyOpenError,
  ChangeConflictError,
  ChangeDeniedError,
  LimitExceededError,
  NotFoundError
} from './errors.ts'
import type { ChangePolicy, MutableBlock, MutableBlockchain, MutableEvents, MutableOptions } from './interface.ts'
import { type BlockOwner, MutableBlockView } from './mutable-block.ts'
import { type ChangeKind, encodeOperation, type Operation } from './operations/format.ts'
import { assertApplicationTopics, kindOf, readOperation, topicOf } from './operations/verify.ts'
import { encodePolicy, policyOf } from './policy.ts'
import { isConditional, matches, pages, queryOfOriginals } from './queries.ts'
import { standing, UNTOUCHED } from './state/current.ts'
import type { LinkedChange } from './state/versions.ts'
import { IndexStore } from './storage/index-store.ts'
import { MemoryRows } from './storage/memory-rows.ts'

/** Chains whose changes are followed, each by one. */
const followed = new WeakSet<Blockchain>()

class MutableChain extends TypedEventEmitter<MutableEvents> implements MutableBlockchain, BlockOwner {
  /** Those of the chain beneath, where it has any. */
  readonly rows?: (layer: string) => LayerRows
  readonly #chain: Blockchain
  readonly #policy: ChangePolicy
  readonly #store: IndexStore
  readonly #index: ChangeIndex
  readonly #follower: ChangeFollower
  readonly #closing = new AbortController()

  constructor(chain: Blockchain, policy: ChangePolicy) {
    super()
    this.#chain = chain
    this.#policy = policy
    if (chain.rows !== undefined) this.rows = chain.rows.bind(chain)
    this.#store = new IndexStore(chain.rows?.(LAYER) ?? new MemoryRows())
    const { signal } = this.#closing
    this.#index = new ChangeIndex({
      chain,
      store: this.#store,
      mayChange: (change, original, state) => policy.mayChange(change, original, state),
      tell: (transition) => this.#follower.tell(transition),
      unreadable: (error, id) => this.#follower.unreadable(error, id),
      lacking: () => this.#follower.seek(),
      signal
    })
    this.#follower = new ChangeFollower({
      chain,
      index: this.#index,
      events: this,
      owner: this,
      lacking: () => this.#store.unread(),
      synced: async () => await this.#store.sync(),
      signal
    })
  }

  /** Go on from where the index stands. What came since is taken in meanwhile, and waited for by whoever asks. */
  async open(options?: AbortOptions): Promise<void> {
    const consumer = await this.#store.open(encodePolicy(this.#policy), `${LAYER}/${randomName()}`)
    if (this.#chain.rows === undefined) await this.#follower.followEvents(options)
    else await this.#follower.followLog(consumer)
    this.#follower.seek()
  }

  get id(): string {
    return this.#chain.id
  }

  get layers(): Blockchain['layers'] {
    return this.#chain.layers
  }

  get writer(): Blockchain['writer'] {
    return this.#chain.writer
  }

  async add(content: Uint8Array | AsyncIterable<Uint8Array>, options?: AddOptions): Promise<MutableBlock> {
    const topics = options?.topics ?? []
    assertApplicationTopics(topics)
    const block = await this.#chain.add(content, { ...options, topics: [TOPIC_ORIGINAL, ...topics] })
    // Nobody can have changed what nobody had.
    return new MutableBlockView(block, UNTOUCHED, this)
  }

  async get(id: BlockId | string, options?: AbortOptions): Promise<MutableBlock> {
    const block = await this.#chain.get(id, options)
    await this.#follower.settled(options)
    if (isChange(block)) {
      // What a change is about stands in its content: that is waited for, as long as the caller likes.
      if (isPending(block)) await block.content(options)
      await this.#follower.refresh(block)
    }
    return await this.#view(await this.#originalOf(block, options))
  }

  async has(id: BlockId | string, options?: AbortOptions): Promise<boolean> {
    if (!(await this.#chain.has(id, options))) return false
    try {
      const block = await this.#chain.get(id, options)
      if (isChange(block) && isPending(block)) return false
      await this.#originalOf(block, options)
      return true
    } catch (error) {
      if (error instanceof NotFoundError) return false
      throw error
    }
  }

  async *blocks(query: BlockQuery = {}, options?: AbortOptions): AsyncIterable<MutableBlock> {
    await this.#follower.settled(options)
    const beneath = queryOfOriginals(query)
    let left = query.limit ?? Number.POSITIVE_INFINITY
    if (beneath === undefined || left <= 0) return
    const originals = this.#chain.blocks({ ...beneath, limit: undefined }, options)
    for await (const page of pages(originals, left)) {
      const standings = await this.#index.standings(page.map(({ id }) => id))
      for (const [index, original] of page.entries()) {
        const standing = standings[index] ?? UNTOUCHED
        if (standing.deleted) continue
        yield new MutableBlockView(original, standing, this)
        if (--left === 0) return
      }
    }
  }

  async count(query: BlockQuery = {}, options?: AbortOptions): Promise<number> {
    if (query.limit !== undefined || query.after !== undefined) {
      let counted = 0
      for await (const _ of this.blocks(query, options)) counted++
      return counted
    }
    await this.#follower.settled(options)
    const beneath = queryOfOriginals(query)
    if (beneath === undefined) return 0
    const originals = await this.#chain.count(beneath, options)
    if (!isConditional(query)) return originals - this.#index.deletedCount
    let deleted = 0
    for await (const block of this.#index.deleted()) if (matches(block, beneath)) deleted++
    return originals - deleted
  }

  async heads(options?: AbortOptions): Promise<BlockId[]> {
    return await this.#chain.heads(options)
  }

  async isAncestor(a: BlockId, b: BlockId, options?: AbortOptions): Promise<boolean> {
    return await this.#chain.isAncestor(a, b, options)
  }

  async consume(
    name: string,
    handler: (change: Change<MutableBlock>) => Promise<void>,
    options?: ConsumeOptions
  ): Promise<Consumer> {
    const handed = async (change: Change): Promise<void> => {
      const mapped = await this.#mapChange(change)
      if (mapped !== undefined) await handler(mapped)
    }
    return await this.#chain.consume(name, handed, options)
  }

  async invite(options?: InviteOptions): Promise<Invitation> {
    return await this.#chain.invite(options)
  }

  invitations(options?: AbortOptions): AsyncIterable<Invitation> {
    return this.#chain.invitations(options)
  }

  async revokeInvitation(id: string, options?: AbortOptions): Promise<void> {
    await this.#chain.revokeInvitation(id, options)
  }

  getPeers(): PeerId[] {
    return this.#chain.getPeers()
  }

  async sync(options?: SyncOptions): Promise<SyncResult> {
    const result = await this.#chain.sync(options)
    await this.#follower.settled(options)
    return result
  }

  async close(): Promise<void> {
    this.#closing.abort()
    // The chain at once, so that nothing new begins there while the last step of the index ends.
    await Promise.all([this.#chain.close(), this.#follower.stop()])
    followed.delete(this.#chain)
  }

  async changesOf(original: BlockId): Promise<readonly LinkedChange[]> {
    return (await this.#index.stateOf(original)).changes
  }

  async contentOf(update: BlockId, options?: AbortOptions): Promise<Uint8Array> {
    const read = await readOperation(await this.#chain.get(update, options), options)
    // It was an update when it was indexed, and a block never changes.
    if ('rule' in read || read.operation.kind !== 'update') throw new NotFoundError(update.toString())
    return read.operation.content
  }

  async change(original: Block, kind: ChangeKind, content?: Uint8Array, options?: AbortOptions): Promise<MutableBlock> {
    // At once: the caller may reuse its buffer.
    const bytes = encodeOperation(operationOf(original.id, kind, content))
    await this.#follower.settled(options)
    await this.#assertChangeable(original, kind)
    const block = await this.#chain.add(bytes, { ...options, topics: [topicOf(kind)] })
    await this.#follower.refresh(block)
    const changes = await this.changesOf(original.id)
    if (!changes.some((change) => change.block.equals(block.id))) {
      throw new ChangeDeniedError(original.id.toString(), kind)
    }
    return await this.#view(original)
  }

  async #assertChangeable(original: Block, kind: ChangeKind): Promise<void> {
    const id = original.id.toString()
    const { tips, deleted } = await this.#index.stateOf(original.id)
    const writer = this.#chain.writer
    if (writer !== undefined && !this.#policy.mayChange({ kind, ...writer }, infoOf(original), standing(tips))) {
      throw new ChangeDeniedError(id, kind)
    }
    if (deleted && kind !== 'restore') throw new ChangeConflictError(id, 'is deleted')
    if (!deleted && kind === 'restore') throw new ChangeConflictError(id, 'is not deleted')
  }

  async #view(original: Block): Promise<MutableBlockView> {
    return new MutableBlockView(original, await this.#index.standing(original.id), this)
  }

  /** @throws {NotFoundError} when the block is neither an original nor a change of one that is shown */
  async #originalOf(block: Block, options?: AbortOptions): Promise<Block> {
    if (kindOf(block.topics) === 'original') return block
    const read = await readOperation(block, options)
    const resolution = 'rule' in read ? read : await this.#index.resolve(read.operation, block)
    if ('original' in resolution) return resolution.original
    throw new NotFoundError(block.id.toString())
  }

  /**
   * A change log of originals: what happens to a change is handed on as a change of its original, as it stands by then.
   */
  async #mapChange({ kind, block }: Change): Promise<Change<MutableBlock> | undefined> {
    if (kindOf(block.topics) === 'original') {
      await this.#follower.refresh(block)
      return { kind, block: await this.#view(block) }
    }
    // Nobody knows what a change without its content is about. The chain beneath hands it on again when that has come.
    if (!isChange(block) || isPending(block)) return undefined
    await this.#follower.refresh(block)
    try {
      const original = await this.#originalOf(block, { signal: this.#closing.signal })
      return { kind: 'block', block: await this.#view(original) }
    } catch (error) {
      if (error instanceof NotFoundError) return undefined
      throw error
    }
  }
}

/**
 * Edits, deletes and restores over any blockchain, with the whole history kept. How each block stands is kept in rows beside the chain,
 * so opening reads nothing but what came since, and a query costs what it costs on the chain beneath, and one row for each block.
 * Where the chain has no place for rows, they are in memory, and opening reads all changes.
 *
 * All nodes must open a chain with the same policy. Where the genesis names one (`inGenesis`), it is taken, and no other. One at a time
 * for a chain; `close` closes the chain beneath.
 *
 * @throws {AlreadyOpenError}
 * @throws {PolicyMismatchError}
 * @throws {UnknownPolicyError}
 */
export async function mutable(chain: Blockchain, options?: MutableOptions): Promise<MutableBlockchain> {
  options?.signal?.throwIfAborted()
  if (followed.has(chain)) throw new AlreadyOpenError(chain.id)
  followed.add(chain)
  try {
    const mutableChain = new MutableChain(chain, policyOf(chain, options?.policy))
    await mutableChain.open(options)
    return mutableChain
  } catch (error) {
    followed.delete(chain)
    throw error
  }
}

function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** @throws {LimitExceededError} */
function operationOf(original: BlockId, kind: ChangeKind, content: Uint8Array | undefined): Operation {
  if (kind !== 'update') return { kind, original }
  const limit = MAX_OPERATION_BYTES - OPERATION_OVERHEAD
  const bytes = content ?? new Uint8Array()
  if (bytes.byteLength > limit) throw new LimitExceededError(limit, bytes.byteLength)
  return { kind, original, content: bytes }
}
