/*
 * The rows of the index (docs/protocol.md §6): how each original stands, the changes that each has, and what waits. Owned by
 * `ChangeIndex`, which alone writes, one batch for each step.
 */
import { LRUCache } from 'lru-cache'
import { equalBytes } from 'walytis'
import type { BlockId, LayerKey, LayerRows, LayerWrite } from 'walytis/interface'
import { CACHED_CHANGES, INDEX_VERSION } from '../constants.ts'
import { IndexDamagedError } from '../errors.ts'
import { UNTOUCHED } from '../state/current.ts'
import { type History, historyOf, type Judged, type KeptRecord, NO_HISTORY } from '../state/history.ts'
import {
  decodeCount,
  decodeHead,
  decodeId,
  decodeRecord,
  decodeState,
  encodeCount,
  encodeHead,
  encodeRecord,
  encodeState,
  type Head,
  type IndexState
} from './encoding.ts'

/** First byte of a group. */
const GROUP = {
  meta: 0x6d,
  head: 0x68,
  change: 0x63,
  origin: 0x6f,
  deleted: 0x64,
  waiting: 0x77,
  waited: 0x78,
  unread: 0x75
}

const NOTHING = new Uint8Array()
const STATE: LayerKey = { group: Uint8Array.of(GROUP.meta), key: Uint8Array.of(0) }
const DELETED: LayerKey = { group: Uint8Array.of(GROUP.meta), key: Uint8Array.of(1) }
const NEW_HEAD: Head = { ...UNTOUCHED, revoked: false }

/** What is known of a block that may be a change. */
export interface Known {
  /** The original that it changes, when it is in the index. */
  readonly original: BlockId | undefined
  /** Whether changes wait for it. */
  readonly isWaitedFor: boolean
  /** Whether it could not be read. */
  readonly isUnread: boolean
}

/** A step of the index: what it does to one original, and to lists beside. */
export interface Step {
  readonly original: BlockId
  readonly before: Head
  readonly after: Head
  readonly judged?: Judged | undefined
  readonly added?: BlockId | undefined
  readonly removed?: BlockId | undefined
}

