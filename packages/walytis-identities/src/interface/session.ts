import type { AbortOptions } from '@libp2p/interface'
import type { Did } from './did.ts'

/** Talks between devices, on top of one secure session per pair of devices. */
export interface Sessions {
  /**
   * Open a channel for `protocol` with a device, or with the first reachable device of a member.
   *
   * @throws {NotMemberError} when it isn't a current member
   * @throws {UnreachableError} when no such device can be reached, or it refuses (all refusals look alike)
   */
  open(did: Did, protocol: string, options?: AbortOptions): Promise<Channel>
  /** Take channels that members open for `protocol`. Returns what stops it. */
  handle(protocol: string, handler: (channel: Channel) => Promise<void>): () => void
  /** Devices of other current members with which a session stands now. */
  connected(): Did[]
  /** Called with the DID of each device as its session comes up or ends. Returns what stops it. */
  watch(listener: (device: Did, state: 'up' | 'down') => void): () => void
}

/**
 * An ordered, reliable, encrypted and authenticated stream of messages with one device, for one group and protocol.
 * Membership is checked again before each message: when either side is removed, the channel closes before another byte.
 */
export interface Channel {
  readonly protocol: string
  /** The other side's device. */
  readonly device: Did
  /** The member of the group that it acts for. */
  readonly member: Did
  /** At most 1 MiB. Resolves when the transport has taken it (back-pressure).
   * @throws {ChannelClosedError} */
  send(message: Uint8Array, options?: AbortOptions): Promise<void>
  /** Messages until the other side ends; throws `ChannelClosedError` when it broke instead of ending. One reader. */
  messages(): AsyncIterable<Uint8Array>
  /** Say that nothing more comes, and let the other side finish. */
  close(options?: AbortOptions): Promise<void>
  /** End the channel at once; both sides' reads and writes fail. */
  abort(reason: Error): void
  readonly closed: boolean
}
