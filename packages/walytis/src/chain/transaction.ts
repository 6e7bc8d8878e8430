import type { PeerId, PublicKey } from '@libp2p/interface'
import { idKey } from '../block/id.ts'
import type { ChangeKind } from '../change-log.ts'
import { decodeFileRow } from '../content/file-row.ts'
import { nameOf } from '../content/files.ts'
import type { Walk } from '../graph/heads.ts'
import { linksOf } from '../graph/order.ts'
import type { BlockId, SignedBlock } from '../interface/index.ts'
import type { AcceptedBlock, FileReference } from '../replica.ts'
import type { ChainStore, Write } from '../storage/chain-store.ts'
import { fileKey } from '../storage/indexes.ts'
import type { StoredBlock } from '../storage/stored-block.ts'
import { type ChainState, creatorName, HEAD, type Head } from './state.ts'

/** A line of the change log that a transaction adds. */
export interface LogEntry {
  readonly seq: number
  readonly kind: ChangeKind
  readonly id: BlockId
}

/** Somebody has signed two blocks of one seq. */
export interface Fork {
  readonly creator: PublicKey
  readonly seq: number
  readonly blocks: readonly [BlockId, BlockId]
}

/**
 * A view of the chain with changes that are not yet written: everything one group of writes does, so that later writes of the
 * group see earlier ones. Only reads and remembers; `chain/commit.ts` turns it into rows.
 */
export class Transaction {
  readonly store: ChainStore
  readonly state: ChainState
  /** New and changed blocks, by key of their id. */
  readonly changed = new Map<string, StoredBlock>()
  /** Blocks that were unknown before, in the order of their arrival. */
  readonly added: StoredBlock[] = []
  readonly contents = new Map<string, Uint8Array>()
  readonly log: LogEntry[] = []
  readonly forks: Fork[] = []
  /** Blocks that came to be replicated, new ones and others. */
  readonly announced = new Map<string, AcceptedBlock>()
  /** Rows of the layers above, and of this one's own that need no view. */
  readonly writes: Write[] = []
  /** Who sent a new block; none for this node's own. */
  readonly sources = new Map<string, PeerId>()
  /** A block of this node's key that this node did not write. */
  foreignOwn: BlockId | undefined
  /** This node's last block. */
  own: SignedBlock | undefined
  /** Bytes of new content. */
  contentBytes = 0
  /** Larger contents that are whole with this transaction. */
  readonly files = new Set<string>()
  /** Blocks whose larger content came. */
  readonly completed: BlockId[] = []
  /** Known blocks whose rows were damaged and are written anew. */
  readonly mended: BlockId[] = []
  /** Why a change was left half done: then nothing of the transaction may be written. */
  broken: unknown
  /** Heads as they will be. */
  readonly heads: Map<string, Head>
  counters: ChainState['counters']
  readonly #children = new Map<string, BlockId[]>()
  readonly #latestSeq = new Map<string, number>()

  constructor(store: ChainStore, state: ChainState) {
    this.store = store
    this.state = state
    this.heads = new Map(state.heads)
    this.counters = state.counters
  }

  get isEmpty(): boolean {
    return this.added.length === 0 && this.log.length === 0 && this.writes.length === 0
  }

  /** Whether it does nothing but append blocks of this node's key: what may be lost without a trace if nobody has seen it. */
  get isPlain(): boolean {
    const isOwn = this.sources.size === 0 && this.foreignOwn === undefined && this.forks.length === 0
    const isAppend = this.changed.size === this.added.length && this.log.length === this.added.length
    const isSmall = this.files.size === 0 && this.completed.length === 0
    // what is public is served to whoever names it, whether or not it was announced
    return isOwn && isAppend && isSmall && this.writes.length === 0 && !this.state.isPublic
  }

  async get(id: BlockId): Promise<StoredBlock | undefined> {
    return this.changed.get(idKey(id)) ?? (await this.store.get(id))
  }

  /** A block that is linked to and so must be there. */
  async need(id: BlockId): Promise<StoredBlock> {
    const stored = await this.get(id)
    if (stored === undefined) throw this.store.damagedRecord(id, 'block')
    return stored
  }

