import type { AbortOptions } from '@libp2p/interface'
import type { Block, Blockchain, BlockchainEvents } from 'walytis/interface'

/** One state that a block's content has had. */
export interface Version {
  /** The block that carries it: the original, or an update. */
  readonly id: import('walytis/interface').BlockId
  readonly author: string
  /** As its author claims. */
  readonly time: Date
  readonly kind: 'original' | 'update' | 'delete' | 'restore'
  content(options?: AbortOptions): Promise<Uint8Array>
}

/** A block whose content can change while its history is kept. `content()` gives the current version. */
export interface MutableBlock extends Block {
  readonly deleted: boolean
  readonly editedAt?: Date | undefined
  /** @throws {ChangeDeniedError} when `mayChange` says no */
  edit(content: Uint8Array, options?: AbortOptions): Promise<MutableBlock>
  /** @throws {ChangeDeniedError} */
  delete(options?: AbortOptions): Promise<MutableBlock>
  /** Undo a delete. @throws {ChangeDeniedError} */
  restore(options?: AbortOptions): Promise<MutableBlock>
  /** All versions in effect, oldest first in canonical order, the original included. */
  versions(options?: AbortOptions): AsyncIterable<Version>
}

export interface MutableEvents extends BlockchainEvents<MutableBlock> {
  'block:edited': CustomEvent<{ readonly block: MutableBlock }>
  'block:deleted': CustomEvent<{ readonly block: MutableBlock }>
  'block:restored': CustomEvent<{ readonly block: MutableBlock }>
}

/** A blockchain of originals, each shown in its current version; deleted ones are left out of `blocks` and `count`. */
export interface MutableBlockchain extends Blockchain<MutableBlock> {
  addEventListener<K extends keyof MutableEvents>(
    type: K,
    listener: ((event: MutableEvents[K]) => void) | { handleEvent(event: MutableEvents[K]): void } | null,
    options?: boolean | AddEventListenerOptions
  ): void
}
