/*
 * Keeps the index of changes level with the chain beneath, and tells in events what became different. Listens first and reads
 * what is there afterwards: the index takes what comes twice, and in any order.
 */
import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { TypedEventEmitter } from 'main-event'
import type { Block, Blockchain, BlockchainEvents } from 'walytis/interface'
import { type ChangeIndex, isPending, type Transition } from './change-index.ts'
import { UnreadableChangeError } from './errors.ts'
import type { MutableEvents } from './interface.ts'
import { type BlockOwner, MutableBlockView } from './mutable-block.ts'
import { CHANGE_TOPICS, kindOf } from './operations/verify.ts'
import { differenceBetween } from './state/current.ts'

export class ChangeFollower {
  readonly #chain: Blockchain
  readonly #index: ChangeIndex
  readonly #events: TypedEventEmitter<MutableEvents>
  readonly #owner: BlockOwner
  readonly #signal: AbortSignal

  constructor(
    chain: Blockchain,
    index: ChangeIndex,
    events: TypedEventEmitter<MutableEvents>,
    owner: BlockOwner,
    signal: AbortSignal
  ) {
    this.#chain = chain
    this.#index = index
    this.#events = events
    this.#owner = owner
    this.#signal = signal
  }

  /** Listen until the signal. */
  start(): void {
    const options = { signal: this.#signal }
    this.#chain.addEventListener('block:added', (event) => this.#added(event.detail.block, event.detail.peer), options)
    for (const type of ['block:revoked', 'block:reinstated'] as const) {
      this.#chain.addEventListener(type, (event) => this.#turned(type, event.detail.block), options)
    }
    this.#chain.addEventListener('content:available', ({ detail: { block } }) => this.#came(block), options)
    for (const type of ['peer:joined', 'peer:left', 'sync:level', 'join:failed', 'block:repaired'] as const) {
      const handOn = ({ detail }: BlockchainEvents[typeof type]): boolean =>
        this.#events.dispatchEvent(new CustomEvent(type, { detail }))
      this.#chain.addEventListener(type, handOn, options)
    }
  }

  /** Take in all changes that the chain has, apart from those whose content isn't here: they follow when it comes. */
  async readAll(options?: AbortOptions): Promise<void> {
    for await (const block of this.#chain.blocks({ topics: { any: [...CHANGE_TOPICS] } }, options)) {
      const followed = this.#follow(block)
      if (!isPending(block)) await followed
    }
  }

  /** Take in what the chain now says of a block, and tell what became different. Rejects when a change can't be read. */
  async refresh(block: Block): Promise<void> {
    if (kindOf(block.topics) === 'foreign') return
    this.#emit(await this.#index.refresh(block))
    for (const waiting of this.#index.release(block.id.toString())) await this.refresh(waiting)
  }

  #added(block: Block, peer: PeerId | undefined): void {
    if (kindOf(block.topics) === 'original') {
      this.#events.safeDispatchEvent('block:added', { detail: { block: this.#view(block), peer } })
    }
    void this.#follow(block)
  }

  /** Of a change it was waited for already. */
  #came(block: Block): void {
    if (kindOf(block.topics) !== 'original') return
    this.#events.safeDispatchEvent('content:available', { detail: { block: this.#view(block) } })
  }

  #turned(type: 'block:revoked' | 'block:reinstated', block: Block): void {
    if (kindOf(block.topics) === 'original') {
      this.#events.safeDispatchEvent(type, { detail: { block: this.#view(block) } })
    }
    void this.#follow(block)
  }

  /** `refresh` where nobody waits for the outcome. Never rejects. */
  async #follow(block: Block): Promise<void> {
    try {
      await this.refresh(block)
    } catch (cause) {
      if (this.#signal.aborted) return
      const error = new UnreadableChangeError(block.id.toString(), { cause })
      this.#events.safeDispatchEvent('change:unreadable', { detail: { id: block.id, error } })
    }
  }

  #emit(transition: Transition | undefined): void {
    if (transition === undefined || transition.original.revoked) return
    const { original, before, after } = transition
    const difference = differenceBetween(before, after)
    if (difference === undefined) return
    const block = new MutableBlockView(original, after, this.#owner)
    this.#events.safeDispatchEvent(`block:${difference}`, { detail: { block } })
  }

  #view(original: Block): MutableBlockView {
    return new MutableBlockView(original, this.#index.stateOf(original.id.toString()), this.#owner)
  }
}
