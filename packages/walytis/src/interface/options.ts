import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { ProgressEvent, ProgressOptions } from 'progress-events'

/**
 * When a block counts as written. `disk`: once it is synced, and so outlives a loss of power. `process`: once the operating
 * system has it, so that it outlives the process; it is synced a moment later, and not sent to anybody before.
 */
export type Durability = 'disk' | 'process'

/** Options of `add`. */
export interface AddOptions extends AbortOptions, ProgressOptions<ProgressEvent<'walytis:add:bytes', number>> {
  /** At most 32, each at most 128 bytes of UTF-8, distinct. */
  topics?: string[] | undefined
  /** Default: the node's. What is `disk` makes all that was added before durable, too. */
  durability?: Durability | undefined
}

/** How much of a content is here, in bytes. */
export interface ContentProgress {
  readonly received: number
  readonly expected: number
}

/** Options of reading a content. Progress is told while it is fetched. */
export interface ContentOptions
  extends AbortOptions,
    ProgressOptions<ProgressEvent<'walytis:content:bytes', ContentProgress>> {}

/** How far a join or a sync has come: blocks stored, and how many the peer announced. */
export interface ReplicationProgress {
  readonly received: number
  readonly expected: number
}

/** Options of `join`. */
export interface JoinOptions
  extends AbortOptions,
    ProgressOptions<ProgressEvent<'walytis:join:blocks', ReplicationProgress>> {}

/** Options of `sync`. */
export interface SyncOptions extends AbortOptions {
  /** Only with this peer. Default: all peers of the chain that can be reached. */
  peer?: PeerId | undefined
}

/** With whom this node compared, and whether it is now level with them: each holds the other's heads. */
export interface SyncResult {
  /** Whether at least one peer was reached and this node is level with every peer reached. */
  readonly level: boolean
  readonly peers: { readonly peer: PeerId; readonly level: boolean }[]
}

/** Options of `invite`. */
export interface InviteOptions extends AbortOptions {
  /** How many may join by it. Default 1. */
  uses?: number | undefined
  /** By this node's clock. Default: one day from now. */
  expires?: Date | undefined
  /** Recorded on the chain, so that any member may honour it. Default false: only this node does. */
  shared?: boolean | undefined
}

/** A step of a consumer that failed: its handler did, or the store under it. It is tried again, for as long as it takes. */
export interface ConsumerFailure {
  /** The consumer's name. */
  readonly consumer: string
  readonly error: Error
  /** How often this step has failed by now, from 1. */
  readonly attempt: number
  /** Milliseconds until it is tried again: 50 at first, then twice as long each time, at most 30,000. */
  readonly retryIn: number
}

/** Options of `consume`. */
export interface ConsumeOptions extends AbortOptions {
  /** Told of each failure, before the pause. What it throws is logged and changes nothing. */
  onFailure?: ((failure: ConsumerFailure) => void) | undefined
  /** Where a consumer of a new name starts. Default `beginning`. */
  from?: 'beginning' | 'now' | undefined
}
