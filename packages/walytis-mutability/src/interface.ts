import type { AbortOptions, PublicKey } from '@libp2p/interface'
import type { Block, Blockchain, BlockchainEvents, BlockId, ContentOptions } from 'walytis/interface'
import type { UnreadableChangeError } from './errors.ts'

/** One state that a block's content has had. */
export interface Version {
  /** The block that carries it: the original, or a change. */
  readonly id: BlockId
  readonly author: string
  /** As its author claims. */
  readonly time: Date
  readonly kind: 'original' | 'update' | 'delete' | 'restore'
  /** The content as its author left it: for a delete what it deleted, for a restore what it brought back. */
  content(options?: AbortOptions): Promise<Uint8Array>
}

/** A block whose content can change while its history is kept: a picture of it as it stood when it was got. */
export interface MutableBlock extends Block {
  readonly deleted: boolean
  /** When the author of the current content says it wrote it; undefined while it is the original's. */
  readonly editedAt?: Date | undefined
  /** Whether the current content could be read when this picture was made. */
  readonly available: boolean
  /** The current content; of a deleted block the last one it had. */
  content(options?: ContentOptions): Promise<Uint8Array>
  /** @throws {ChangeDeniedError} when `mayChange` says no
   * @throws {ChangeConflictError} when the block is deleted
   * @throws {LimitExceededError} */
  edit(content: Uint8Array, options?: AbortOptions): Promise<MutableBlock>
  /** @throws {ChangeDeniedError}
   * @throws {ChangeConflictError} when it is deleted already */
  delete(options?: AbortOptions): Promise<MutableBlock>
  /** Undo a delete.
   * @throws {ChangeDeniedError}
   * @throws {ChangeConflictError} when it isn't deleted */
  restore(options?: AbortOptions): Promise<MutableBlock>
  /** All versions in effect when it is called, oldest first in canonical order, the original included. */
  versions(options?: AbortOptions): AsyncIterable<Version>
}

/** What a block shows from now on, and what it showed before. */
export interface BlockTransition {
  readonly block: MutableBlock
  readonly before: MutableBlock
}

/** Events of a mutable chain. */
export interface MutableEvents extends BlockchainEvents<MutableBlock> {
  /** Another content is the current one. */
  'block:edited': CustomEvent<BlockTransition>
  'block:deleted': CustomEvent<BlockTransition>
  /** It is no longer deleted: restored, or its delete was revoked. */
  'block:restored': CustomEvent<BlockTransition>
  /**
   * The content of a change could not be read, so the block that it changes stays as it was. Tried again when the change
   * is asked for, and when the chain is opened.
   */
  'change:unreadable': CustomEvent<{ readonly id: BlockId; readonly error: UnreadableChangeError }>
}

/** A blockchain of originals, each shown in its current version; deleted ones are left out of `blocks` and `count`. */
export interface MutableBlockchain extends Blockchain<MutableBlock> {
  addEventListener<K extends keyof MutableEvents>(
    type: K,
    listener: ((event: MutableEvents[K]) => void) | { handleEvent(event: MutableEvents[K]): void } | null,
    options?: boolean | AddEventListenerOptions
  ): void
}

/** Who wants to change what, or did. */
export interface ChangeInfo {
  readonly kind: 'update' | 'delete' | 'restore'
  /** `Block.author` of the block that carries the change. */
  readonly author: string
  readonly creator: PublicKey
}

/** The block that is to be changed. */
export interface OriginalInfo {
  readonly id: BlockId
  readonly author: string
  readonly creator: PublicKey
  /** The application's own. */
  readonly topics: readonly string[]
}

/** How the original stood for the author of the change: by the changes that are ancestors of it, and by nothing else. */
export interface StateAtChange {
  readonly deleted: boolean
  /** The changes that no other had followed yet, in canonical order. */
  readonly latest: readonly ChangeInfo[]
}

/**
 * Says whether a change is followed. Pure: no clock, no randomness, no other state, and it doesn't throw. All nodes that
 * open a chain must use the same one, else they show different versions.
 */
export type MayChange = (change: ChangeInfo, original: OriginalInfo, state: StateAtChange) => boolean

/** Who may change what, under a name by which one policy is told from another. */
export interface ChangePolicy {
  /** At most 64 bytes of UTF-8. Those of this package have no slash; begin yours with your application's name and one. */
  readonly name: string
  /** What the function depends on, such as who moderates. */
  readonly parameters: Uint8Array
  readonly mayChange: MayChange
}

/** Options of `mutable`. */
export interface MutableOptions extends AbortOptions {
  /** Default: the one that the genesis names, else `authorOnly`. An application's own must be given. */
  policy?: ChangePolicy | undefined
}
