import type { AbortOptions } from '@libp2p/interface'
import type { AddOptions, Block, Blockchain, BlockchainEvents, BlockId, ContentOptions } from 'walytis/interface'
import type { Did } from 'walytis-identities'

/** A block whose content is sealed and lies off the chain. */
export interface PrivateBlock extends Block {
  /** The member that wrote it, by the group's state. */
  readonly author: Did
  /** Always true: what can't be verified is refused, not flagged. */
  readonly verified: true
  /**
   * Whether the content could be read when this object was made, or has been read by it since. While false, `content()` waits
   * for its signal. A block that came without its content is given out anew by `content:available`.
   */
  readonly available: boolean
  /** Where the content stood when this object was made. */
  readonly contentState: ContentState
  /** Whether the content is pinned: fetched whatever the fetch policy says, and not to be removed. */
  readonly pinned: boolean
  /**
   * The whole content, once it is here.
   *
   * @throws {LimitExceededError} more than 1 GiB, for which there is `stream`
   * @throws {ContentRefusedError} when it turns out not to be what the block promises
   * @throws {ClosedError} when the chain is closed meanwhile
   */
  content(options?: ContentOptions): Promise<Uint8Array>
  /**
   * The content, or a range of it, piece by piece in constant memory. Pieces of what is still being fetched come as soon as they are here and
   * checked, and are fetched before what nobody waits for.
   *
   * @throws {ContentRefusedError} @throws {ClosedError}
   * @throws {StoreCorruptError} when the disk has lost some of it
   */
  stream(options?: StreamOptions): AsyncIterable<Uint8Array>
}

/** Options of `stream`. */
export interface StreamOptions extends ContentOptions {
  /** The first byte. Default 0. */
  offset?: number | undefined
  /** How many bytes at most. Default: all that follow. */
  length?: number | undefined
}

/** A large content on its way between this device and others. */
export interface Transfer {
  readonly id: BlockId
  readonly direction: 'receiving' | 'sending'
  /** To whom it is sent. */
  readonly device?: Did | undefined
  /** Bytes of the content that have come and were checked, or that were given, of so many. */
  readonly bytes: number
  readonly expected: number
}

/**
 * - `available`: it is here, checked and opened.
 * - `wanted`: it is not here, and asked for.
 * - `on-demand`: it is not here, and asked for when it is read: the fetch policy leaves it out, or the block is out of effect.
 * - `removed`: it was removed from this node, and is asked for when it is read.
 * - `locked`: the seed of its epoch has not come to this node, if it may have it at all.
 */
export type ContentState = 'available' | 'wanted' | 'on-demand' | 'removed' | 'locked'

/**
 * Which contents are fetched before anybody reads them: all (`at-once`), those up to a number of bytes, or none (`on-demand`). What members
 * push beside a new block is kept whatever the policy, for then it is here already. Bytes are counted as they travel and lie on the disk: padded.
 */
export type FetchPolicy = 'at-once' | 'on-demand' | { readonly upTo: number }

/**
 * Events of a private chain. `block:added` is emitted once the block was accepted *and* its content is here and opens: at once where both came
 * together, else when the content has come. A content of more than 256 KiB takes its time: its block is told of at once, with `available: false`.
 */
export interface PrivateEvents extends BlockchainEvents<PrivateBlock> {
  /**
   * The content of a block that was shown without it can be read from now on. Followed by the block's `block:added`, unless that was emitted
   * before, as it is for large contents.
   */
  'content:available': CustomEvent<{ readonly block: PrivateBlock }>
  /** A register has another value: set here, or come from its device by whatever way; or it can be read only now. */
  'register:changed': CustomEvent<RegisterValue>
  /** A content was taken off this node's disk by `removeContent`. */
  'content:removed': CustomEvent<{ readonly block: PrivateBlock }>
  /** More of a large content has come, or was given to a device. Often: up to once for every 256 KiB. */
  'content:progress': CustomEvent<Transfer>
  /** A block is not shown, and never will be: it, or its content, is not what its author promised. `author`: undefined when nobody is. */
  'content:refused': CustomEvent<{ readonly id: BlockId; readonly author?: Did | undefined; readonly rule: string }>
  /** A device served bytes that are not the content of the block. They were thrown away, and others are asked. */
  'device:penalised': CustomEvent<{ readonly device: Did; readonly id: BlockId; readonly rule: string }>
}

/** What a device has put under a name. */
export interface RegisterValue {
  readonly name: string
  readonly device: Did
  /** The member that the device acts for. */
  readonly author: Did
  /** Undefined where it was deleted. */
  readonly value: Uint8Array | undefined
}

/**
 * Small values of which only the newest counts, such as read marks and drafts: one for each device and name. They are signed by their
 * device, sealed for the members, brought level between devices whenever they meet, and never on the chain: a new value takes the place of the old one on
 * every disk, and an old one does not come back. What a member's device set before somebody joined is theirs to read under the same rules as contents.
 */
