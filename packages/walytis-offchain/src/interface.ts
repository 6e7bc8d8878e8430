import type { AbortOptions } from '@libp2p/interface'
import type { Block, Blockchain, BlockchainEvents, BlockId } from 'walytis/interface'
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
  /**
   * The whole content, once it is here.
   *
   * @throws {ContentRefusedError} when it turns out not to be what the block promises
   * @throws {ClosedError} when the chain is closed meanwhile
   */
  content(options?: AbortOptions): Promise<Uint8Array>
}

/**
 * Events of a private chain. `block:added` is emitted once the block was accepted *and* its content is here and opens: at once where both came
 * together, else when the content has come.
 */
export interface PrivateEvents extends BlockchainEvents<PrivateBlock> {
  /** The content of a block that was shown without it can be read from now on. Followed by the block's `block:added`. */
  'content:available': CustomEvent<{ readonly block: PrivateBlock }>
  /** A block is not shown, and never will be: it, or its content, is not what its author promised. `author`: undefined when nobody is. */
  'content:refused': CustomEvent<{ readonly id: BlockId; readonly author?: Did | undefined; readonly rule: string }>
  /** A device served bytes that are not the content of the block. They were thrown away, and others are asked. */
  'device:penalised': CustomEvent<{ readonly device: Did; readonly id: BlockId; readonly rule: string }>
}

/**
 * A blockchain that only the members of a group can read. `consume` waits for no content: it hands on a block whose content is not here as it is,
 * and once more, as a change of kind `block`, when the content has come.
 */
export interface PrivateBlockchain extends Blockchain<PrivateBlock> {
  /**
   * Resolves once the content can be read.
   *
   * @throws {ContentRefusedError} @throws {ClosedError}
   */
  whenAvailable(block: PrivateBlock, options?: AbortOptions): Promise<void>
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
  /** Told of failures that nobody waits for, such as a full disk while a content arrives. Default: the log. */
  report?: ((error: unknown) => void) | undefined
  /** Milliseconds of a clock that only goes forward, for deadlines. Default: the platform's. */
  now?: (() => number) | undefined
}
