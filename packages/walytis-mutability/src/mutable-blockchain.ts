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
  SyncOptions,
  SyncResult
} from 'walytis/interface'
import { ChangeFollower } from './change-follower.ts'
import { ChangeIndex, infoOf, isChange, isPending } from './change-index.ts'
import { MAX_OPERATION_BYTES, OPERATION_OVERHEAD, TOPIC_ORIGINAL } from './constants.ts'
import { ChangeConflictError, ChangeDeniedError, LimitExceededError, NotFoundError } from './errors.ts'
import type { MayChange, MutableBlock, MutableBlockchain, MutableEvents, MutableOptions } from './interface.ts'
import { type BlockOwner, MutableBlockView } from './mutable-block.ts'
import { type ChangeKind, encodeOperation, type Operation } from './operations/format.ts'
import { assertApplicationTopics, kindOf, readOperation, topicOf } from './operations/verify.ts'
import { sameAuthor } from './permission.ts'
import { matches, queryOfOriginals } from './queries.ts'
import { standing } from './state/current.ts'

class MutableChain extends TypedEventEmitter<MutableEvents> implements MutableBlockchain, BlockOwner {
  readonly #chain: Blockchain
  readonly #mayChange: MayChange
  readonly #index: ChangeIndex
  readonly #follower: ChangeFollower
  readonly #closing = new AbortController()

  constructor(chain: Blockchain, mayChange: MayChange) {
    super()
    this.#chain = chain
    this.#mayChange = mayChange
    this.#index = new ChangeIndex(chain, mayChange, this.#closing.signal)
    this.#follower = new ChangeFollower(chain, this.#index, this, this, this.#closing.signal)
  }

  /** Listen first, then read what is there: the index takes what comes twice, and in any order. */
  async open(options?: AbortOptions): Promise<void> {
    this.#follower.start()
    await this.#follower.readAll(options)
  }

  get id(): string {
    return this.#chain.id
  }

  get writer(): Blockchain['writer'] {
    return this.#chain.writer
  }

  async add(content: Uint8Array | AsyncIterable<Uint8Array>, options?: AddOptions): Promise<MutableBlock> {
    const topics = options?.topics ?? []
    assertApplicationTopics(topics)
    return this.#view(await this.#chain.add(content, { ...options, topics: [TOPIC_ORIGINAL, ...topics] }))
  }

  async get(id: BlockId | string, options?: AbortOptions): Promise<MutableBlock> {
    const block = await this.#chain.get(id, options)
    if (isChange(block)) {
      // What a change is about stands in its content: that is waited for, as long as the caller likes.
      if (isPending(block)) await block.content(options)
      await this.#follower.refresh(block)
    }
    return this.#view(await this.#originalOf(block, options))
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
    await this.#index.settled()
    const beneath = queryOfOriginals(query)
    let left = query.limit ?? Number.POSITIVE_INFINITY
    if (beneath === undefined || left <= 0) return
    for await (const original of this.#chain.blocks({ ...beneath, limit: undefined }, options)) {
      const block = this.#view(original)
      if (block.deleted) continue
      yield block
      if (--left === 0) return
    }
  }

  async count(query: BlockQuery = {}, options?: AbortOptions): Promise<number> {
    if (query.limit !== undefined || query.after !== undefined) {
      let counted = 0
      for await (const _ of this.blocks(query, options)) counted++
      return counted
    }
    await this.#index.settled()
    const beneath = queryOfOriginals(query)
    if (beneath === undefined) return 0
    const originals = await this.#chain.count(beneath, options)
    return originals - [...this.#index.deleted()].filter((block) => matches(block, beneath)).length
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
    await this.#index.settled()
    return result
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#chain.close()
  }

  async contentOf(update: BlockId, options?: AbortOptions): Promise<Uint8Array> {
    const read = await readOperation(await this.#chain.get(update, options), options)
    // It was an update when it was indexed, and a block never changes.
    if ('rule' in read || read.operation.kind !== 'update') throw new NotFoundError(update.toString())
    return read.operation.content
  }

  async change(original: Block, kind: ChangeKind, content?: Uint8Array, options?: AbortOptions): Promise<MutableBlock> {
    const id = original.id.toString()
    // At once: the caller may reuse its buffer.
    const bytes = encodeOperation(operationOf(original.id, kind, content))
    await this.#index.settled()
    this.#assertChangeable(original, kind)
    const block = await this.#chain.add(bytes, { ...options, topics: [topicOf(kind)] })
    await this.#follower.refresh(block)
    const { changes } = this.#index.stateOf(id)
    if (!changes.some((change) => change.block.equals(block.id))) throw new ChangeDeniedError(id, kind)
    return this.#view(original)
  }

  #assertChangeable(original: Block, kind: ChangeKind): void {
    const id = original.id.toString()
    const { tips, deleted } = this.#index.stateOf(id)
    const writer = this.#chain.writer
    if (writer !== undefined && !this.#mayChange({ kind, ...writer }, infoOf(original), standing(tips))) {
      throw new ChangeDeniedError(id, kind)
    }
    if (deleted && kind !== 'restore') throw new ChangeConflictError(id, 'is deleted')
    if (!deleted && kind === 'restore') throw new ChangeConflictError(id, 'is not deleted')
  }

  #view(original: Block): MutableBlock {
    return new MutableBlockView(original, this.#index.stateOf(original.id.toString()), this)
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
      await this.#index.settled()
      return { kind, block: this.#view(block) }
    }
    // Nobody knows what a change without its content is about. The chain beneath hands it on again when that has come.
    if (!isChange(block) || isPending(block)) return undefined
    await this.#follower.refresh(block)
    try {
      return { kind: 'block', block: this.#view(await this.#originalOf(block, { signal: this.#closing.signal })) }
    } catch (error) {
      if (error instanceof NotFoundError) return undefined
      throw error
    }
  }
}

/**
 * Edits, deletes and restores over any blockchain, with the whole history kept. Reads the chain's changes once, so the time
 * it takes grows with their number; queries then cost what they cost on the chain beneath.
 *
 * All nodes must open a chain with the same `mayChange`. `close` closes the chain beneath.
 */
export async function mutable(chain: Blockchain, options?: MutableOptions): Promise<MutableBlockchain> {
  const mutableChain = new MutableChain(chain, options?.mayChange ?? sameAuthor)
  await mutableChain.open(options)
  return mutableChain
}

/** @throws {LimitExceededError} */
function operationOf(original: BlockId, kind: ChangeKind, content: Uint8Array | undefined): Operation {
  if (kind !== 'update') return { kind, original }
  const limit = MAX_OPERATION_BYTES - OPERATION_OVERHEAD
  const bytes = content ?? new Uint8Array()
  if (bytes.byteLength > limit) throw new LimitExceededError(limit, bytes.byteLength)
  return { kind, original, content: bytes }
}
