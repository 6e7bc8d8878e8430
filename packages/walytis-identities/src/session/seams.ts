import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { RawBlock } from 'walytis/interface'
import type { Device } from '../device.ts'
import type { Did } from '../interface/did.ts'
import type { Channel } from '../interface/session.ts'

/** What sessions need of a device: its DID, keys and evidence. */
export type SessionDevice = Pick<Device, 'did' | 'sign' | 'decapsulate' | 'evidence'>

/**
 * What sessions need of a group. Implemented by the group half.
 *
 * Contract: the synchronous methods answer from what the group's chain says now and turn at once when a membership event has been
 * judged; then the listeners of `watch` are called. None of them throws.
 */
export interface SessionGroup {
  readonly did: Did
  /** The device of this node that acts in the group. */
  readonly device: SessionDevice
  /** Keys by which members find each other, newest first, at most 16; none authorises anything. */
  rendezvousKeys(): readonly Uint8Array[]
  /** The current member that this current device acts for. Undefined: not in the group as far as this node knows. */
  memberOf(device: Did): Did | undefined
  /** Current devices of a current member: itself when it is an identity. Empty: not a member. */
  devicesOf(member: Did): readonly Did[]
  /**
   * Look at evidence that a device acts for a member (its user's blocks), and keep what is new in it.
   *
   * @returns the member, as `memberOf` says from now on; undefined when it shows nothing of the kind
   */
  present(device: Did, evidence: RawBlock[], options?: AbortOptions): Promise<Did | undefined>
  /** The latest key event (block id) known of a device: evidence without it is an old one, shown by a retired key. */
  latestKeyEvent?(device: Did): string | undefined
  /** What shows others that `device` acts for this node's member; empty when it is itself the member. At most 192 KiB. */
  evidence(options?: AbortOptions): Promise<RawBlock[]>
  /** Epochs whose seed this device has, newest first: mixed into the keys of a channel when both sides have one. */
  epochSecrets(): readonly EpochSecret[]
  /** Open invitations of this group that this device may honour: who proves one may open a guest channel. */
  guestKeys(): readonly GuestKey[]
  /** Take a channel from somebody who is not a member but proved an invitation. The handler closes it. */
  acceptGuest(channel: Channel, invitation: string): Promise<void>
  /** Peers that may host members' devices: live ones of the chain first, then remembered ones. */
  peers(): readonly PeerId[]
  /** Called after each membership event. Returns what stops it. */
  watch(listener: () => void): () => void
}

export interface EpochSecret {
  /** The epoch's block id as a string. */
  readonly id: string
  /** 32 bytes, derived for channels alone: `Epoch.secret('channel')`. */
  readonly secret: Uint8Array
}

export interface GuestKey {
  /** The invitation's id. */
  readonly id: string
  /** 32 bytes derived from the invitation's secret, for this purpose alone. */
  readonly key: Uint8Array
}

/** How somebody who holds an invitation, but is no member, reaches the inviting node. */
export interface GuestRequest extends AbortOptions {
  readonly peer: PeerId
  readonly group: Did
  /** The joining device. */
  readonly device: SessionDevice
  /** As in `GuestKey`. */
  readonly key: Uint8Array
}
