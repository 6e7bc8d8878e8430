/*
 * Which changes each original has, and how it stands after them: kept in rows beside the chain and read for the blocks that
 * are shown, so that neither opening nor a query scans. Fed with blocks of the chain beneath, in any order and as often as they
 * come; one at a time.
 */
import type { Block, Blockchain, BlockId } from 'walytis/interface'
import { UnreadableChangeError } from './errors.ts'
import type { MayChange, OriginalInfo } from './interface.ts'
import type { FormatRule, Operation } from './operations/format.ts'
import { applicationTopics, isTooLarge, kindOf, readOperation } from './operations/verify.ts'
import { type CurrentState, differenceBetween, type Standing, UNTOUCHED } from './state/current.ts'
import { type Judged, type Judging, withoutRecord, withRecord } from './state/history.ts'
import type { ChangeRecord } from './state/versions.ts'
import type { IndexStore } from './storage/index-store.ts'

/** An original that stands differently, after something happened to one of its changes. */
export interface Transition {
  readonly original: Block
  readonly before: Standing
  readonly after: Standing
  readonly difference: 'edited' | 'deleted' | 'restored'
}

/** What an operation turned out to be about: an original, a block that isn't shown here, or nothing, by the broken rule. */
export type Resolution =
  | { readonly original: Block }
  | { readonly missing: BlockId }
  | { readonly rule: FormatRule | 'no-change' | 'not-an-ancestor' }

/** What the index needs of the chain beneath. */
export type IndexedChain = Pick<Blockchain, 'get' | 'isAncestor'>

export interface IndexComponents {
  readonly chain: IndexedChain
  readonly store: IndexStore
  readonly mayChange: MayChange
  /** Told of each transition once it is written, before the next step begins. Must not throw. */
  tell(transition: Transition): void
  /** Told of a change that can't be read, and is left out until it is given again. Must not throw. */
  unreadable(error: UnreadableChangeError, change: BlockId): void
  /** Told when the content of a change has not come. Must not throw. */
  lacking(): void
  readonly signal: AbortSignal
}

export class ChangeIndex {
  readonly #components: IndexComponents
  #tail: Promise<unknown> = Promise.resolve()

  constructor(components: IndexComponents) {
    this.#components = components
  }

  /** Do something between two steps of the index. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work)
    // Whoever gave the work gets its failure; the next one in the queue goes on.
    this.#tail = result.then(
      () => undefined,
      () => undefined
    )
    return await result
  }

  /** Resolves once everything given so far is in the index. */
  async settled(): Promise<void> {
    await this.#tail
  }

  /** How originals stand, in their order. */
  async standings(originals: readonly BlockId[]): Promise<Standing[]> {
    const heads = await this.#components.store.heads(originals)
    return heads.map((head) => head ?? UNTOUCHED)
  }

  async standing(original: BlockId): Promise<Standing> {
    return (await this.standings([original]))[0] ?? UNTOUCHED
  }

  /** All changes of an original that count, and what they come to. */
  async stateOf(original: BlockId): Promise<CurrentState> {
    return (await this.inTurn(async () => await this.#components.store.history(original))).state
  }

  /** How many originals in effect are deleted. */
  get deletedCount(): number {
    return this.#components.store.deletedCount
  }

  /** Originals in effect that are deleted. */
  async *deleted(): AsyncGenerator<Block> {
    for await (const id of this.#components.store.deleted()) {
      const block = await this.#get(id)
      if (block !== undefined && !block.revoked) yield block
    }
  }

  /**
   * Bring the index level with what the chain says of a block now: a change that came, a change or original that went out of
   * effect or is in effect again; and of changes that waited for it. Does nothing where nothing is new, where a change is ignored
   * because it is malformed or names nothing that precedes it, and where its content is still to come: it is given again then.
   */
  async refresh(block: Block): Promise<void> {
    if (kindOf(block.topics) === 'foreign') return
    await this.inTurn(async () => await this.#refreshAll(block.id))
  }

  /** The chain beneath refuses a block that it may have shown. */
  async refused(id: BlockId): Promise<void> {
    await this.inTurn(async () => await this.#refreshAll(id))
  }

  /** The original that an operation is about, following operations that name a change (docs/protocol.md §3). */
  async resolve(operation: Operation, change: Block): Promise<Resolution> {
    const { chain, signal } = this.#components
    let named = operation.original
    let by = change
    for (;;) {
      const target = await this.#get(named)
      if (target === undefined) return { missing: named }
      if (!(await chain.isAncestor(target.id, by.id, { signal }))) return { rule: 'not-an-ancestor' }
      if (kindOf(target.topics) === 'original') return { original: target }
      if (isPending(target)) return { missing: named }
      const read = await this.#read(target)
      if ('rule' in read) return read
      named = read.operation.original
      by = target
    }
  }

  /** A block, then whatever waited for it, and for that in turn. */
  async #refreshAll(first: BlockId): Promise<void> {
    const { store, unreadable, lacking } = this.#components
    const queue: { readonly id: BlockId; readonly waitedFor?: BlockId }[] = [{ id: first }]
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { id, waitedFor } = next
      const known = await store.known(id)
      try {
        const found = await this.#refresh(id, known.original)
        if (known.isUnread !== (found === 'pending')) await store.setUnread(id, found === 'pending')
        if (found === 'pending' && !known.isUnread) lacking()
        if (found === 'here' && known.isWaitedFor) {
          for (const waiting of await store.waitingFor(id)) queue.push({ id: waiting, waitedFor: id })
        }
      } catch (error) {
        if (!(error instanceof UnreadableChangeError)) throw error
        await store.setUnread(id, true)
        unreadable(error, id)
      }
      if (waitedFor !== undefined) await store.stopWaiting(id, waitedFor)
    }
  }

  async #refresh(id: BlockId, original: BlockId | undefined): Promise<'here' | 'pending' | 'missing'> {
    // Read under the lock: events may tell of an older state than the one that another caller has already seen.
    const now = await this.#get(id)
    if (now === undefined) {
      await this.#turn(id, true)
      return 'missing'
    }
    const kind = kindOf(now.topics)
    if (kind === 'original') await this.#turn(id, now.revoked)
    if (!isChange(now)) return 'here'
    if (isPending(now)) return 'pending'
    if (now.revoked) {
      if (original !== undefined) await this.#take(original, now)
    } else if (original === undefined) await this.#insert(now)
    return 'here'
  }

  /** An original is in effect or not, as the chain says: what it refuses is not. */
  async #turn(original: BlockId, revoked: boolean): Promise<void> {
    const { store } = this.#components
    const [before] = await store.heads([original])
    if (before === undefined || before.revoked === revoked) return
    await store.write({ original, before, after: { ...before, revoked } })
  }