export interface Registers {
  /**
   * Put a value of at most 4 KiB under a name of 1 to 128 bytes of UTF-8, for this device. Durable once it resolves; others get it when they
   * are connected, and of several values in a row only the last.
   *
   * @throws {LimitExceededError} too long a value, or more than 64 names
   * @throws {InvalidArgumentError} no name, or this device is no member any more
   * @throws {KeyUnavailableError} @throws {ClosedError}
   */
  set(name: string, value: Uint8Array, options?: AbortOptions): Promise<void>
  /** Take this device's value away, on all devices. The name still counts among the 64. */
  delete(name: string, options?: AbortOptions): Promise<void>
  /** What this device, or another, has put under a name. */
  get(name: string, device?: Did): Promise<RegisterValue | undefined>
  /** What all current devices have put under a name, or under any. */
  all(name?: string): Promise<RegisterValue[]>
}

/**
 * A blockchain that only the members of a group can read. `consume` waits for no content: it hands on a block whose content is not here as it is,
 * and once more, as a change of kind `block`, when the content has come.
 */
export interface PrivateBlockchain extends Blockchain<PrivateBlock> {
  /** Small values of which only the newest is kept. */
  readonly registers: Registers
  /**
   * Write a block. Once it resolves, block and sealed content are synced to disk. Content of more than 256 KiB is sealed as it comes, in
   * constant memory, and fetched by the others while they go on; what is interrupted leaves nothing.
   *
   * @throws {LimitExceededError} content over 256 GiB, or topics over the limits
   * @throws {KeyUnavailableError} when no epoch under which to seal it could be had
   * @throws {ClosedError} after `close`
   */
  add(
    content: Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
    options?: AddOptions
  ): Promise<PrivateBlock>
  /** Leave a large content for later, until `resume`. What is here of it stays, and is not fetched again. */
  pause(block: Pick<PrivateBlock, 'id'>): void
  /** Fetch a large content that was paused. */
  resume(block: Pick<PrivateBlock, 'id'>): void
  /** How far a large content is that is being fetched; undefined when it is not. */
  receiving(block: Pick<PrivateBlock, 'id'>): (Transfer & { readonly paused: boolean }) | undefined
  /**
   * Resolves once the content can be read. It is asked for meanwhile, whatever the fetch policy, until the signal ends the waiting:
   * `AbortSignal.timeout` is a deadline.
   *
   * @throws {ContentRefusedError} @throws {ClosedError} @throws {NotFoundError}
   */
  whenAvailable(block: Pick<PrivateBlock, 'id'>, options?: AbortOptions): Promise<void>
  /**
   * Fetch the content whatever the policy, now and after restarts, and keep it. Resolves once that is noted; `whenAvailable` waits for it.
   *
   * @throws {ContentRefusedError} @throws {NotFoundError}
   */
  pin(block: Pick<PrivateBlock, 'id'>): Promise<void>
  /** The content may be removed again. @throws {ContentRefusedError} @throws {NotFoundError} */
  unpin(block: Pick<PrivateBlock, 'id'>): Promise<void>
  /**
   * Take the content off this node's disk. The block stays, and so do its topics; others keep theirs. Reading it fetches it again from whoever has
   * it: when nobody else does, it is gone.
   *
   * @throws {PinnedError} @throws {ContentRefusedError} @throws {NotFoundError}
   */
  removeContent(block: Pick<PrivateBlock, 'id'>): Promise<void>
  /**
   * What is fetched before it is read, from now on and for what is missing already. Lasts until the chain is closed.
   *
   * @throws {InvalidArgumentError} for what is no policy
   */
  setFetchPolicy(policy: FetchPolicy): Promise<void>
  /** Devices that are known to have the content of a recent block, on disk and checked: a memory that may forget. */
  holders(block: PrivateBlock): Did[]
  addEventListener<K extends keyof PrivateEvents>(
    type: K,
    listener: ((event: PrivateEvents[K]) => void) | { handleEvent(event: PrivateEvents[K]): void } | null,
    options?: boolean | AddEventListenerOptions
  ): void
  removeEventListener<K extends keyof PrivateEvents>(
    type: K,
    listener?: ((event: PrivateEvents[K]) => void) | { handleEvent(event: PrivateEvents[K]): void } | null,
    options?: boolean | EventListenerOptions
  ): void
}

/** Options of `privately`. */
export interface PrivateOptions extends AbortOptions {
  /** Which contents are fetched before they are read. Default: `at-once`. */
  fetch?: FetchPolicy | undefined
  /** Told of failures that nobody waits for, such as a full disk while a content arrives. Default: the log. */
  report?: ((error: unknown) => void) | undefined
  /** Milliseconds of a clock that only goes forward, for deadlines. Default: the platform's. */
  now?: (() => number) | undefined
}
