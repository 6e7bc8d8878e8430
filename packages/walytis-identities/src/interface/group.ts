import type { AbortOptions } from '@libp2p/interface'
import type { TypedEventTarget } from 'main-event'
import type { BlockId, BlockPosition, LayerSettings, SignedBlock, Store } from 'walytis/interface'
import type { Did, Principal } from './did.ts'
import type { KeyStore } from './key-store.ts'
import type { Sessions } from './session.ts'

/** One controller with its own keys: usually a device. */
export interface Identity extends Principal {
  /** `context` is prefixed with `app:`, so that no application's signature can be one of a protocol. */
  sign(bytes: Uint8Array, context: string): Promise<Uint8Array>
  /** Open what `encryptTo` sealed.
   * @throws {DecryptionError} */
  decrypt(bytes: Uint8Array): Promise<Uint8Array>
  /**
   * Replace the keys, by those of another suite when one is named: only of one that is no weaker. `blockchain` is another object afterwards.
   *
   * @throws {InvalidArgumentError} for a weaker suite
   * @throws {UnknownSuiteError}
   * @throws {UpdateRequiredError} when a newer version has written what this one must know first
   */
  rotate(options?: RotateOptions): Promise<void>
  /** Replace what the DID document says besides the keys.
   * @throws {InvalidArgumentError}
   * @throws {UpdateRequiredError} */
  updateDocument(update: DocumentUpdate, options?: AbortOptions): Promise<void>
}

/** Options of an identity's `rotate`. */
export interface RotateOptions extends AbortOptions {
  /** Number of the suite of the new keys. Default: that of the old ones. */
  suite?: number | undefined
}

/** Options of a group's `remove`. */
export interface RemoveOptions extends AbortOptions {
  /**
   * Ask the member to leave first, which it does for a senior admin, and remove it only when it can't be reached or has not left after ten seconds. What it wrote until it left stays,
   * while content that meets a removal falls. For devices that are given away; never for one that was lost or stolen. Default false.
   */
  planned?: boolean | undefined
}

/** What a DID document says besides the keys. */
export interface DocumentUpdate {
  /** At most 16. `id` is the fragment without `#`, `endpoint` a URI; each text has at most 256 characters. */
  readonly services: readonly { readonly id: string; readonly type: string; readonly endpoint: string }[]
}

/** What a member may do: an `admin` may also remove others and change roles. */
export type Role = 'admin' | 'member'

/** An identity, or a group of them, that belongs to a group. */
export interface Member {
  readonly did: Did
  readonly role: Role
  /** DIDs of the member's devices in effect: itself, when it is an identity. */
  readonly devices: Did[]
}

/** Events of a group. */
export interface GroupEvents {
  /** Members, roles or devices are not what they were. Emitted once durable. */
  'members:changed': CustomEvent<{ added: Did[]; removed: Did[]; devicesAdded: Did[]; devicesRemoved: Did[] }>
  /** Another epoch is current. */
  'epoch:changed': CustomEvent<{ epoch: BlockId }>
  /** This node has obtained the seed of an epoch, which it did not have before. */
  'epoch:available': CustomEvent<{ epoch: BlockId }>
  /** This node's own member is not, or no longer, in the group. */
  'self:removed': CustomEvent<Record<string, never>>
}

/** Identities (or groups of them) that act together: devices make a user, users make a chat. */
export interface Group extends Principal, TypedEventTarget<GroupEvents> {
  /** The members in effect, in order of seniority. */
  members(): Member[]
  /** What this node takes part as. */
  readonly me: Member
  /** The device of this node that acts. */
  readonly device: Identity
  /**
   * Make an invitation by which others may ask to be admitted.
   *
   * @throws {InvalidArgumentError} for a device link that is to be shared, used more than once, or valid for more than ten minutes
   * @throws {AccessDeniedError} without the right
   */
  invite(options?: GroupInviteOptions): Promise<GroupInvitation>
  /** Those that this node has made and that may still be used. */
  invitations(): AsyncIterable<GroupInvitation>
  /** Nobody is admitted by it any more. */
  revokeInvitation(id: string): Promise<void>
  /** Remove a member and start a new epoch, in one block.
   * @throws {AccessDeniedError} without the right
   * @throws {NotMemberError} */
  remove(did: Did, options?: RemoveOptions): Promise<void>
  /** Take this node's own member out of the group. */
  leave(options?: AbortOptions): Promise<void>
  /** Give a member another role. */
  setRole(did: Did, role: Role, options?: AbortOptions): Promise<void>
  /** Start a new epoch. */
  rotate(options?: { reason?: 'scheduled' | 'compromise' | undefined } & AbortOptions): Promise<void>
  /** Open what `encryptTo` sealed for the group.
   * @throws {KeyUnavailableError} while the epoch's seed has not come */
  decrypt(bytes: Uint8Array): Promise<Uint8Array>
  readonly sessions: Sessions
  readonly epochs: Epochs
  /** For overlays: sublevels of their own in the node's database. */
  readonly store: Store
  readonly keyStore: KeyStore
  /** Which member stands behind the creator of a block, by the state at that block. Undefined: none, refuse it. */
  authorOf(block: SignedBlock): Promise<Did | undefined>
  /** The DID of the current device that a block's creator key belongs to, by the state at that block. */
  deviceOf(block: SignedBlock): Promise<Did | undefined>
}

