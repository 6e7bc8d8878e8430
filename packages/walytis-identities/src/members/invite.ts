import { expand } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { base64url } from 'multiformats/bases/base64'
import { toString as toText } from 'uint8arrays/to-string'
import type { PeerAddresses } from 'walytis/interface'
import { isDid } from '../did.ts'
import { bound } from '../domains.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMap, isMapOf, isRefused } from '../encoding/canonical.ts'
import { INVITATION_ID_BYTES } from '../events/kinds.ts'
import { groupDomains } from '../group-domains.ts'
import { InvitationError } from '../group-errors.ts'
import type { Did } from '../interface/did.ts'
import type { GroupInvitation, Role } from '../interface/group.ts'
import type { KeySetWithSecrets } from '../keys/key-set.ts'
import { defaultSuite } from '../keys/suite.ts'

/** What an invitation's text carries. */
export interface InvitationDetails {
  readonly group: Did
  /** 16 bytes. */
  readonly invitation: Uint8Array
  /** The member that made it. */
  readonly inviter: Did
  /** 32 bytes. Whoever has them can use it. */
  readonly secret: Uint8Array
  readonly expires: number
  readonly uses: number
  readonly shared: boolean
  readonly role: Role
  /** A device link: a code is compared first. */
  readonly link: boolean
  /** Who may honour it, with recent addresses. */
  readonly peers: readonly PeerAddresses[]
}

const PREFIX = 'walytis:group:'
const VERSION = 1
const TEXT_LIMIT = 8 * 1024
const PEERS_LIMIT = 8
const ADDRESSES_LIMIT = 16
const FIELDS = ['v', 'group', 'invitation', 'inviter', 'secret', 'expires', 'uses', 'shared', 'role', 'peers'] as const

/** An invitation as applications hold it. */
export class TextInvitation implements GroupInvitation {
  readonly id: string
  readonly group: Did
  readonly expires: Date
  readonly uses: number
  readonly shared: boolean
  readonly role: Role
  readonly link: boolean
  readonly details: InvitationDetails

  constructor(details: InvitationDetails) {
    this.id = toText(details.invitation, 'hex')
    this.group = details.group
    this.expires = new Date(details.expires)
    this.uses = details.uses
    this.shared = details.shared
    this.role = details.role
    this.link = details.link
    this.details = details
  }

  /** `walytis:group:` and the base64url of the canonical DAG-CBOR. */
  toString(): string {
    return PREFIX + base64url.baseEncode(encodeDetails(this.details))
  }

  toJSON(): string {
    return this.toString()
  }
}

/** The invitation as it is kept in the key store. */
export function encodeDetails(details: InvitationDetails): Uint8Array {
  const { group, invitation, inviter, secret, expires, uses, shared, role } = details
  const link = details.link ? { link: true } : {}
  const peers = details.peers.map(({ peer, addresses }) => ({ peer, addresses: [...addresses] }))
  return encodeCanonical({
    v: VERSION,
    group,
    invitation,
    inviter,
    secret,
    expires,
    uses,
    shared,
    role,
    ...link,
    peers
  })
}

/**
 * Read an invitation.
 *
 * @throws {InvitationError} `malformed`
 */
export function parseInvitation(invitation: string | GroupInvitation): TextInvitation {
  const text = invitation.toString().trim()
  if (!text.startsWith(PREFIX) || text.length > TEXT_LIMIT) {
    throw new InvitationError('malformed')
  }
  let bytes: Uint8Array
  try {
    bytes = base64url.baseDecode(text.slice(PREFIX.length))
  } catch (cause) {
    throw new InvitationError('malformed', { cause })
  }
  const details = decodeDetails(bytes)
  if (details === undefined) {
    throw new InvitationError('malformed')
  }
  return new TextInvitation(details)
}

/** Undefined for bytes that are no invitation. */
export function decodeDetails(bytes: Uint8Array): InvitationDetails | undefined {
  const decoded = decodeCanonical(bytes, TEXT_LIMIT)
  if (isRefused(decoded) || !isMap(decoded.value)) {
    return undefined
  }
  // there where it is true, and only there
  const { link, ...fields } = decoded.value
  if (!isMapOf(fields, FIELDS)) {
    return undefined
  }
  const { v, group, invitation, inviter, secret, expires, uses, shared, role } = fields
  const peers = readPeers(fields.peers)
  return v === VERSION &&
    isDid(group) &&
    isDid(inviter) &&
    isBytes(invitation, INVITATION_ID_BYTES) &&
    isBytes(secret, 32) &&
    isCount(expires) &&
    isCount(uses) &&
    typeof shared === 'boolean' &&
    (role === 'admin' || role === 'member') &&
    peers !== undefined &&
    (link === undefined || link === true)
    ? { group, invitation, inviter, secret, expires, uses, shared, role, link: link === true, peers }
    : undefined
}

/** Read a list of peers with their addresses. */
export function readPeers(value: unknown): PeerAddresses[] | undefined {
  if (!Array.isArray(value) || value.length > PEERS_LIMIT) {
    return undefined
  }
  const peers = (value as unknown[]).flatMap((item) => {
    if (!isMapOf(item, ['peer', 'addresses']) || typeof item.peer !== 'string' || !Array.isArray(item.addresses)) {
      return []
    }
    const addresses = (item.addresses as unknown[]).filter((address) => typeof address === 'string')
    return addresses.length === item.addresses.length && addresses.length <= ADDRESSES_LIMIT
      ? [{ peer: item.peer, addresses }]
      : []
  })
  return peers.length === value.length ? peers : undefined
}

/** The keys that an invitation's secret gives: whoever signs with them has the invitation. */
export function invitationKeys(secret: Uint8Array): KeySetWithSecrets {
  return defaultSuite.derive({
    classical: derive(secret, 'classical'),
    postQuantum: derive(secret, 'post-quantum'),
    kem: derive(secret, 'kem')
  })
}

/**
 * By which a joiner and a member find each other, before either names the group: it follows from what the chain records, so that any member
 * can honour a shared invitation, and nobody outside it. It admits nobody: that takes a signature with the invitation's key.
 * 32 bytes.
 */
export function guestKey(verifier: Uint8Array): Uint8Array {
  return derive(verifier, 'guest')
}

function derive(secret: Uint8Array, label: string): Uint8Array {
  return expand(sha256, secret, bound(groupDomains.invitationKeys, [label]), 32)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