export class IndexStore {
  readonly #rows: LayerRows
  readonly #histories = new LRUCache<string, History>({
    maxSize: CACHED_CHANGES,
    sizeCalculation: ({ records }) => 1 + records.length
  })
  #deleted = 0

  constructor(rows: LayerRows) {
    this.#rows = rows
  }

  /**
   * Read what there is, or begin anew, where there is nothing, what is there is of another version or policy, or it is damaged.
   *
   * @param fresh name of the consumer of an index that begins
   * @returns the name of the consumer that feeds it
   */
  async open(policy: Uint8Array, fresh: string): Promise<string> {
    const known = await this.#known()
    if (known?.version === INDEX_VERSION && equalBytes(known.policy, policy)) {
      this.#deleted = known.deleted
      return known.consumer
    }
    // First of all what says whose rows they are: a crash in between leaves some of them.
    await this.#rows.write([STATE])
    await this.#rows.sync()
    await this.#rows.clear()
    await this.#rows.write([{ ...STATE, value: encodeState({ version: INDEX_VERSION, consumer: fresh, policy }) }])
    return fresh
  }

  /** How many originals in effect are deleted. */
  get deletedCount(): number {
    return this.#deleted
  }

  /** Originals in effect that are deleted. */
  async *deleted(): AsyncGenerator<BlockId> {
    for await (const id of this.#ids(Uint8Array.of(GROUP.deleted))) yield id
  }

  /** How originals stand, in their order. Undefined where no change of one is in the index. */
  async heads(originals: readonly BlockId[]): Promise<(Head | undefined)[]> {
    const keys = originals.map((id) => keyOf(GROUP.head, id))
    return await this.#reading(async () =>
      (await this.#rows.get(keys)).map((row) => (row === undefined ? undefined : decodeHead(row)))
    )
  }

  async head(original: BlockId): Promise<Head> {
    return (await this.heads([original]))[0] ?? NEW_HEAD
  }

  async history(original: BlockId): Promise<History> {
    const key = original.toString()
    const cached = this.#histories.get(key)
    if (cached !== undefined) return cached
    const history = await this.#reading(async () => {
      const kept: KeptRecord[] = []
      for await (const [id, row] of this.#rows.list(groupOf(GROUP.change, original))) {
        kept.push(decodeRecord(decodeId(id), row))
      }
      const found = kept.length === 0 ? NO_HISTORY : historyOf(kept)
      if (found === undefined) throw new IndexDamagedError('the changes of a block')
      return found
    })
    this.#histories.set(key, history)
    return history
  }

  async known(block: BlockId): Promise<Known> {
    const keys = [GROUP.origin, GROUP.waited, GROUP.unread].map((group) => keyOf(group, block))
    return await this.#reading(async () => {
      const [original, waited, unread] = await this.#rows.get(keys)
      return {
        original: original === undefined ? undefined : decodeId(original),
        isWaitedFor: waited !== undefined,
        isUnread: unread !== undefined
      }
    })
  }

  /** Changes that wait for a block. */
  async waitingFor(block: BlockId): Promise<BlockId[]> {
    const ids: BlockId[] = []
    for await (const id of this.#ids(groupOf(GROUP.waiting, block))) ids.push(id)
    return ids
  }

  /** A change waits for a block that it names. */
  async wait(change: BlockId, block: BlockId): Promise<void> {
    await this.#rows.write([
      { group: groupOf(GROUP.waiting, block), key: change.bytes, value: NOTHING },
      { ...keyOf(GROUP.waited, block), value: NOTHING }
    ])
  }

  /** A change no longer waits for a block, which others may wait for. */
  async stopWaiting(change: BlockId, block: BlockId): Promise<void> {
    await this.#rows.write([{ group: groupOf(GROUP.waiting, block), key: change.bytes }])
  }

  /** Changes whose content could not be read. */
  async *unread(): AsyncGenerator<BlockId> {
    for await (const id of this.#ids(Uint8Array.of(GROUP.unread))) yield id
  }

  async setUnread(change: BlockId, isUnread: boolean): Promise<void> {
    const key = keyOf(GROUP.unread, change)
    await this.#rows.write([isUnread ? { ...key, value: NOTHING } : key])
  }

  /** All of a step, or nothing of it. */
  async write(step: Step): Promise<void> {
    const { original, before, after, judged, added, removed } = step
    const writes: LayerWrite[] = [{ ...keyOf(GROUP.head, original), value: encodeHead(after) }]
    if (judged !== undefined) {
      const group = groupOf(GROUP.change, original)
      writes.push(...recordRows(group, judged))
      if (removed !== undefined) writes.push({ group, key: removed.bytes }, keyOf(GROUP.origin, removed))
      if (added !== undefined) writes.push({ ...keyOf(GROUP.origin, added), value: original.bytes })
    }
    const count = this.#deleted + Number(isHidden(after)) - Number(isHidden(before))
    if (count !== this.#deleted) {
      const key = keyOf(GROUP.deleted, original)
      writes.push(isHidden(after) ? { ...key, value: NOTHING } : key, { ...DELETED, value: encodeCount(count) })
    }
    await this.#rows.write(writes)
    this.#deleted = count
    if (judged !== undefined) this.#histories.set(original.toString(), judged.history)
  }

  /** Resolves once all steps so far outlive a loss of power. */
  async sync(): Promise<void> {
    await this.#rows.sync()
  }

  async #known(): Promise<(IndexState & { readonly deleted: number }) | undefined> {
    try {
      const [state, deleted] = await this.#rows.get([STATE, DELETED])
      const known = state === undefined ? undefined : decodeState(state)
      return known && { ...known, deleted: deleted === undefined ? 0 : decodeCount(deleted) }
    } catch (error) {
      if (isDamage(error)) return undefined
      throw error
    }
  }

  /** The blocks that have a row in a group. */
  async *#ids(group: Uint8Array): AsyncGenerator<BlockId> {
    const rows = this.#rows.list(group)[Symbol.asyncIterator]()
    for (;;) {
      const next = await this.#reading(async () => {
        const { done, value } = await rows.next()
        return done === true ? undefined : decodeId(value[0])
      })
      if (next === undefined) return
      yield next
    }
  }

  /** Read, and where that shows damage, see to it that the index is made anew at the next opening. */
  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (!isDamage(error)) throw error
      await this.#rows.write([STATE])
      throw error instanceof IndexDamagedError ? error : new IndexDamagedError('a row', { cause: error })
    }
  }
}

/** Rows of all records that were judged anew. Those that count are among `changes` in the same order. */
function recordRows(group: Uint8Array, { history: { records, state }, from }: Judged): LayerWrite[] {
  const rows: LayerWrite[] = []
  let at = state.changes.length - 1
  for (let index = records.length - 1; index >= from; index--) {
    const [record, change] = [records[index], state.changes[at]]
    if (record === undefined) continue
    const linked = change?.id === record.id ? change : undefined
    if (linked !== undefined) at--
    rows.push({ group, key: record.block.bytes, value: encodeRecord(record, linked) })
  }
  return rows
}

function isHidden({ deleted, revoked }: Head): boolean {
  return deleted && !revoked
}

/** A row of a group that has one for each block. */
function keyOf(group: number, id: BlockId): LayerKey {
  return { group: Uint8Array.of(group), key: id.bytes }
}

/** A group of its own for each block. */
function groupOf(group: number, id: BlockId): Uint8Array {
  const bytes = new Uint8Array(1 + id.bytes.length)
  bytes[0] = group
  bytes.set(id.bytes, 1)
  return bytes
}

/** Damage of a row, in the words of this layer or of the one beneath that seals rows. */
function isDamage(error: unknown): boolean {
  return (
    error instanceof Error && ['IndexDamagedError', 'KeyStoreCorruptError', 'StoreCorruptError'].includes(error.name)
  )
}
