import type { PeerId } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import type { BaseBlockchain, BlockId, ChainRecord } from 'walytis/interface'
import type { Did, Group } from 'walytis-identities'
import { checkEnvelope } from '../envelope/open.ts'
import { isLarge } from '../envelope/shape.ts'
import { PinnedError } from '../errors.ts'
import type { Pool } from '../exchange/pool.ts'
import { isContentBlock } from '../on-chain.ts'
import { openEnvelope, type Reader } from '../reader.ts'
import { decodeReference } from '../reference/format.ts'
import { type BlockRow, type LogEntry, stateOf, type Wish } from '../store/block-row.ts'
import type { ContentStore } from '../store/content-store.ts'
import { Changes } from './changes.ts'
import type { IntakeListener } from './listener.ts'
import { early, indexed, NEW, NOBODY } from './new-row.ts'
import type { Loaded, Queued, Task } from './task.ts'

/** Tasks that share one synced write. */
const MAX_BATCH = 256

export interface IntakeComponents {
  readonly base: Pick<BaseBlockchain, 'record'>
  readonly group: Pick<Group, 'authorOf'>
  readonly store: ContentStore
  readonly reader: Reader
  readonly pool: Pool
  readonly listener: IntakeListener
  /** Whether a content of a size class is fetched before anybody asks for it. */
  fetches(sizeClass: number): boolean
  /** Told of failures that nobody waits for. */
  report(error: unknown): void
  now(): number
}

/**
 * The one place where what others wrote becomes rows of this node: blocks that the chain accepted, envelopes that devices gave, seeds that
 * came. Tasks are taken in order, many in one synced write. Doing one twice does no harm, so after a crash all can be done again.
 */
export class Intake {
  readonly #components: IntakeComponents
  readonly #queue: Queued[] = []
  /** Who sent blocks whose content has not come yet. */
  readonly #senders = new Map<string, PeerId>()
  #running: Promise<void> | undefined
  #stopped = false

  constructor(components: IntakeComponents) {
    this.#components = components
  }

  /** Bring what is known of a block level with the chain. `revoked`: as the chain says now. */
  async observe(id: BlockId, revoked: boolean, peer?: PeerId): Promise<void> {
    await this.#enqueue({ kind: 'observe', id, peer, revoked })
  }

  /** Check an envelope that a device gave, and keep it when it is right. */
  async give(id: BlockId, from: Did, envelope: Uint8Array): Promise<void> {
    await this.#enqueue({ kind: 'give', id, from, envelope })
  }

  /** A large envelope is whole on the disk, checked and opened; the device that gave the last of it is thanked. */
  async fetched(id: BlockId, number: number, from: Did | undefined): Promise<void> {
    await this.#enqueue({ kind: 'fetched', id, number, from })
  }

  /** A large envelope is the one that the chain names, and its author broke a rule. */
  async reject(id: BlockId, rule: string): Promise<void> {
    await this.#enqueue({ kind: 'reject', id, rule })
  }

