import type { PeerId } from '@libp2p/interface'
import { LRUCache } from 'lru-cache'
import { buildBlock } from '../block/build.ts'
import { idKey } from '../block/id.ts'
import { copyBytes } from '../bytes.ts'
import {
  MAX_GROUP,
  MAX_PENDING_PER_CHAIN,
  MAX_PENDING_PER_PEER,
  MAX_REMEMBERED_REJECTIONS,
  UNSYNCED_LIMIT
} from '../constants.ts'
import { Files, nameOf } from '../content/files.ts'
import { ClosedError, DamagedRecordError, InvalidBlockError, NotFoundError, WritingStoppedError } from '../errors.ts'
import { chooseParents } from '../graph/heads.ts'
import { PendingPool } from '../graph/pending.ts'
import type {
  BlockDraft,
  BlockId,
  BlockPolicy,
  BlockPosition,
  Durability,
  SignedBlock,
  Signer
} from '../interface/index.ts'
import type { FileReference } from '../replica.ts'
import type { ChainStore, Write } from '../storage/chain-store.ts'
import type { StoredBlock } from '../storage/stored-block.ts'
import type { Timers } from '../timers.ts'
import { accept } from './accept.ts'
import { type ChainState, HEAD, type Head, loadState } from './state.ts'
import { Transaction } from './transaction.ts'
import { type WorkOptions, Writer } from './writer.ts'

/** What one batch changed, as those see it who look at the chain before and after. */
export interface Committed {
  /** New blocks, in order of arrival. */
  readonly added: readonly StoredBlock[]
  readonly revoked: readonly StoredBlock[]
  readonly reinstated: readonly StoredBlock[]
  /** Known blocks whose larger content has come. */
  readonly completed: readonly StoredBlock[]
  readonly transaction: Transaction
  /** Who sent a new block; undefined for this node's own. */
  sourceOf(id: BlockId): PeerId | undefined
}

/** A block whose content is a file that lies on the disk already; `batch` makes it whole. */
export interface FileDraft {
  readonly content: FileReference
  readonly topics: string[]
  readonly batch: Write[]
}

export interface ChainComponents {
  readonly id: BlockId
  readonly store: ChainStore
  readonly signer: Signer
  readonly policy: BlockPolicy
  /** Milliseconds since 1970, for the time that blocks claim. */
  readonly now: () => number
  readonly timers: Timers
  /** When `add` resolves that does not say. */
  readonly durability: Durability
  /** What a listener threw. */
  readonly report: (error: unknown) => void
}

/**
 * One chain of this node: its state, its writer, and the blocks that wait for parents. The facade and the replica stand on
 * it; it knows neither peers nor applications.
 */
export class Chain {
  readonly components: ChainComponents
  readonly state: ChainState
  readonly writer: Writer
  readonly files: Files
  readonly pending = new PendingPool({ perChain: MAX_PENDING_PER_CHAIN, perPeer: MAX_PENDING_PER_PEER })
  /** Ids of blocks that are refused for ever, because acceptance depends on a block and its ancestors alone. */
  readonly rejected = new LRUCache<string, true>({ max: MAX_REMEMBERED_REJECTIONS })
  /** Still being received: what this node has written before may be missing, so it writes nothing. */
  isPartial = false
  /** Aborted when the chain closes, for signers that wait for a person or a device. */
  readonly #closing = new AbortController()
  readonly #listeners = new Set<(committed: Committed) => void>()
  readonly #durableListeners = new Set<(committed: Committed) => void>()
  readonly #summaries = new WeakMap<Transaction, Committed>()
  #cancelSync: (() => void) | undefined
  #own: SignedBlock | undefined
  #foreignOwn: BlockId | undefined
  /** This node's last block, where its record is damaged. */
  #lostOwn: BlockId | undefined

  private constructor(components: ChainComponents, state: ChainState, files: Files) {
    this.components = components
    this.state = state
    this.files = files
    this.writer = new Writer({
      begin: () => new Transaction(components.store, state),
      committed: (transaction) => this.#committed(transaction),
      durable: (transactions) => this.#durable(transactions),
      limits: MAX_GROUP
    })
  }

  static async load(components: ChainComponents): Promise<Chain> {
    const { store, signer } = components
    const state = await loadState(store, components.id)
    const chain = new Chain(components, state, await Files.open(store, () => state.isPublic))
    const seq = await store.latestSeq(signer.publicKey)
    const [last] = seq === 0 ? [] : await store.atSeq(signer.publicKey, seq)
    try {
      chain.#own = last === undefined ? undefined : (await chain.need(last)).block
    } catch (error) {
      if (!(error instanceof DamagedRecordError || error instanceof NotFoundError) || last === undefined) throw error
      // it can be read meanwhile, and be written once its own last block has been fetched again
      store.damages.note(last)
      chain.#lostOwn = last
    }
    chain.#foreignOwn = await store.stoppedBy(signer.publicKey)
    return chain
  }

  /** Be told of every batch once it is on the disk, and may leave the node. Returns what stops it. */
  onDurable(listener: (committed: Committed) => void): () => void {
    this.#durableListeners.add(listener)
    return () => this.#durableListeners.delete(listener)
  }

  /** Whether a block is written and not yet on the disk: it must not leave the node. */
  isUnsynced(id: BlockId): boolean {
    return this.writer.unsynced.has(id)
  }

  /**
   * Resolves once all that is written is on the disk.
   *
   * @throws {StoreFailedError}
   */
  async synced(): Promise<void> {
    while (!this.writer.unsynced.isEmpty) await this.writer.run(async () => {})
  }