  /** In the order of the ids. */
  async hasMany(ids: readonly BlockId[]): Promise<boolean[]> {
    const found = ids.map((id) => this.changed.has(idKey(id)))
    if (found.every(Boolean)) return found
    const stored = await this.store.hasMany(ids)
    return found.map((hit, index) => hit || stored[index] === true)
  }

  async content(stored: StoredBlock): Promise<Uint8Array | undefined> {
    if (stored.block.size === 0) return new Uint8Array()
    return this.contents.get(idKey(stored.block.id)) ?? (await this.store.content(stored.arrival))
  }

  /** Whether a larger content is whole here. */
  async hasFile(reference: FileReference): Promise<boolean> {
    if (this.files.has(nameOf(reference))) return true
    const row = await this.store.read(fileKey(reference))
    return row !== undefined && decodeFileRow(row)?.state === 'whole'
  }

  async children(id: BlockId): Promise<BlockId[]> {
    return [...(await this.store.children(id)), ...(this.#children.get(idKey(id)) ?? [])]
  }

  async latestSeq(creator: PublicKey): Promise<number> {
    const name = creatorName(creator)
    let seq = this.#latestSeq.get(name) ?? this.state.latestSeq.get(name)
    if (seq === undefined) {
      seq = await this.store.latestSeq(creator)
      this.state.latestSeq.set(name, seq)
    }
    return seq
  }

  get latestSeqs(): ReadonlyMap<string, number> {
    return this.#latestSeq
  }

  async atSeq(creator: PublicKey, seq: number): Promise<BlockId[]> {
    const stored = await this.store.atSeq(creator, seq)
    const name = creatorName(creator)
    const added = this.added.filter(({ block }) => block.seq === seq && creatorName(block.creator) === name)
    return [...stored, ...added.map(({ block }) => block.id)]
  }

  hasForked(creator: string): boolean {
    return this.state.forked.has(creator) || this.forks.some((fork) => creatorName(fork.creator) === creator)
  }

  /** The graph as the blocks in effect, or the replicated ones, see it. */
  walk(inSet: (stored: StoredBlock) => boolean): Walk {
    return {
      links: async (id) => linksOf((await this.need(id)).block),
      children: (id) => this.children(id),
      inSet: async (id) => inSet(await this.need(id))
    }
  }

  /** Put a new block in, not yet among the heads. */
  insert(stored: StoredBlock, content: Uint8Array): void {
    const { block } = stored
    this.changed.set(idKey(block.id), stored)
    this.contents.set(idKey(block.id), content)
    this.contentBytes += content.length
    this.added.push(stored)
    for (const link of linksOf(block)) {
      const children = this.#children.get(idKey(link))
      if (children === undefined) this.#children.set(idKey(link), [block.id])
      else children.push(block.id)
    }
    const name = creatorName(block.creator)
    this.#latestSeq.set(name, Math.max(block.seq, this.#latestSeq.get(name) ?? this.state.latestSeq.get(name) ?? 0))
  }

  /** Replace what is known of a block. */
  update(stored: StoredBlock, change: Partial<StoredBlock>): StoredBlock {
    const updated = { ...stored, ...change }
    this.changed.set(idKey(stored.block.id), updated)
    return updated
  }

  appendLog(kind: ChangeKind, id: BlockId): number {
    const seq = this.counters.log + 1
    this.counters = { ...this.counters, log: seq }
    this.log.push({ seq, kind, id })
    return seq
  }

  setHead(block: Pick<SignedBlock, 'id' | 'height'>, kind: number, isHead: boolean): void {
    const key = idKey(block.id)
    const before = this.heads.get(key)?.kinds ?? 0
    const kinds = isHead ? before | kind : before & ~kind
    if (kinds === 0) this.heads.delete(key)
    else if (kinds !== before) this.heads.set(key, { id: block.id, height: block.height, kinds })
  }

  /** Heads of the blocks in effect. */
  headsInEffect(): Head[] {
    return [...this.heads.values()].filter((head) => (head.kinds & HEAD.inEffect) !== 0)
  }
}