  /** Read the blocks that waited for the seed of an epoch. */
  async unlock(epoch: BlockId): Promise<void> {
    const unlocked: Promise<void>[] = []
    for await (const id of this.#components.store.locked(epoch.toString())) {
      unlocked.push(this.#enqueue({ kind: 'unlock', id: CID.parse(id) }))
    }
    await Promise.all(unlocked)
  }

  /**
   * What the application wants of a content from now on; `removed` takes it off the disk.
   *
   * @throws {PinnedError} when it is pinned and is to be removed
   */
  async wish(id: BlockId, wish: Wish): Promise<void> {
    await this.#enqueue({ kind: 'wish', id, wish })
  }

  /** Take nothing more in. Resolves once what was being written is written. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #enqueue(task: Task): Promise<void> {
    // What comes now comes again: blocks by the change log, contents because they are still wanted.
    if (this.#stopped) return
    const done = new Promise<void>((resolve, reject) => this.#queue.push({ task, resolve, reject }))
    this.#running ??= this.#run()
    await done
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) await this.#write(this.#queue.splice(0, MAX_BATCH))
    this.#running = undefined
  }

  /** Never throws: each task is told how it went. */
  async #write(queued: Queued[]): Promise<void> {
    const all = new Changes()
    const prepared: Queued[] = []
    const loaded = await Promise.allSettled(queued.map(async ({ task }) => await this.#load(task)))
    for (const [index, one] of queued.entries()) {
      const changes = new Changes()
      try {
        const load = loaded[index]
        if (load?.status !== 'fulfilled') throw load?.reason
        await this.#prepare(one.task, load.value, all.rows, changes)
        all.take(changes)
        prepared.push(one)
      } catch (error) {
        for (const reservation of changes.reservations) reservation.release()
        one.reject(error)
      }
    }
    try {
      await this.#components.store.write(all.operations)
      this.#components.store.wrote(all.rows)
    } catch (error) {
      for (const one of prepared) one.reject(error)
      return
    } finally {
      for (const reservation of all.reservations) reservation.release()
    }
    for (const tell of all.tell) tell()
    for (const one of prepared) one.resolve()
  }

  /** What a task has to look at, read for all tasks of a batch at once. */
  async #load(task: Task): Promise<Loaded> {
    const { base, group, store } = this.#components
    const row = await store.row(task.id)
    if (task.kind === 'observe' ? row?.revoked === task.revoked : row === undefined) return { row }
    const record = await base.record(task.id)
    const isNew = row === undefined && record !== undefined && isContentBlock(record.block)
    return { row, record, author: isNew ? await group.authorOf(record.block) : undefined }
  }

  async #prepare(task: Task, loaded: Loaded, rows: ReadonlyMap<string, BlockRow>, changes: Changes): Promise<void> {
    const { base, store, pool, listener, now } = this.#components
    const key = task.id.toString()
    const row = rows.get(key) ?? loaded.row
    switch (task.kind) {
      case 'observe': {
        const { record, author } = loaded
        if (record === undefined || !isContentBlock(record.block)) return
        if (row === undefined) await this.#admit(record, author, task.peer, changes)
        else if (row.ordinal > 0) await this.#turn(record, row, changes)
        return
      }
      case 'give': {
        if (row === undefined) {
          // Asked for later when there is no room, or when this was no block of this chain.
          pool.put(key, task.from, task.envelope, now())
          return
        }
        if (row.envelope !== 0) changes.tell.push(() => listener.known(task.id, task.from))
        if (row.envelope !== 0 || row.refused !== '' || row.wish === 'removed') return
        const record = loaded.record ?? (await base.record(task.id))
        if (record !== undefined) await this.#keep(record, row, [task], changes)
        return
      }
      case 'unlock': {
        if (row?.ordinal !== 0 || row.refused !== '') return
        const { record } = loaded
        if (record !== undefined) await this.#show(record, row, await store.envelope(row), false, changes)
        return
      }
      case 'wish': {
        const record = loaded.record ?? (await base.record(task.id))
        if (row !== undefined && record !== undefined) this.#wish(record, row, task.wish, changes)
        return
      }
      case 'fetched': {
        const { record } = loaded
        if (row === undefined || record === undefined || stateOf(row) !== 'absent') return
        changes.operations.push(store.large.whole(task.number, task.id))
        changes.tell.push(() => store.large.finished(task.id))
        const { from } = task
        if (from !== undefined && row.epoch !== null) {
          const { epoch } = row
          changes.tell.push(() => listener.obtained(task.id, epoch, from))
        }
        await this.#show(record, { ...row, envelope: task.number }, undefined, false, changes)
        return
      }
      case 'reject': {
        const { record } = loaded
        if (row === undefined || record === undefined || stateOf(row) !== 'absent') return
        this.#refuseShown(record, row, task.rule, changes)
      }
    }
  }

