import type { PeerId } from '@libp2p/interface'
import type { BlockId, RawBlock } from '../interface/index.ts'
import type { IngestResult, OrderedId, Replica } from '../replica.ts'
import type { Timers } from '../timers.ts'
import { BATCH_BLOCKS, MAX_DIFFERENCE } from './limits.ts'
import {
  createLinkState,
  type LinkEffect,
  type LinkEvent,
  type LinkResult,
  type LinkState,
  type OutboxItem
} from './link-state.ts'
import type { ChainMessage } from './messages.ts'
import { missingBelow } from './missing.ts'
import { sizeOf } from './outbox.ts'
import { openReconciliation, reconcile } from './reconcile.ts'
import { step } from './step.ts'
import type { Role } from './tags.ts'

/** Effects that concern the stream or the node rather than the chain's store. */
export type LinkNotice = Exclude<LinkEffect, { type: StoreEffect['type'] | 'wake' }>
type StoreEffect = Extract<
  LinkEffect,
  { type: 'read-heads' | 'look-up' | 'find-missing' | 'reconcile' | 'ingest' | 'read' }
>

export interface LinkInit {
  readonly chain: BlockId
  readonly peer: PeerId
  /** Where the chain is stored now: a chain may be closed and opened again during one stream. */
  replica(): Replica
  readonly role: Role
  readonly timers: Timers
  send(message: ChainMessage): void
  notice(notice: LinkNotice): void
  /** Blocks are gathered into one message up to here. */
  readonly batchBytes: number
  /** Resolves when the stream has room for more blocks. */
  credit(): Promise<void>
  ingested(result: IngestResult): void
  /** The store failed, or the chain was closed underneath. */
  failed(error: unknown): void
}

/** Carries out what `step` asks for: one chain on one stream. Owns the link's state and nothing else. */
export class Link {
  private state: LinkState
  private readonly init: LinkInit
  private readonly events: LinkEvent[] = []
  private isHandling = false
  private cancelWake: (() => void) | undefined

  constructor(init: LinkInit) {
    this.init = init
    this.state = createLinkState(init.chain, init.role)
  }

  get isGranted(): boolean {
    return this.state.granted
  }

  get isJoined(): boolean {
    return this.state.joined
  }

  /** The round that is being compared, or was last. */
  get round(): number {
    return this.state.round
  }

  /** Events that come while one is being handled are handled after it. */
  dispatch(event: LinkEvent): void {
    this.events.push(event)
    if (this.isHandling) return
    this.isHandling = true
    try {
      for (let next = this.events.shift(); next !== undefined; next = this.events.shift()) this.handle(next)
    } finally {
      this.isHandling = false
    }
  }

  private handle(event: LinkEvent): void {
    // while blocks before them are being written; as many as the credit allows
    if (event.type === 'message' && event.message.type === 'blocks' && this.state.granted && this.state.busy) {
      this.init.replica().prepare(event.message.blocks, this.init.peer)
    }
    const { state, messages, effects } = step(this.state, event, this.init.timers.now())
    this.state = state
    if (event.type === 'revoked') this.cancelWake?.()
    for (const message of messages) this.init.send(message)
    for (const effect of effects) {
      if (isStoreEffect(effect)) void this.perform(effect)
      else if (effect.type === 'wake') this.wakeAt(effect.at)
      else this.init.notice(effect)
    }
  }

  private wakeAt(at: number): void {
    const { timers } = this.init
    this.cancelWake?.()
    this.cancelWake = timers.after(at - timers.now(), () => this.dispatch({ type: 'tick' }))
  }

  private async perform(effect: StoreEffect): Promise<void> {
    const { generation } = this.state
    try {
      const result = await this.resultOf(effect)
      if (this.state.generation === generation) this.dispatch(result)
    } catch (error) {
      // a chain that is closed here fails what was under way for it, which is no reason to give up the peer
      if (this.state.generation === generation) this.init.failed(error)
    }
  }

