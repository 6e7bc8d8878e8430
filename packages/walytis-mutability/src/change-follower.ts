/*
 * Keeps the index of changes level with the chain beneath, and tells in events what became different. Two ways lead to the index, which
 * takes what comes twice, and in any order: the chain's events, at once, and its change log, from where a durable cursor stands, so
 * that nothing is missed by an index whose process was killed.
 */
import type { AbortOptions } from '@libp2p/interface'
import type { TypedEventEmitter } from 'main-event'
import { CID } from 'multiformats/cid'
import type { Block, Blockchain, BlockchainEvents, BlockId, Consumer } from 'walytis/interface'
import type { ChangeIndex, Transition } from './change-index.ts'
import { QUEUED_CHANGES } from './constants.ts'
import { ContentSeeker } from './content-seeker.ts'
import { AlreadyOpenError, UnreadableChangeError } from './errors.ts'
import type { MutableEvents } from './interface.ts'
import { type BlockOwner, MutableBlockView } from './mutable-block.ts'
import { CHANGE_TOPICS, kindOf } from './operations/verify.ts'
import type { Standing } from './state/current.ts'

export interface FollowerComponents {
  readonly chain: Blockchain
  readonly index: ChangeIndex
  readonly events: TypedEventEmitter<MutableEvents>
  readonly owner: BlockOwner
  /** Changes whose content is not here, or could not be read. */
  lacking(): AsyncIterable<BlockId>
  /** Resolves once the index is on the disk for certain. */
  synced(): Promise<void>
  readonly signal: AbortSignal
}

export class ChangeFollower {
  readonly #components: FollowerComponents
  #consumer: Consumer | undefined
  /** Changes told of by events that have not had their turn. */
  #queued = 0
  /** Those who wait until the index is level: told when it can't be written. */
  readonly #waiting = new Set<AbortController>()

  readonly #seeker: ContentSeeker

