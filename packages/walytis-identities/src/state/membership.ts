import type { Did } from '../interface/did.ts'
import type { Role } from '../interface/group.ts'
import type { PublicKeySet } from '../keys/key-set.ts'
import type { Bits } from './bits.ts'

/**
 * The vocabulary of a group's state. Everything here is plain data; the functions beside it are pure. A *node* is a block that
 * the state depends on: one that carries membership events, or one that *witnesses* (the first block of a key after the
 * events it follows have changed). Two nodes that neither follows are *concurrent*.
 */

/** What one event does. Evidence, consent and signatures have been checked before; they are no longer here. */
export type Act =
  | {
      readonly kind: 'inception'
      readonly founder: Did
      readonly history: History
      /** The most senior member, whose keys are kept offline. */
      readonly recovery?: Did | undefined
    }
  | {
      readonly kind: 'invite'
      /** Hex. */
      readonly invitation: string
      readonly uses: number
      readonly shared: boolean
      readonly role: Role
      /** Milliseconds since 1970: looked at by whoever admits, never by this state. */
      readonly expires: number
      /** A device link. */
      readonly link: boolean
      /** Hash of the invitation's public keys, hex. */
      readonly verifier: string
    }
  | { readonly kind: 'revoke-invite'; readonly invitation: string }
  | { readonly kind: 'add'; readonly member: Did; readonly role: Role; readonly invitation: string }
  | { readonly kind: 'remove'; readonly member: Did }
  | { readonly kind: 'leave' }
  | { readonly kind: 'role'; readonly member: Did; readonly role: Role }
  | { readonly kind: 'epoch'; readonly publicKey: Uint8Array; readonly devices: Uint8Array }
  | { readonly kind: 'mirror'; readonly member: Did }
  /** Of a newer version. Without effect; a critical one stops this node's own acts until it is updated. */
  | { readonly kind: 'unknown'; readonly name: string; readonly critical: boolean }

export type History = 'shared' | 'from-join'

/** One step down the tree of admissions: where the admitting block stands in the canonical order. */
export interface Admission {
  readonly height: number
  readonly id: string
}

/** Who wrote a node, by the state at its ancestors. */
export interface Author {
  readonly member: Did
  readonly device: Did
  /** Hex of the creator key. */
  readonly key: string
  /** The admissions that lead to the member: its seniority. Empty for the recovery member; without one, for the founder. */
  readonly path: readonly Admission[]
}

/** A device that a node's evidence shows to be no longer one, and the blocks that took it out. */
export interface Revocation {
  readonly device: Did
  readonly by: readonly string[]
}

export interface MembershipNode {
  /** Number in its ledger: local, and no part of any result. */
  readonly index: number
  /** CID of the block. */
  readonly id: string
  readonly height: number
  /** The nodes among its ancestors that no other of them follows. */
  readonly links: readonly MembershipNode[]
  /** All nodes among its ancestors. */
  readonly past: Bits
  readonly author: Author
  /** Empty for a node that only witnesses. */
  readonly acts: readonly Act[]
  readonly evidence: readonly Evidence[]
  /** Devices that were current at its ancestors and that its evidence shows removed. */
  readonly revokes: readonly Revocation[]
  /** Creator keys (hex) that its evidence shows replaced. */
  readonly retires: readonly string[]
}

/** Blocks of another principal's chain, by id: their bytes are with the resolver. */
export interface Evidence {
  readonly of: Did
  readonly blocks: readonly string[]
}

/** A device in effect. */
export interface DeviceState {
  readonly did: Did
  /** Hex of the creator key. */
  readonly key: string
  readonly keys: PublicKeySet
  /** The event (block id) that brought its keys. */
  readonly keyEvent: string
  /** Creator keys that it has replaced, hex. */
  readonly retired: readonly string[]
}

/** What evidence says of one principal. */
export interface PrincipalState {
  readonly did: Did
  /** 1 for an identity; one more than its deepest member for a group. */
  readonly depth: number
  /** In order of seniority. */
  readonly devices: readonly DeviceState[]
  /** Devices that were taken out at some time, and the blocks in effect that did. */
  readonly removals: ReadonlyMap<Did, ReadonlySet<string>>
}

/** Folds a set of evidence, given as block ids. Undefined when it is not enough to say anything. Pure. */
export type Resolve = (principal: Did, blocks: ReadonlySet<string>) => PrincipalState | undefined

export interface MemberState {
  readonly did: Did
  readonly role: Role
  readonly path: readonly Admission[]
  readonly devices: readonly DeviceState[]
}

export interface InvitationState {
  readonly id: string
  readonly inviter: Did
  readonly uses: number
  /** Admissions by it that are in effect. */
  readonly used: number
  /** Admissions by it, those that fell too. */
  readonly claimed: number
  readonly shared: boolean
  readonly role: Role
  readonly expires: number
  /** A device link: whoever admits by it has had a code compared. Looked at there, never by this state. */
  readonly link: boolean
  readonly verifier: string
  /** Neither revoked nor voided by a removal. Uses and expiry come on top. */
  readonly open: boolean
}

export interface EpochState {
  /** The block that carries it; the genesis for epoch 0. */
  readonly id: string
  readonly publicKey: Uint8Array
  /** Members when it began: who may have its seed, where history is not shared. */
  readonly members: ReadonlySet<Did>
  /** The exclusions it takes into account. */
  readonly covers: ReadonlySet<string>
}

/** Whose device a key is. */
export interface KeyHolder {
  readonly device: DeviceState
  readonly member: Did
  /** The founding device while the evidence that it acts for the founder is not complete: it may only write that evidence. */
  readonly pending: boolean
}

/** The state of a group at a set of nodes that holds all its ancestors. */
export interface GroupState {
  readonly did: Did
  readonly founder: Did
  /** The founder's device that signed the inception. */
  readonly foundingDevice: Did
  /** The member that is kept offline and outranks the founder. */
  readonly recovery: Did | undefined
  readonly history: History
  /** In order of seniority. */
  readonly members: ReadonlyMap<Did, MemberState>
  /** Current devices. */
  readonly devices: ReadonlyMap<Did, KeyHolder>
  /** By creator key (hex): current keys of current devices. */
  readonly byKey: ReadonlyMap<string, KeyHolder>
  readonly removals: PrincipalState['removals']
  readonly evidence: ReadonlyMap<Did, ReadonlySet<string>>
  readonly principals: ReadonlyMap<Did, PrincipalState>
  readonly invitations: ReadonlyMap<string, InvitationState>
  readonly epochs: ReadonlyMap<string, EpochState>
  /** Epochs that content may name here, best first. */
  readonly usable: readonly string[]
  /** Blocks that put somebody out: what an epoch must cover. */
  readonly exclusions: ReadonlySet<string>
  /** Nodes with acts that are not in effect. */
  readonly fallen: ReadonlySet<string>
  /** Names of unknown critical kinds. */
  readonly critical: readonly string[]
}