  private async resultOf(effect: StoreEffect): Promise<LinkResult> {
    const { peer } = this.init
    const replica = this.init.replica()
    switch (effect.type) {
      case 'read-heads':
        return {
          type: 'heads-read',
          heads: await replica.heads(),
          count: await replica.count(),
          partial: replica.isPartial()
        }
      case 'look-up': {
        for (const id of effect.ids) if (!(await replica.has(id))) return { type: 'looked-up', isMissing: true }
        return { type: 'looked-up', isMissing: false }
      }
      case 'find-missing': {
        const isNew = effect.heads.every((head) => head.equals(replica.chain))
        return {
          type: 'missing-found',
          ids: isNew ? undefined : (await missingBelow(replica, effect.heads)).slice(0, MAX_DIFFERENCE)
        }
      }
      case 'reconcile': {
        const ids = replica.ids.bind(replica)
        if (effect.ranges === undefined)
          return { type: 'reconciled', reply: await openReconciliation(ids), have: [], need: [] }
        return { type: 'reconciled', ...(await reconcile(effect.ranges, ids)) }
      }
      case 'ingest': {
        const result = await replica.ingest(effect.blocks, peer)
        this.init.ingested(result)
        return { type: 'ingested', n: effect.n, size: effect.blocks.length, result }
      }
      case 'read':
        await this.init.credit()
        return effect.item.kind === 'all'
          ? readAll(replica, effect.item.from, this.init.batchBytes)
          : readIds(replica, effect.item, this.init.batchBytes)
    }
  }
}

const STORE_EFFECTS: ReadonlySet<LinkEffect['type']> = new Set<StoreEffect['type']>([
  'read-heads',
  'look-up',
  'find-missing',
  'reconcile',
  'ingest',
  'read'
])

function isStoreEffect(effect: LinkEffect): effect is StoreEffect {
  return STORE_EFFECTS.has(effect.type)
}

type ReadResult = Extract<LinkResult, { type: 'read' }>

/** The next batch of everything, in canonical order. */
async function readAll(
  replica: Replica,
  from: Extract<OutboxItem, { kind: 'all' }>['from'],
  batchBytes: number
): Promise<ReadResult> {
  const batch = new Batch(batchBytes)
  let last = from
  for await (const page of pagesOf(replica.ids(from), READ_PAGE)) {
    for (let start = 0; start < page.length; ) {
      const entries = page.slice(start)
      const raws = await replica.readMany(idsOf(entries), batch.room)
      for (const [i, raw] of raws.entries()) {
        const entry = entries[i]
        if (raw !== undefined && !entry?.id.equals(from?.id) && !batch.take(raw)) {
          return { type: 'read', blocks: batch.blocks, rest: { kind: 'all', from: last } }
        }
        last = entry
      }
      start += raws.length
    }
  }
  return { type: 'read', blocks: batch.blocks, rest: undefined }
}

/** The next batch of a list. Ids that are not replicated here are passed over. */
async function readIds(
  replica: Replica,
  item: Extract<OutboxItem, { kind: 'ids' }>,
  batchBytes: number
): Promise<ReadResult> {
  const batch = new Batch(batchBytes)
  for (let start = 0; start < item.ids.length; ) {
    const raws = await replica.readMany(item.ids.slice(start, start + READ_PAGE), batch.room)
    for (const [i, raw] of raws.entries()) {
      if (raw !== undefined && !batch.take(raw)) {
        return { type: 'read', blocks: batch.blocks, rest: { ...item, ids: item.ids.slice(start + i) } }
      }
    }
    start += raws.length
  }
  return { type: 'read', blocks: batch.blocks, rest: undefined }
}

/** Blocks read from the store at a time. */
const READ_PAGE = 256

/** Blocks of one message: as many as fit, and one at least. */
class Batch {
  readonly blocks: RawBlock[] = []
  private readonly limit: number
  private bytes = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get room(): number {
    return this.limit - this.bytes
  }

  /** Whether there was room for it. */
  take(raw: RawBlock): boolean {
    const isFull = this.blocks.length === BATCH_BLOCKS || this.bytes + sizeOf(raw) > this.limit
    if (isFull && this.blocks.length > 0) return false
    this.blocks.push(raw)
    this.bytes += sizeOf(raw)
    return true
  }
}

const idsOf = (entries: readonly OrderedId[]) => entries.map(({ id }) => id)

async function* pagesOf<T>(source: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let page: T[] = []
  for await (const item of source) {
    page.push(item)
    if (page.length < size) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
