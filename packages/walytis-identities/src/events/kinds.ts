import type { RawBlock } from 'walytis/interface'
import { isDid } from '../did.ts'
import { isBytes, isMapOf, isRefused, type Refused } from '../encoding/canonical.ts'
import type { Did } from '../interface/did.ts'
import type { Role } from '../interface/group.ts'
import type { PublicKeySet } from '../keys/key-set.ts'
import type { RawEvent } from './format.ts'

/** Events of a group's chain, as they stand in blocks. Fields beyond these, and values of other shapes, are refused by name. */
export type GroupEvent =
  | InviteEvent
  | RevokeInviteEvent
  | AddEvent
  | RemoveEvent
  | LeaveEvent
  | RoleEvent
  | EpochEvent
  | MirrorEvent
  | UnknownEvent

export interface InviteEvent {
  readonly kind: 'invite'
  /** 16 random bytes. */
  readonly invitation: Uint8Array
  /** SHA-256 of the invitation's public keys, in the domain `invitationVerifier`. */
  readonly verifier: Uint8Array
  readonly uses: number
  /** Whether any member may honour it; else only devices of the inviting member. */
  readonly shared: boolean
  readonly role: Role
  /** Milliseconds since 1970. Judged by whoever admits, by its own clock; no rule of validity. */
  readonly expires: number
  /** A device link: nobody is let in before the inviting device's user has compared a code. */
  readonly link: boolean
}

export interface RevokeInviteEvent {
  readonly kind: 'revoke-invite'
  readonly invitation: Uint8Array
}

export interface AddEvent {
  readonly kind: 'add'
  readonly member: Did
  readonly role: Role
  readonly invitation: Uint8Array
  readonly consent: Consent
  /** Evidence of the member that the chain does not hold yet. */
  readonly blocks: readonly RawBlock[]
}

/** By which the joiner agrees to be added, and shows that it held the invitation. Both signatures are hybrid, over the same bytes. */
export interface Consent {
  /** The member's device that signed. */
  readonly device: Did
  readonly signature: Uint8Array
  /** Public keys of the invitation: what its verifier is the hash of. */
  readonly keys: InvitationKeys
  readonly proof: Uint8Array
}

/** The signing part of a key set. */
export type InvitationKeys = Pick<PublicKeySet, 'suite' | 'classical' | 'postQuantum'>

export interface RemoveEvent {
  readonly kind: 'remove'
  readonly member: Did
}

export interface LeaveEvent {
  readonly kind: 'leave'
}

export interface RoleEvent {
  readonly kind: 'role'
  readonly member: Did
  readonly role: Role
}

export interface EpochEvent {
  readonly kind: 'epoch'
  /** X-Wing public key, 1216 bytes: whoever is given a seed checks that it gives this key. */
  readonly publicKey: Uint8Array
  /** SHA-256 of the devices that may have the seed at first. */
  readonly devices: Uint8Array
  readonly reason: EpochReason
}

export type EpochReason = 'founded' | 'added' | 'removed' | 'scheduled' | 'compromise'

export interface MirrorEvent {
  readonly kind: 'mirror'
  /** The principal whose blocks these are. */
  readonly member: Did
  readonly blocks: readonly RawBlock[]
}

/** Of a newer version: kept, without effect. */
export interface UnknownEvent {
  readonly kind: 'unknown'
  readonly name: string
  readonly critical: boolean
}

export const INVITATION_ID_BYTES = 16
const HASH_BYTES = 32
const EPOCH_KEY_BYTES = 1216
const USES_LIMIT = 1000
const KIND_LIMIT = 64
const BLOCKS_LIMIT = 64
const REASONS: readonly unknown[] = ['founded', 'added', 'removed', 'scheduled', 'compromise'] satisfies EpochReason[]

/** Read one event of a group's chain. */
export function readGroupEvent(event: RawEvent): GroupEvent | Refused {
  switch (event.kind) {
    case 'invite':
      return readInvite(event)
    case 'revoke-invite':
      return isMapOf(event, ['kind', 'invitation']) && isBytes(event.invitation, INVITATION_ID_BYTES)
        ? { kind: 'revoke-invite', invitation: event.invitation }
        : { rule: 'revoke-invite-fields' }
    case 'add':
      return readAdd(event)
    case 'remove':
      return isMapOf(event, ['kind', 'member']) && isDid(event.member)
        ? { kind: 'remove', member: event.member }
        : { rule: 'remove-fields' }
    case 'leave':
      return isMapOf(event, ['kind']) ? { kind: 'leave' } : { rule: 'leave-fields' }
    case 'role':
      return isMapOf(event, ['kind', 'member', 'role']) && isDid(event.member) && isRole(event.role)
        ? { kind: 'role', member: event.member, role: event.role }
        : { rule: 'role-fields' }
    case 'epoch':
      return readEpoch(event)
    case 'mirror':
      return readMirror(event)
    case 'inception':
      return { rule: 'second-inception' }
    default:
      return readUnknown(event)
  }
}