  constructor(components: FollowerComponents) {
    this.#components = components
    const { chain, signal } = components
    this.#seeker = new ContentSeeker({
      chain,
      lacking: () => components.lacking(),
      came: async (id) => await this.#refreshById(id),
      signal
    })
  }

  /** Follow the chain by its change log, from where the consumer of this name stands.
   * @throws {AlreadyOpenError} */
  async followLog(name: string): Promise<void> {
    const { chain, signal } = this.#components
    this.#listen()
    try {
      this.#consumer = await chain.consume(name, async ({ block }) => await this.refresh(block), {
        signal,
        // How far the log was followed is noted after what was made of it.
        checkpoint: async () => await this.#components.synced(),
        onFailure: ({ error }) => this.#failed(error)
      })
    } catch (cause) {
      const isTaken = cause instanceof Error && cause.name === 'InvalidArgumentError'
      throw isTaken ? new AlreadyOpenError(chain.id, { cause }) : cause
    }
  }

  /** Follow the chain by its events alone, after reading all changes that it has. */
  async followEvents(options?: AbortOptions): Promise<void> {
    const { chain } = this.#components
    this.#listen()
    for await (const block of chain.blocks({ topics: { any: [...CHANGE_TOPICS] } }, options)) await this.refresh(block)
  }

  /** Ask for contents of changes that are not here. */
  seek(): void {
    this.#seeker.wake()
  }

  /** Take in what the chain now says of a block, and tell what became different. */
  async refresh(block: Block): Promise<void> {
    if (kindOf(block.topics) !== 'foreign') await this.#components.index.refresh(block)
  }

  /** Resolves once everything known when it was called is in the index. Rejects when it can't be written there. */
  async settled(options: AbortOptions = {}): Promise<void> {
    const { index } = this.#components
    if (this.#consumer !== undefined) {
      if (this.#consumer.failure !== undefined) throw this.#consumer.failure
      const waiting = new AbortController()
      this.#waiting.add(waiting)
      try {
        const signals = [waiting.signal, ...(options.signal === undefined ? [] : [options.signal])]
        await this.#consumer.drained({ signal: AbortSignal.any(signals) })
      } finally {
        this.#waiting.delete(waiting)
      }
    }
    await index.settled()
  }

  async stop(): Promise<void> {
    await this.#consumer?.close()
    await this.#seeker.stopped()
    await this.#components.index.settled()
  }

  /** What an index tells of its transitions. */
  tell({ original, before, after, difference }: Transition): void {
    const { events } = this.#components
    const detail = { block: this.#view(original, after), before: this.#view(original, before) }
    events.safeDispatchEvent(`block:${difference}`, { detail })
  }

  /** What it tells of changes that can't be read. */
  unreadable(error: UnreadableChangeError, id: BlockId): void {
    this.#components.events.safeDispatchEvent('change:unreadable', { detail: { id, error } })
  }

  #listen(): void {
    const { chain, events, signal } = this.#components
    const options = { signal }
    chain.addEventListener('block:added', ({ detail }) => this.#happened('block:added', detail), options)
    for (const type of ['block:revoked', 'block:reinstated', 'content:available'] as const) {
      chain.addEventListener(type, ({ detail }) => this.#happened(type, detail), options)
    }
    chain.addEventListener('peer:joined', () => this.seek(), options)
    // Of chains that seal contents, and of no others, so the interface of all doesn't name it.
    const target: Pick<EventTarget, 'addEventListener'> = chain
    target.addEventListener('content:refused', (event) => this.#refused(event), options)
    chain.addEventListener('block:repaired', ({ detail }) => void this.#refreshById(detail.block), options)
    for (const type of ['peer:joined', 'peer:left', 'sync:level', 'join:failed', 'block:repaired'] as const) {
      const handOn = ({ detail }: BlockchainEvents[typeof type]): boolean =>
        events.dispatchEvent(new CustomEvent(type, { detail }))
      chain.addEventListener(type, handOn, options)
    }
  }

  /** Originals are handed on, in turn with changes: what is said of a block comes after it. */
  #happened<T extends 'block:added' | 'block:revoked' | 'block:reinstated' | 'content:available'>(
    type: T,
    detail: BlockchainEvents[T]['detail']
  ): void {
    const { index, events } = this.#components
    const { block } = detail
    const kind = kindOf(block.topics)
    if (kind === 'foreign') return
    if (kind !== 'original') {
      // A flood of changes waits on the disk and not here: the change log has them all.
      if (this.#consumer !== undefined && this.#queued >= QUEUED_CHANGES) return
      this.#queued++
      void this.#follow(block).finally(() => this.#queued--)
      return
    }
    const announced = index.inTurn(async () => {
      const view = this.#view(block, await index.standing(block.id))
      events.safeDispatchEvent(type, { detail: { ...detail, block: view } })
    })
    announced.catch((cause) => this.#report(block.id, cause))
    void this.#follow(block)
  }

  /** `refresh` where nobody waits for the outcome. Never rejects. */
  async #follow(block: Block): Promise<void> {
    try {
      await this.refresh(block)
    } catch (cause) {
      // The change log hands it over again until it succeeds.
      if (this.#consumer === undefined) this.#report(block.id, cause)
    }
  }

  /** What was shown while its content had not come, and is no more. */
  #refused(event: Event): void {
    const detail: unknown = event instanceof CustomEvent ? event.detail : undefined
    const id = typeof detail === 'object' && detail !== null && 'id' in detail ? CID.asCID(detail.id) : null
    if (id === null) return
    this.#components.index.refused(id).catch((cause) => this.#report(id, cause))
  }

  async #refreshById(id: BlockId): Promise<void> {
    const { chain, signal } = this.#components
    try {
      await this.refresh(await chain.get(id, { signal }))
    } catch (cause) {
      this.#report(id, cause)
    }
  }

  #report(id: BlockId, cause: unknown): void {
    const { events, signal } = this.#components
    if (signal.aborted) return
    const error = new UnreadableChangeError(id.toString(), { cause })
    events.safeDispatchEvent('change:unreadable', { detail: { id, error } })
  }

  #failed(error: Error): void {
    for (const waiting of this.#waiting) waiting.abort(error)
  }

  #view(original: Block, standing: Standing): MutableBlockView {
    return new MutableBlockView(original, standing, this.#components.owner)
  }
}
