/*
 * Which changes each original has, and how it stands after them: read by the facade for every block that it shows, so that
 * no query scans. Fed with the change blocks of the underlying chain, in any order and as often as they come; one at a time.
 */
import type { Block, Blockchain, BlockId } from 'walytis/interface'
import type { MayChange, OriginalInfo } from './interface.ts'
import type { FormatRule, Operation } from './operations/format.ts'
import { applicationTopics, isTooLarge, kindOf, readOperation } from './operations/verify.ts'
import { applyChange, type CurrentState, foldChanges, type IsAncestor, UNCHANGED } from './state/current.ts'
import { type ChangeRecord, compareCanonically } from './state/versions.ts'

/** An original and its state before and after something happened to one of its changes. */
export interface Transition {
  readonly original: Block
  readonly before: CurrentState
  readonly after: CurrentState
}

/** What an operation turned out to be about: an original, a block that isn't shown here, or nothing, by the broken rule. */
export type Resolution =
  | { readonly original: Block }
  | { readonly missing: string }
  | { readonly rule: FormatRule | 'no-change' | 'not-an-ancestor' }

interface Entry {
  original: Block
  /** In effect, well-formed, and after the original; in canonical order. Some may be denied. */
  records: ChangeRecord[]
  state: CurrentState
}

/** What the index needs of the chain beneath. */
export type IndexedChain = Pick<Blockchain, 'get' | 'isAncestor'>

export class ChangeIndex {
  readonly #chain: IndexedChain
  readonly #mayChange: MayChange
  readonly #signal: AbortSignal
  readonly #entries = new Map<string, Entry>()
  /** Change in effect → its original. */
  readonly #originals = new Map<string, string>()
  /** Changes that name a block which this node doesn't show (yet), by the name of that block. */
  readonly #waiting = new Map<string, Map<string, Block>>()
  #tail: Promise<unknown> = Promise.resolve()

  constructor(chain: IndexedChain, mayChange: MayChange, signal: AbortSignal) {
    this.#chain = chain
    this.#mayChange = mayChange
    this.#signal = signal
  }

  /** Resolves once everything given so far is in the index, apart from changes whose content isn't here yet. */
  async settled(): Promise<void> {
    await this.#tail
  }

  stateOf(original: string): CurrentState {
    return this.#entries.get(original)?.state ?? UNCHANGED
  }

  /** Originals in effect that are deleted. */
  *deleted(): Iterable<Block> {
    for (const { original, state } of this.#entries.values()) if (state.deleted && !original.revoked) yield original
  }

  /**
   * Bring the index level with what the chain says of a block now: a change that came, a change or original that went out of
   * effect or is in effect again. Undefined when that moves no original: nothing is new, or the change is ignored because it is
   * malformed or names nothing that precedes it. Where a change's content has not come yet, this waits without holding up others.
   *
   * Rejects when the content can't be read; the change is left out until the next time.
   */
  async refresh(block: Block): Promise<Transition | undefined> {
    if (isChange(block) && isPending(block)) await block.content({ signal: this.#signal })
    return await this.#exclusively(async () => {
      const id = block.id.toString()
      const own = this.#entries.get(id)
      if (own === undefined && !isChange(block)) return undefined
      // Read under the lock: events may tell of an older state than the one that another caller has already seen.
      const now = await this.#chain.get(block.id, { signal: this.#signal })
      if (own !== undefined) own.original = now
      if (!isChange(now)) return undefined
      const entry = this.#entries.get(this.#originals.get(id) ?? '')
      if (!now.revoked) return entry === undefined ? await this.#insert(now) : undefined
      this.#originals.delete(id)
      const rest = entry?.records.filter((record) => record.id !== id)
      return entry === undefined || rest === undefined ? undefined : await this.#replace(entry, rest)
    })
  }

  /** A block can be read from now on: the changes that were waiting for it. */
  release(id: string): Block[] {
    const waiting = [...(this.#waiting.get(id)?.values() ?? [])]
    this.#waiting.delete(id)
    return waiting
  }

  /** The original that an operation is about, following operations that name a change (docs/protocol.md §3). */
  async resolve(operation: Operation, change: Block): Promise<Resolution> {
    let named = operation.original
    let by = change
    for (;;) {
      const target = await this.#get(named)
      if (target === undefined) return { missing: named.toString() }
      if (!(await this.#chain.isAncestor(target.id, by.id, { signal: this.#signal })))
        return { rule: 'not-an-ancestor' }
      if (kindOf(target.topics) === 'original') return { original: target }
      if (isPending(target)) return { missing: named.toString() }
      const read = await readOperation(target, { signal: this.#signal })
      if ('rule' in read) return read
      named = read.operation.original
      by = target
    }
  }

  async #insert(block: Block): Promise<Transition | undefined> {
    const read = await readOperation(block, { signal: this.#signal })
    if ('rule' in read) return undefined
    const resolution = await this.resolve(read.operation, block)
    if ('missing' in resolution) this.#await(resolution.missing, block)
    if (!('original' in resolution)) return undefined
    const { original } = resolution
    const id = original.id.toString()
    const entry = this.#entries.get(id) ?? { original, records: [], state: UNCHANGED }
    this.#entries.set(id, entry)
    this.#originals.set(block.id.toString(), id)
    const record = recordOf(block, read.operation)
    const last = entry.records.at(-1)
    if (last !== undefined && compareCanonically(last, record) > 0) {
      return await this.#replace(entry, [...entry.records, record].sort(compareCanonically))
    }
    entry.records.push(record)
    const state = await applyChange(entry.state, record, infoOf(entry.original), this.#mayChange, this.#isAncestor())
    return this.#move(entry, state)
  }

  async #replace(entry: Entry, records: ChangeRecord[]): Promise<Transition> {
    entry.records = records
    return this.#move(entry, await foldChanges(records, infoOf(entry.original), this.#mayChange, this.#isAncestor()))
  }

  #move(entry: Entry, after: CurrentState): Transition {
    const before = entry.state
    entry.state = after
    return { original: entry.original, before, after }
  }

  #await(missing: string, change: Block): void {
    const waiting = this.#waiting.get(missing) ?? new Map<string, Block>()
    this.#waiting.set(missing, waiting.set(change.id.toString(), change))
  }

  async #get(id: BlockId): Promise<Block | undefined> {
    const entry = this.#entries.get(id.toString())
    if (entry !== undefined) return entry.original
    try {
      return await this.#chain.get(id, { signal: this.#signal })
    } catch (error) {
      // A block that the chain beneath refuses is one that it doesn't show, whoever names it.
      if (error instanceof Error && NOT_SHOWN.includes(error.name)) return undefined
      throw error
    }
  }

  #isAncestor(): IsAncestor {
    return async (ancestor, descendant) =>
      await this.#chain.isAncestor(ancestor.block, descendant.block, { signal: this.#signal })
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work)
    // Whoever gave the work gets its failure; the next one in the queue goes on.
    this.#tail = result.then(
      () => undefined,
      () => undefined
    )
    return await result
  }
}

/** Names of the errors by which chains say that they don't show a block. */
const NOT_SHOWN = ['NotFoundError', 'ContentRefusedError']

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