  /** Be told of every batch once it is written, before or after it is on the disk as those wanted it who wrote. Returns what stops it. */
  onCommitted(listener: (committed: Committed) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Write one block of this node's key.
   *
   * @throws {WritingStoppedError} when a block of this key turned up that was written elsewhere
   * @throws {InvalidBlockError} when the policy refuses it
   */
  async append(
    build: (position: BlockPosition) => BlockDraft | FileDraft | Promise<BlockDraft | FileDraft>,
    options: WorkOptions = {}
  ): Promise<StoredBlock> {
    const { id: chainId, signer, policy, now } = this.components
    const { signal } = options
    return await this.writer.run(async (transaction) => {
      await this.#findOwn()
      const position = this.#nextPosition(transaction)
      const { content, topics, batch } = await build(position)
      const block = await buildBlock({ position, content, topics, time: now() }, signer, {
        signal: signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal])
      })
      // before anything is changed, because it may throw
      const rows = typeof batch === 'function' ? batch(block.id, block) : (batch ?? [])
      const isFile = !(content instanceof Uint8Array)
      const candidate = { block, content: isFile ? new Uint8Array() : copyBytes(content), isFile }
      const rule = await accept(candidate, chainId, policy, transaction)
      if (rule !== undefined) throw new InvalidBlockError(rule)
      if (isFile) transaction.files.add(nameOf(content))
      transaction.own = block
      transaction.writes.push(...rows)
      return await transaction.need(block.id)
    }, options)
  }

  /** Take no more work, and wait for what was taken; blocks that are not signed yet fail, if their signer heeds its signal. */
  async close(): Promise<void> {
    this.#closing.abort(new ClosedError('chain'))
    await this.writer.close()
  }

  /** Heads of the blocks in effect. */
  headsInEffect(): Head[] {
    return [...this.state.heads.values()].filter((head) => (head.kinds & HEAD.inEffect) !== 0)
  }

  /** A known block.
   * @throws {NotFoundError} */
  async need(id: BlockId): Promise<StoredBlock> {
    const stored = await this.components.store.get(id)
    if (stored === undefined) throw new NotFoundError('block', id.toString())
    return stored
  }

  /** @throws {DamagedRecordError} when this node's last block is still to be fetched: to write without it would fork */
  async #findOwn(): Promise<void> {
    if (this.#lostOwn === undefined) return
    const { store } = this.components
    const stored = await store.get(this.#lostOwn)
    if (stored === undefined) throw store.damagedRecord(this.#lostOwn, 'block')
    this.#own = stored.block
    this.#lostOwn = undefined
  }

  #nextPosition(transaction: Transaction): BlockPosition {
    const { id: chain } = this.components
    if (this.#foreignOwn !== undefined) throw new WritingStoppedError(chain.toString(), this.#foreignOwn.toString())
    const heads = transaction.headsInEffect()
    const prev = transaction.own ?? this.#own
    const parents = chooseParents(heads)
    const highest = Math.max(prev?.height ?? 0, ...heads.map((head) => head.height))
    return { chain, parents, prev: prev?.id ?? null, seq: (prev?.seq ?? 0) + 1, height: highest + 1 }
  }

  #committed(transaction: Transaction): void {
    for (const id of transaction.mended) this.components.store.damages.mended(id)
    this.#own = transaction.own ?? this.#own
    this.#foreignOwn = transaction.foreignOwn ?? this.#foreignOwn
    if (!this.writer.unsynced.isEmpty) this.#syncSoon()
    this.#tell(this.#listeners, transaction)
  }

  #durable(transactions: readonly Transaction[]): void {
    this.#cancelSync?.()
    this.#cancelSync = undefined
    for (const transaction of transactions) if (!transaction.isEmpty) this.#tell(this.#durableListeners, transaction)
  }

  #syncSoon(): void {
    this.#cancelSync ??= this.components.timers.after(UNSYNCED_LIMIT.milliseconds, () => {
      this.#cancelSync = undefined
      this.synced().catch((error) => this.components.report(error))
    })
  }

  #tell(listeners: Iterable<(committed: Committed) => void>, transaction: Transaction): void {
    let committed = this.#summaries.get(transaction)
    if (committed === undefined) {
      committed = summarise(transaction)
      this.#summaries.set(transaction, committed)
    }
    for (const listener of listeners) {
      try {
        listener(committed)
      } catch (error) {
        this.components.report(error)
      }
    }
  }
}

/** What a batch changed on the whole: a block revoked and reinstated in one batch has not changed. */
function summarise(transaction: Transaction): Committed {
  const final = (id: BlockId): StoredBlock[] => {
    const stored = transaction.changed.get(idKey(id))
    return stored === undefined ? [] : [stored]
  }
  const added = transaction.added.flatMap(({ block }) => final(block.id))
  const isNew = new Set(added.map(({ block }) => idKey(block.id)))
  const last = new Map(transaction.log.map((entry) => [idKey(entry.id), entry]))
  const toggled = [...last.values()].filter(({ id }) => !isNew.has(idKey(id)) && isToggled(transaction, id))
  return {
    added,
    revoked: toggled.filter(({ kind }) => kind === 'revoke').flatMap(({ id }) => final(id)),
    reinstated: toggled.filter(({ kind }) => kind === 'reinstate').flatMap(({ id }) => final(id)),
    completed: transaction.completed.flatMap(final),
    transaction,
    sourceOf: (id) => transaction.sources.get(idKey(id))
  }
}

/** Each change of effect toggles, so an odd number of them is a change. */
function isToggled(transaction: Transaction, id: BlockId): boolean {
  return transaction.log.filter((entry) => entry.id.equals(id)).length % 2 === 1
}
