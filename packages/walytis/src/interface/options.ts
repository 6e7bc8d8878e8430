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

/** How far a join or a sync has come: blocks stored, those of an earlier attempt included, and how many the peer announced. */
export interface ReplicationProgress {
  /**
   * - `asking`: the invitation is being shown to who made it.
   * - `connecting`: nobody is sending the chain; its peers are being dialled.
   * - `receiving`: blocks come.
   * - `complete`: all that the peer has is here.
   */
  readonly phase: 'asking' | 'connecting' | 'receiving' | 'complete'
  readonly received: number
  readonly expected: number
}

/** Options of `join`. */
export interface JoinOptions
  extends AbortOptions,
    ProgressOptions<ProgressEvent<'walytis:join:blocks', ReplicationProgress>> {
  /**
   * When to resolve. `level` (default): when all that a complete peer has is here. `begun`: once the genesis is here and verified. Blocks
   * then go on coming, in causal order, also after a restart; the chain can be read, and written once it is complete.
   */
  until?: 'level' | 'begun' | undefined
}

/** Options of `sync`. */
export interface SyncOptions
  extends AbortOptions,
    ProgressOptions<ProgressEvent<'walytis:sync:blocks', ReplicationProgress>> {
  /** Only with this peer. Default: all peers of the chain that can be reached. */
  peer?: PeerId | undefined
}

/** With whom this node compared, and whether it is now level with them: each holds the other's heads. */
export interface SyncResult {
  /** Whether at least one peer was reached, this node is level with every peer reached, and the chain is complete. */
  readonly level: boolean
  /** Those that were reached and take part. */
  readonly peers: SyncedPeer[]
  /** Those that were not. */
  readonly missed: MissedPeer[]
}

/** How a comparison with one peer ended. */
export interface SyncedPeer {
  readonly peer: PeerId
  readonly level: boolean
  /**
   * Why not level. `differs`: one side won't take what the other has. `timeout`: the peer said nothing for long. `left`: it went away, or lost its right to take part.
   */
  readonly reason?: 'differs' | 'timeout' | 'left' | undefined
}

/** A peer that could not be compared with. */
export interface MissedPeer {
  readonly peer: PeerId
  /**
   * `unreachable`: no connection or no stream came about in time. `refused`: this node's access control does not let it in. `absent`: it is connected
   * and does not take part; it does not hold the chain, or refuses this node, which by design looks the same.
   */
  readonly reason: 'unreachable' | 'refused' | 'absent'
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
  /**
   * For handlers that keep what they make of changes where it doesn't outlive a loss of power at once: called before the consumer notes on the
   * disk how far it has come, which it then does after every 256 changes and when it closes. Resolve once all of it is certain. What was handed
   * over since is handed over again after a crash.
   */
  checkpoint?: (() => Promise<void>) | undefined
  /** Where a consumer of a new name starts. Default `beginning`. */
  from?: 'beginning' | 'now' | undefined
}