/** The epochs of a group, as layers that seal content need them. */
export interface Epochs {
  /**
   * The epoch under which content written now is sealed. Where no known epoch covers all removals, a new one is written
   * first; where this device lacks the current seed, it is asked for.
   *
   * @throws {KeyUnavailableError}
   */
  current(options?: AbortOptions): Promise<Epoch>
  /**
   * The epoch that content at this position must name: an ancestor that covers every removal visible there. Undefined when
   * there is none that this device has: call `current` outside the writer's lock, then try again.
   */
  at(position: BlockPosition): Promise<Epoch | undefined>
  /** The epoch of a known epoch event whose seed this device has; undefined otherwise. Answers at once and asks nobody. */
  held(id: BlockId): Epoch | undefined
  /** The same; where the seed is missing, it is asked for and waited for.
   * @throws {KeyUnavailableError} while its seed has not come */
  get(id: BlockId, options?: AbortOptions): Promise<Epoch>
  /** Whether a current device may hold this epoch's secret, and so what is sealed under it. */
  entitled(device: Did, id: BlockId): Promise<boolean>
}

/** A stretch of a group's life with one set of secrets. */
export interface Epoch {
  /** The block that carries the epoch event. */
  readonly id: BlockId
  /** A secret of this epoch for one purpose: HKDF-SHA256 of the epoch's content secret, 32 bytes. */
  secret(purpose: string, salt?: Uint8Array): Uint8Array
}

/** Options of a group's `invite`. */
export interface GroupInviteOptions extends AbortOptions {
  /** Default 1. */
  uses?: number | undefined
  /** Default: one day from now. For device links at most ten minutes. */
  expires?: Date | undefined
  /** Any member may honour it. Default false: only devices of the inviting member. */
  shared?: boolean | undefined
  /** What who joins by it becomes. Default `member`. */
  role?: Role | undefined
  /**
   * Makes a device link: for one use within at most ten minutes (the default), never shared, and nobody is let in before this says yes. It is asked
   * when a device comes with the link, with a code that the same device shows: when the two differ, somebody else has come, and the answer is no.
   * That ends the link. It lives as long as this group is open here.
   */
  confirm?: ((request: LinkRequest) => Promise<boolean>) | undefined
}

/** A device that has come with a device link, and wants to be let in. */
export interface LinkRequest {
  /** Six digits: the joining device must show the same. */
  readonly code: string
  /** What would become a member. */
  readonly member: Did
  /** The device that has come. */
  readonly device: Did
  /** Fires when the device is gone, or the link's time is up: then the answer no longer counts. */
  readonly signal: AbortSignal
}

/** One copy-and-paste line that lets somebody join a group. Whoever holds it can use it: it is a secret. */
export interface GroupInvitation {
  readonly id: string
  readonly group: Did
  readonly expires: Date
  readonly uses: number
  readonly shared: boolean
  readonly role: Role
  /** A device link: `joinGroup` needs `onCode`. */
  readonly link: boolean
  /** `walytis:…`, one line. A secret. */
  toString(): string
  /** The same string. */
  toJSON(): string
}

/** Options of `createGroup`. */
export interface CreateGroupOptions extends AbortOptions {
  /** Whether who joins may read what was written before. Default `from-join`. */
  history?: 'shared' | 'from-join' | undefined
  /** What layers above fix for all devices of the group, such as who may change what. */
  layers?: LayerSettings | undefined
  /**
   * An open identity that becomes the most senior member, above the founder: one whose keys follow from words on paper. Nobody can undo
   * what it does. Once the group is founded its keys are best taken off this device.
   */
  recovery?: Identity | undefined
}