  /** A block that is new here. */
  async #admit(
    record: ChainRecord,
    author: Did | undefined,
    peer: PeerId | undefined,
    changes: Changes
  ): Promise<void> {
    const { id } = record.block
    const decoded = decodeReference(record.content)
    if (author === undefined || !decoded.ok) {
      const rule = decoded.ok ? 'author-unknown' : decoded.rule
      this.#refuse(id, { ...NEW, author: author ?? NOBODY }, rule, changes)
      return
    }
    if (peer !== undefined) this.#senders.set(id.toString(), peer)
    const row = { ...NEW, author, epoch: decoded.reference.epoch }
    await this.#keep(record, row, this.#components.pool.take(id.toString()).map(early), changes)
  }

  /** Keep the first of some envelopes that is the right one, and show the block when that was not done before. */
  async #keep(
    record: ChainRecord,
    row: BlockRow,
    given: readonly { readonly from: Did; readonly envelope: Uint8Array }[],
    changes: Changes
  ): Promise<void> {
    const { store, listener } = this.#components
    const { id } = record.block
    const decoded = decodeReference(record.content)
    if (!decoded.ok) return
    const { reference } = decoded
    let kept: { readonly number: number; readonly envelope: Uint8Array } | undefined
    for (const { from, envelope } of given) {
      // Large ones are fetched by windows, and kept in files.
      const rule = isLarge(reference) ? 'envelope-size' : checkEnvelope(envelope, reference)
      if (rule !== undefined) changes.tell.push(() => listener.wrong(id, rule, from))
      else if (kept !== undefined) changes.tell.push(() => listener.known(id, from))
      else {
        kept = { number: store.nextEnvelope(), envelope }
        changes.operations.push(store.putEnvelope(kept.number, envelope))
        changes.tell.push(() => listener.obtained(id, reference.epoch, from))
      }
    }
    if (row.ordinal > 0 && kept === undefined) return
    await this.#show(record, { ...row, envelope: kept?.number ?? 0 }, kept?.envelope, row.ordinal === 0, changes)
  }

  /** Show a block, with its content when it is here; where the seed of its epoch is missing, let it wait. */
  async #show(
    record: ChainRecord,
    row: BlockRow,
    envelope: Uint8Array | undefined,
    live: boolean,
    changes: Changes
  ): Promise<void> {
    const { store, listener, reader, report } = this.#components
    const { id } = record.block
    const result = reader.read({ id, creator: record.block.creator, reference: record.content })
    if (result.state === 'refused') return this.#refuse(id, row, result.rule, changes)
    if (result.state === 'locked') {
      const { epoch } = result.reference
      changes.operations.push(store.setLocked(epoch, id, true))
      // A seed that came before this row was written found nothing to unlock.
      changes.tell.push(() => reader.holds(epoch) && void this.#enqueue({ kind: 'unlock', id }).catch(report))
      return this.#put(id, row, changes)
    }
    const { read } = result
    const opened = envelope === undefined ? undefined : openEnvelope(envelope, read)
    const late = row.ordinal > 0
    if (opened?.ok === false) return this.#refuseShown(record, row, opened.rule, changes)
    const large = isLarge(read.reference)
    const here = opened !== undefined || (large && row.envelope !== 0)
    let shown = row
    if (!late) {
      shown = { ...row, ordinal: this.#log(id, 'block', changes), revoked: record.revoked }
      if (record.revoked) this.#log(id, 'revoke', changes)
      else changes.operations.push(...store.index.puts(indexed(record, shown, read.details)))
      changes.operations.push(store.setLocked(read.reference.epoch, id, false))
    } else if (here) this.#log(id, 'content', changes)
    this.#put(id, shown, changes)
    this.#seek(id, shown, read.reference.sizeClass, live, changes)
    const block = { record, row: shown, read }
    if (!here && !(large && !late)) return
    const peer = this.#senders.get(id.toString())
    changes.tell.push(() => {
      this.#senders.delete(id.toString())
      if (here) listener.available(block, opened?.content, peer, late)
      else listener.announced(block, peer)
    })
  }

  /** Refuse a block that may have been shown. */
  #refuseShown(record: ChainRecord, row: BlockRow, rule: string, changes: Changes): void {
    const { store, reader } = this.#components
    const { id, creator } = record.block
    const result = reader.read({ id, creator, reference: record.content })
    if (result.state === 'read' && row.ordinal > 0 && !row.revoked) {
      changes.operations.push(...store.index.dels(indexed(record, row, result.read.details)))
      this.#log(id, 'refuse', changes)
    }
    this.#refuse(id, row, rule, changes)
  }

  /** A block that was shown left effect, or came back. */
  async #turn(record: ChainRecord, row: BlockRow, changes: Changes): Promise<void> {
    const { store, listener, reader } = this.#components
    const { id } = record.block
    if (row.revoked === record.revoked) return
    const kind = record.revoked ? 'revoke' : 'reinstate'
    const turned = { ...row, revoked: record.revoked }
    this.#put(id, turned, changes)
    if (row.refused !== '') return
    this.#log(id, kind, changes)
    const result = reader.read({ id, creator: record.block.creator, reference: record.content })
    if (result.state !== 'read') return
    this.#seek(id, turned, result.read.reference.sizeClass, false, changes)
    const entry = indexed(record, turned, result.read.details)
    changes.operations.push(...(record.revoked ? store.index.dels(entry) : store.index.puts(entry)))
    changes.tell.push(() => listener.changed({ record, row: turned, read: result.read }, kind))
  }

  /** Note whether a content is missing, and ask for it where it is wanted. */
  #seek(id: BlockId, row: BlockRow, sizeClass: number, live: boolean, changes: Changes): void {
    const { store, listener, fetches } = this.#components
    const absent = stateOf(row) === 'absent' && !row.revoked && row.wish !== 'removed'
    const pinned = row.wish === 'pinned'
    changes.operations.push(absent ? store.putAbsent({ id, sizeClass, pinned }) : store.deleteAbsent(id))
    const wanted = absent && (pinned || fetches(sizeClass))
    if (wanted) changes.tell.push(() => listener.wanted(id, live))
    else if (row.envelope === 0) changes.tell.push(() => listener.unwanted(id))
  }

  #wish(record: ChainRecord, row: BlockRow, wish: Wish, changes: Changes): void {
    const { store, listener, reader } = this.#components
    const { id } = record.block
    if (row.wish === wish || row.refused !== '') return
    if (row.wish === 'pinned' && wish === 'removed') throw new PinnedError(id)
    const removed = wish === 'removed' && row.envelope !== 0
    const wished = { ...row, wish, envelope: removed ? 0 : row.envelope }
    if (removed) this.#drop(row.envelope, changes)
    const partial = wish === 'removed' ? store.large.partial(id)?.number : undefined
    if (partial !== undefined) this.#drop(partial, changes)
    this.#put(id, wished, changes)
    const result = reader.read({ id, creator: record.block.creator, reference: record.content })
    if (row.ordinal === 0 || result.state !== 'read') return
    const { read } = result
    this.#seek(id, wished, read.reference.sizeClass, false, changes)
    if (removed) changes.tell.push(() => listener.removed({ record, row: wished, read }))
  }

  #refuse(id: BlockId, row: BlockRow, rule: string, changes: Changes): void {
    const { store, listener } = this.#components
    if (row.epoch !== null) changes.operations.push(store.setLocked(row.epoch, id, false))
    for (const number of [row.envelope, store.large.partial(id)?.number ?? 0])
      if (number !== 0) this.#drop(number, changes)
    changes.operations.push(store.deleteAbsent(id))
    this.#put(id, { ...row, envelope: 0, refused: rule }, changes)
    changes.tell.push(() => {
      this.#senders.delete(id.toString())
      listener.unwanted(id)
      listener.refused(id, rule, row.author === NOBODY ? undefined : row.author)
    })
  }

  /** An envelope is no longer wanted here: a row, or a file, which goes once nothing says any more that it counts. */
  #drop(number: number, changes: Changes): void {
    const { store, report } = this.#components
    changes.operations.push(store.deleteEnvelope(number))
    if (!store.large.has(number)) return
    changes.operations.push(store.large.forsake(number))
    changes.tell.push(() => void store.large.remove(number).catch(report))
  }

  #put(id: BlockId, row: BlockRow, changes: Changes): void {
    changes.rows.set(id.toString(), row)
    changes.operations.push(this.#components.store.putRow(id, row))
  }

  #log(id: BlockId, kind: LogEntry['kind'], changes: Changes): number {
    const reservation = this.#components.store.reserve()
    changes.reservations.push(reservation)
    changes.operations.push(this.#components.store.putLogEntry(reservation.ordinal, { kind, id: id.toString() }))
    return reservation.ordinal
  }
}
