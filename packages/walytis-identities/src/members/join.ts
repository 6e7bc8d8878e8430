import type { AbortOptions } from '@libp2p/interface'
import type { Device } from '../device.ts'
import { consentBytes, proofBytes, verifierOf } from '../events/verify.ts'
import { peersIn } from '../group/parts.ts'
import { InvitationError } from '../group-errors.ts'
import type { Group, Identity } from '../interface/group.ts'
import { suiteOf } from '../keys/suite.ts'
import type { SessionManager } from '../session/session-manager.ts'
import { guestKey, invitationKeys, type TextInvitation } from './invite.ts'
import { decodeJoinAnswer, encodeJoinRequest, type Welcome } from './join-messages.ts'
import {
  commitmentTo,
  decodeLinkNonce,
  encodeLinkCommitment,
  encodeLinkReveal,
  linkCode,
  NONCE_BYTES
} from './link-code.ts'
import { evidenceOf } from './mirror.ts'

/** Milliseconds until the admitting side answers: it may have to write several blocks first. */
const ANSWER_TIMEOUT = 30_000
/** The same, where a user has to compare codes first: a little longer than a device link lives. */
const LINK_TIMEOUT = 11 * 60 * 1000

/** Who joins, and by what. */
export interface JoinInit {
  readonly manager: Pick<SessionManager, 'openAsGuest'>
  readonly invitation: TextInvitation
  readonly member: Identity | Group
  readonly device: Device
  readonly randomBytes: (length: number) => Uint8Array
  /** Shown the code of a device link. */
  readonly onCode: (code: string) => void
}

/** The invited side of joining: show the invitation, who one is and that one agrees; be given the keys. */
export interface Joined extends Welcome {
  /** The peer that admitted us. */
  readonly by: string
}

/**
 * Ask those whom the invitation names, one after the other, to be admitted.
 *
 * @throws {InvitationError} `unreachable` when none answered, `refused` when one refused
 */
export async function askToJoin(init: JoinInit, options: AbortOptions = {}): Promise<Joined> {
  const request = await requestOf(init)
  let failure: unknown
  for (const peer of peersIn(init.invitation.details.peers)) {
    try {
      return { ...(await askOne(init, peer, request, options)), by: peer.toString() }
    } catch (error) {
      options.signal?.throwIfAborted()
      if (error instanceof InvitationError) {
        throw error
      }
      failure = error
    }
  }
  throw new InvitationError('unreachable', { cause: failure })
}

async function requestOf({ invitation, member, device }: JoinInit): Promise<Uint8Array> {
  const { details } = invitation
  const terms = {
    group: details.group,
    invitation: details.invitation,
    inviter: details.inviter,
    member: member.did,
    device: device.did,
    keys: device.keys
  }
  const keys = invitationKeys(details.secret)
  const consent = {
    device: device.did,
    signature: await device.sign(consentBytes(terms)),
    keys,
    proof: suiteOf(keys).sign(keys, proofBytes(terms))
  }
  return encodeJoinRequest({ member: member.did, consent, blocks: await evidenceOf(member) })
}

async function askOne(
  { manager, invitation, device, randomBytes, onCode }: JoinInit,
  peer: ReturnType<typeof peersIn>[number],
  request: Uint8Array,
  { signal }: AbortOptions
): Promise<Welcome> {
  const timeout = AbortSignal.timeout(invitation.link ? LINK_TIMEOUT : ANSWER_TIMEOUT)
  const options = { signal: signal == null ? timeout : AbortSignal.any([signal, timeout]) }
  const { group, secret } = invitation.details
  const key = guestKey(verifierOf(invitationKeys(secret)))
  const channel = await manager.openAsGuest({ peer, group, device, key, ...options })
  const abort = (): void => channel.abort(new TypeError('no answer in time'))
  options.signal.addEventListener('abort', abort, { once: true })
  try {
    const messages = channel.messages()[Symbol.asyncIterator]()
    const next = async (): Promise<Uint8Array> => {
      const { done, value } = await messages.next()
      if (done === true) {
        throw new InvitationError('refused')
      }
      return value
    }
    if (invitation.link) {
      const joinerNonce = randomBytes(NONCE_BYTES)
      await channel.send(encodeLinkCommitment(commitmentTo(request, joinerNonce)), options)
      const inviterNonce = decodeLinkNonce(await next())
      if (inviterNonce === undefined) {
        throw new InvitationError('refused')
      }
      const [inviting, joining] = [channel.device, device.did]
      const { invitation: id } = invitation.details
      onCode(linkCode({ group, invitation: id, inviting, joining, request, inviterNonce, joinerNonce }))
      await channel.send(encodeLinkReveal({ nonce: joinerNonce, request }), options)
    } else {
      await channel.send(request, options)
    }
    const welcome = decodeJoinAnswer(await next())
    await channel.close(options)
    if (welcome === undefined) {
      throw new InvitationError('refused')
    }
    return welcome
  } finally {
    options.signal.removeEventListener('abort', abort)
  }
}