  async #insert(block: Block): Promise<void> {
    const { store } = this.#components
    const read = await this.#read(block)
    if ('rule' in read) return
    const resolution = await this.resolve(read.operation, block)
    if ('missing' in resolution) await store.wait(block.id, resolution.missing)
    if (!('original' in resolution)) return
    const { original } = resolution
    const history = await store.history(original.id)
    const record = recordOf(block, read.operation)
    await this.#move(original, await withRecord(history, record, this.#judging(original)), { added: block.id })
  }

  async #take(id: BlockId, change: Block): Promise<void> {
    const original = await this.#get(id)
    if (original === undefined) return
    const history = await this.#components.store.history(id)
    const judged = await withoutRecord(history, change.id.toString(), this.#judging(original))
    await this.#move(original, judged, { removed: change.id })
  }

  async #move(original: Block, judged: Judged, which: { added?: BlockId; removed?: BlockId }): Promise<void> {
    const { store, tell } = this.#components
    const before = await store.head(original.id)
    const { deleted, shows } = judged.history.state
    const after = { deleted, shows, revoked: original.revoked }
    await store.write({ original: original.id, before, after, judged, ...which })
    const difference = differenceBetween(before, after)
    if (difference !== undefined && !original.revoked) tell({ original, before, after, difference })
  }

  async #read(block: Block): ReturnType<typeof readOperation> {
    const { signal } = this.#components
    try {
      return await readOperation(block, { signal })
    } catch (cause) {
      if (signal.aborted || isNamed(cause, ['ClosedError'])) throw cause
      throw new UnreadableChangeError(block.id.toString(), { cause })
    }
  }

  async #get(id: BlockId): Promise<Block | undefined> {
    const { chain, signal } = this.#components
    try {
      return await chain.get(id, { signal })
    } catch (error) {
      // A block that the chain beneath refuses is one that it doesn't show, whoever names it.
      if (isNamed(error, NOT_SHOWN)) return undefined
      throw error
    }
  }

  #judging(original: Block): Judging {
    const { chain, mayChange, signal } = this.#components
    return {
      original: infoOf(original),
      mayChange,
      isAncestor: async (ancestor, descendant) => await chain.isAncestor(ancestor.block, descendant.block, { signal })
    }
  }
}

/** Names of the errors by which chains say that they don't show a block. */
const NOT_SHOWN = ['NotFoundError', 'ContentRefusedError']

function isNamed(error: unknown, names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name)
}

/** Whether the content of a change is still to come. What is far too large to be a change is refused unread, and not waited for. */
export function isPending({ available, size }: Block): boolean {
  return !available && !isTooLarge(size)
}

/** What a policy is told of an original. */
export function infoOf(original: Block): OriginalInfo {
  const { id, author, creator, topics } = original
  return { id, author, creator, topics: applicationTopics(topics) }
}

/** Whether a block changes another one. */
export function isChange(block: Block): boolean {
  const kind = kindOf(block.topics)
  return kind !== 'original' && kind !== 'foreign'
}

function recordOf(block: Block, operation: Operation): ChangeRecord {
  const { id, height, author, creator, time } = block
  const size = operation.kind === 'update' ? operation.content.byteLength : 0
  return { id: id.toString(), block: id, height, kind: operation.kind, author, creator, time, size }
}