function readInvite(event: RawEvent): InviteEvent | Refused {
  const { link, ...fields } = event
  if (!isMapOf(fields, ['kind', 'invitation', 'verifier', 'uses', 'shared', 'role', 'expires'])) {
    return { rule: 'invite-fields' }
  }
  const { invitation, verifier, uses, shared, role, expires } = fields
  if (!isBytes(invitation, INVITATION_ID_BYTES) || !isBytes(verifier, HASH_BYTES) || typeof shared !== 'boolean') {
    return { rule: 'invite-fields' }
  }
  if (!isCount(uses) || uses < 1 || uses > USES_LIMIT) {
    return { rule: 'invite-uses' }
  }
  if (!isRole(role) || !isCount(expires)) {
    return { rule: 'invite-fields' }
  }
  if (link !== undefined && (link !== true || shared || uses !== 1)) {
    return { rule: 'invite-link' }
  }
  return { kind: 'invite', invitation, verifier, uses, shared, role, expires, link: link === true }
}

function readAdd(event: RawEvent): AddEvent | Refused {
  if (!isMapOf(event, ['kind', 'member', 'role', 'invitation', 'consent', 'blocks'])) {
    return { rule: 'add-fields' }
  }
  const { member, role, invitation } = event
  if (!isDid(member) || !isRole(role) || !isBytes(invitation, INVITATION_ID_BYTES)) {
    return { rule: 'add-fields' }
  }
  const consent = readConsent(event.consent)
  if (isRefused(consent)) {
    return consent
  }
  const blocks = readRawBlocks(event.blocks)
  return isRefused(blocks) ? blocks : { kind: 'add', member, role, invitation, consent, blocks }
}

/** Read the consent of somebody who joins, from an event or from a message. */
export function readConsent(value: unknown): Consent | Refused {
  if (!isMapOf(value, ['device', 'signature', 'keys', 'proof'])) {
    return { rule: 'consent-fields' }
  }
  const { device, signature, keys, proof } = value
  if (!isMapOf(keys, ['suite', 'classical', 'postQuantum'])) {
    return { rule: 'consent-keys' }
  }
  const { suite, classical, postQuantum } = keys
  if (typeof suite !== 'number' || !isBytes(classical) || !isBytes(postQuantum)) {
    return { rule: 'consent-keys' }
  }
  return isDid(device) && isBytes(signature) && isBytes(proof)
    ? { device, signature, keys: { suite, classical, postQuantum }, proof }
    : { rule: 'consent-fields' }
}

function readEpoch(event: RawEvent): EpochEvent | Refused {
  if (!isMapOf(event, ['kind', 'publicKey', 'devices', 'reason'])) {
    return { rule: 'epoch-fields' }
  }
  const { publicKey, devices, reason } = event
  return isBytes(publicKey, EPOCH_KEY_BYTES) && isBytes(devices, HASH_BYTES) && isReason(reason)
    ? { kind: 'epoch', publicKey, devices, reason }
    : { rule: 'epoch-fields' }
}

function readMirror(event: RawEvent): MirrorEvent | Refused {
  if (!isMapOf(event, ['kind', 'member', 'blocks']) || !isDid(event.member)) {
    return { rule: 'mirror-fields' }
  }
  const blocks = readRawBlocks(event.blocks)
  if (isRefused(blocks)) {
    return blocks
  }
  return blocks.length === 0 ? { rule: 'mirror-empty' } : { kind: 'mirror', member: event.member, blocks }
}

function readUnknown(event: RawEvent): UnknownEvent | Refused {
  const { kind, critical } = event
  if (kind.length > KIND_LIMIT || (critical !== undefined && typeof critical !== 'boolean')) {
    return { rule: 'unknown-kind' }
  }
  return { kind: 'unknown', name: kind, critical: critical === true }
}

/** Read a list of embedded blocks: form only, each is verified later. */
export function readRawBlocks(value: unknown): RawBlock[] | Refused {
  if (!Array.isArray(value) || value.length > BLOCKS_LIMIT) {
    return { rule: 'evidence-form' }
  }
  const blocks: RawBlock[] = []
  for (const item of value as unknown[]) {
    if (!isMapOf(item, ['block', 'content']) || !isBytes(item.block) || !isBytes(item.content)) {
      return { rule: 'evidence-form' }
    }
    blocks.push({ block: item.block, content: item.content })
  }
  return blocks
}

function isRole(value: unknown): value is Role {
  return value === 'admin' || value === 'member'
}

function isReason(value: unknown): value is EpochReason {
  return REASONS.includes(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
