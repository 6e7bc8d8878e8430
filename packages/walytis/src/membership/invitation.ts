import { encode } from '@ipld/dag-cbor'
import { isMultiaddr, type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { base64urlnopad } from '@scure/base'
import { CID } from 'multiformats/cid'
import { isBlockId } from '../block/id.ts'
import { decodeCanonical, hasFields, isBytes, isCount } from '../canonical.ts'
import { MAX_TIME } from '../constants.ts'
import { ed25519PublicKey } from '../crypto/ed25519.ts'
import { INVITATION_KEY_DOMAIN } from '../domains.ts'
import { InvalidArgumentError, InvitationError } from '../errors.ts'
import type { BlockId, Invitation } from '../interface/index.ts'
import { parsePeerId } from './peers.ts'

/** An invitation's text is `walytis:` and the base64url of one canonical DAG-CBOR map (docs/protocol.md, "Invitations"). */

const INVITATION_PREFIX = 'walytis:'
export const INVITATION_SECRET_BYTES = 32
/** Uses are kept by joiner. */
export const MAX_INVITATION_USES = 1000
const MAX_INVITATION_BYTES = 2048
const MAX_INVITATION_ADDRESSES = 8

/** All that an invitation says. */
export interface InvitationDetails {
  readonly chain: BlockId
  /** 32 random bytes, from which the signing key derives. */
  readonly secret: Uint8Array
  /** Who admits. */
  readonly peer: string
  /** Where, at most 8. */
  readonly addresses: readonly Multiaddr[]
  readonly expires: Date
  readonly uses: number
  readonly shared: boolean
}

export function createInvitation(details: InvitationDetails): Invitation {
  const text = encodeInvitation(details)
  const { expires, uses, shared } = details
  const id = invitationId(ed25519PublicKey(invitationSigningKey(details.secret)))
  return { id, chain: details.chain.toString(), expires, uses, shared, toString: () => text, toJSON: () => text }
}

export function encodeInvitation({ chain, secret, peer, addresses, expires, uses, shared }: InvitationDetails): string {
  const listed = addresses.slice(0, MAX_INVITATION_ADDRESSES).map(({ bytes }) => bytes)
  const map = { v: 1, chain, secret, peer, addresses: listed, expires: expires.getTime(), uses, shared }
  return INVITATION_PREFIX + base64urlnopad.encode(encode(map))
}

/**
 * Read an invitation's text. White space around it does no harm.
 *
 * @throws {InvitationError} `malformed`; its cause says what is wrong
 */
export function decodeInvitation(text: string): InvitationDetails {
  const trimmed = text.trim()
  if (!trimmed.startsWith(INVITATION_PREFIX)) throw malformed(`it does not begin with "${INVITATION_PREFIX}"`)
  let bytes: Uint8Array
  try {
    bytes = base64urlnopad.decode(trimmed.slice(INVITATION_PREFIX.length))
  } catch (cause) {
    throw malformed('it is cut short, or has characters that do not belong to it', cause)
  }
  const map = decodeCanonical(bytes, MAX_INVITATION_BYTES)
  if (typeof map === 'object' && map !== null && 'v' in map && isCount(map.v) && map.v > 1)
    throw malformed('it is from a newer version')
  if (!hasFields(map, ['v', 'chain', 'secret', 'peer', 'addresses', 'expires', 'uses', 'shared']) || map.v !== 1) {
    throw malformed('it is incomplete')
  }
  const chain = CID.asCID(map.chain)
  if (chain === null || !isBlockId(chain)) throw malformed('it names no chain')
  if (!isBytes(map.secret, INVITATION_SECRET_BYTES, INVITATION_SECRET_BYTES))
    throw malformed('its secret is incomplete')
  if (typeof map.peer !== 'string' || parsePeerId(map.peer) === undefined) throw malformed('it names no peer')
  if (!isCount(map.expires) || map.expires > MAX_TIME || !isUses(map.uses) || typeof map.shared !== 'boolean') {
    throw malformed('its terms can not be read')
  }
  return {
    chain,
    secret: map.secret,
    peer: map.peer,
    addresses: decodeAddresses(map.addresses),
    expires: new Date(map.expires),
    uses: map.uses,
    shared: map.shared
  }
}

/** The Ed25519 seed that an invitation's secret stands for: HKDF-SHA256 (RFC 5869). */
export function invitationSigningKey(secret: Uint8Array): Uint8Array {
  return hkdf(sha256, secret, undefined, INVITATION_KEY_DOMAIN, 32)
}

/** How an invitation is named: nothing that lets anybody use it. */
export function invitationId(publicKey: Uint8Array): string {
  return base64urlnopad.encode(sha256(publicKey).subarray(0, 16))
}

export function isUses(value: unknown): value is number {
  return isCount(value) && value >= 1 && value <= MAX_INVITATION_USES
}

function decodeAddresses(value: unknown): Multiaddr[] {
  if (!Array.isArray(value) || value.length > MAX_INVITATION_ADDRESSES) throw malformed('its addresses can not be read')
  return value.map((bytes) => {
    try {
      const address = bytes instanceof Uint8Array ? multiaddr(bytes) : undefined
      if (isMultiaddr(address)) return address
    } catch (cause) {
      throw malformed('one of its addresses can not be read', cause)
    }
    throw malformed('one of its addresses can not be read')
  })
}

function malformed(explanation: string, cause?: unknown): InvitationError {
  return new InvitationError('malformed', { cause: new InvalidArgumentError('invitation', explanation, { cause }) })
}
