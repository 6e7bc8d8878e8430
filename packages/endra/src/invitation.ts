/**
 * The text of an invitation: `endra:` + base64url(check ‖ hints) + `.` + what stands behind `walytis:` in the group's invitation.
 * The hints only serve display before one joins; whoever passes the line on can change them. See docs/protocol.md, "Invitations".
 */
import { encode } from '@ipld/dag-cbor'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { toString as asText } from 'uint8arrays/to-string'
import { decodeCanonical, hasExactly, isMap } from './canonical.ts'
import { FORMAT_VERSION, INVITATION_DOMAIN, INVITATION_PREFIX, MAX_INVITATION_CHARACTERS } from './constants.ts'
import { InvitationError } from './errors.ts'
import { isName } from './names.ts'

/** What an invitation is for: becoming a device of a profile, or a member of a chat. */
export type InvitationKind = 'device' | 'chat'

/** What the text of an invitation says. */
export interface EndraInvitation {
  readonly kind: InvitationKind
  /** The line of the group's own invitation, `walytis:…`: a secret. */
  readonly group: string
  /** Name of the profile, or title of the chat. A hint. */
  readonly title: string
  /** Name of who invites. A hint. */
  readonly inviter: string
}

const GROUP_PREFIX = 'walytis:'
const CHECK_BYTES = 4
/** Whitespace, and the invisible characters that mail programs and keyboards put into long words. */
const INVISIBLE = /[\s\u00ad\u200b-\u200d\u2060\ufeff]/gu

/** The one line that stands for an invitation: only letters, digits and `: . - _` as far as the group's line has only those. */
export function formatInvitation(invitation: EndraInvitation): string {
  const { kind, title, inviter } = invitation
  if (!invitation.group.startsWith(GROUP_PREFIX)) throw new InvitationError('not-an-invitation')
  const body = invitation.group.slice(GROUP_PREFIX.length)
  const hints = encode({ v: FORMAT_VERSION, kind, title, inviter })
  return `${INVITATION_PREFIX}${asText(concat([check(hints, body), hints]), 'base64url')}.${body}`
}

/**
 * Read the text of an invitation, whatever white space got into it.
 *
 * @throws {InvitationError} `not-an-invitation`, `damaged`, `newer-version`; `wrong-kind` when `kind` is given and differs
 */
export function parseInvitation(text: string, kind?: InvitationKind): EndraInvitation {
  if (text.length > 4 * MAX_INVITATION_CHARACTERS) throw new InvitationError('not-an-invitation')
  const line = text.replace(INVISIBLE, '')
  if (!line.toLowerCase().startsWith(INVITATION_PREFIX) || line.length > MAX_INVITATION_CHARACTERS) {
    throw new InvitationError('not-an-invitation')
  }
  const [head = '', ...rest] = line.slice(INVITATION_PREFIX.length).split('.')
  const body = rest.join('.')
  const invitation = read(decodeHead(head), body)
  if (kind !== undefined && invitation.kind !== kind) throw new InvitationError('wrong-kind')
  return invitation
}

function decodeHead(head: string): Uint8Array {
  try {
    return fromString(head, 'base64url')
  } catch (cause) {
    throw new InvitationError('damaged', { cause })
  }
}

function read(head: Uint8Array, body: string): EndraInvitation {
  const hints = head.subarray(CHECK_BYTES)
  if (!equals(head.subarray(0, CHECK_BYTES), check(hints, body))) throw new InvitationError('damaged')
  const decoded = decodeCanonical(hints, { bytes: MAX_INVITATION_CHARACTERS, depth: 2 })
  if (!decoded.ok || !isMap(decoded.value)) throw new InvitationError('damaged')
  const map = decoded.value
  const version = map['v']
  if (typeof version === 'number' && version > FORMAT_VERSION) throw new InvitationError('newer-version')
  const { kind, title, inviter } = map
  const fine = version === FORMAT_VERSION && hasExactly(map, ['v', 'kind', 'title', 'inviter']) && body.length > 0
  if (!fine || (kind !== 'device' && kind !== 'chat') || !isName(title) || !isName(inviter)) {
    throw new InvitationError('damaged')
  }
  return { kind, title, inviter, group: `${GROUP_PREFIX}${body}` }
}

/** Tells a line that lost or changed characters on its way from one that the inviter refuses. Not a matter of security. */
function check(hints: Uint8Array, body: string): Uint8Array {
  return sha256(concat([fromString(INVITATION_DOMAIN), hints, fromString(body)])).subarray(0, CHECK_BYTES)
}
