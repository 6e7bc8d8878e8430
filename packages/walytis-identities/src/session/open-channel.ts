import type { AbortOptions } from '@libp2p/interface'
import { CHANNEL_EPOCHS_LIMIT, RENDEZVOUS_KEYS_LIMIT } from '../constants.ts'
import { HandshakeError, NotMemberError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import type { FramedStream } from './framed-stream.ts'
import { channelKeys, type DirectionKeys, openingKeys, seal, unseal } from './key-schedule.ts'
import {
  channelTag,
  decodeFinalReply,
  decodeMoreEvidence,
  decodeOpenReply,
  decodeOpenRequest,
  decodeReplyEnvelope,
  encodeOpening,
  findByTag,
  NONCE_BYTES,
  type OpenEnvelope
} from './opening.ts'
import type { EpochSecret, SessionGroup } from './seams.ts'
import type { Session } from './session.ts'

/** The two sides of opening a channel on a session. Membership is settled here for the first time; the channel asks again at each message. */

export interface OpeningComponents {
  readonly randomBytes: (length: number) => Uint8Array
}

/** How the opener takes part: as a member of the group, or by an invitation. */
export type OpenerStance =
  | { readonly group: SessionGroup }
  | { readonly guest: { readonly group: Did; readonly key: Uint8Array } }

export interface Opened {
  readonly keys: DirectionKeys
  readonly member: Did
}

/**
 * Open a channel for a protocol.
 *
 * @throws {HandshakeError} when the other side refuses or breaks the rules
 * @throws {NotMemberError} when it can't show that it is a member
 */
export async function openAsInitiator(
  session: Session,
  stream: FramedStream,
  protocol: string,
  stance: OpenerStance,
  { randomBytes }: OpeningComponents,
  options: AbortOptions
): Promise<Opened> {
  const nonce = randomBytes(NONCE_BYTES)
  const sealing = openingKeys(session.secret, nonce)
  const group = 'group' in stance ? stance.group : undefined
  const ownKeys = 'group' in stance ? stance.group.rendezvousKeys().slice(0, RENDEZVOUS_KEYS_LIMIT) : [stance.guest.key]
  const tags = ownKeys.map((key) => channelTag(key, 'initiator', session.idBytes, nonce))
  const known = group === undefined || group.memberOf(session.remote) !== undefined
  const request = encodeOpening({ tags, protocol, epochs: known ? epochIds(group) : [], known })
  const sealed = seal(sealing.initiator, 0, request, session.idBytes)
  await stream.write(encodeOpening({ session: session.idBytes, nonce, sealed }), options)

  const envelope = decodeReplyEnvelope(await receive(stream, options)) ?? refuse('reply')
  const opened = unseal(sealing.responder, 0, envelope.sealed, envelope.nonce) ?? refuse('reply')
  const reply = decodeOpenReply(opened) ?? refuse('reply')
  const expected = ownKeys.map((key) => ({ key, value: undefined }))
  if (
    findByTag(expected, [reply.tag], (key) => channelTag(key, 'responder', session.idBytes, envelope.nonce)) ===
    undefined
  ) {
    refuse('reply-tag')
  }
  let { epoch, evidence }: { epoch: string | null; evidence: typeof reply.evidence } = reply
  if (reply.more) {
    const more = encodeOpening({ evidence: (await group?.evidence(options)) ?? [], epochs: epochIds(group) })
    await stream.write(seal(sealing.initiator, 1, more), options)
    const final = unseal(sealing.responder, 1, await receive(stream, options)) ?? refuse('final-reply')
    ;({ epoch, evidence } = decodeFinalReply(final) ?? refuse('final-reply'))
  }
  const member =
    group === undefined ? session.remote : await memberBehind(group, session.remote, [...evidence], options)
  if (member === undefined) {
    throw new NotMemberError(group?.did ?? '', session.remote)
  }
  const named = 'group' in stance ? stance.group.did : stance.guest.group
  const shared = epoch === null ? undefined : (findEpoch(group, [epoch]) ?? refuse('epoch'))
  const nonces = [nonce, envelope.nonce] as const
  return { keys: channelKeys(session.secret, { group: named, protocol, nonces, epoch: shared }), member }
}

/** What an opening turned out to be for. */
export interface Accepted extends Opened {
  readonly group: SessionGroup
  readonly protocol: string
  /** The invitation that the opener proved, when it is no member. */
  readonly invitation: string | undefined
}

/**
 * Answer somebody who opens a channel.
 *
 * @param groups those in which this session's device acts
 * @param takes whether there is somebody to take the protocol
 * @throws {HandshakeError} to refuse: the caller resets the stream, whatever the reason was
 */
export async function openAsResponder(
  session: Session,
  stream: FramedStream,
  envelope: OpenEnvelope,
  groups: readonly SessionGroup[],
  takes: (group: SessionGroup, protocol: string) => boolean,
  { randomBytes }: OpeningComponents,
  options: AbortOptions
): Promise<Accepted> {
  const sealing = openingKeys(session.secret, envelope.nonce)
  const opened = unseal(sealing.initiator, 0, envelope.sealed, session.idBytes) ?? refuse('request')
  const { tags, protocol, epochs, known } = decodeOpenRequest(opened) ?? refuse('request')
  const nonce = randomBytes(NONCE_BYTES)
  const answer = async (tag: Uint8Array, rest: object) => {
    const sealed = seal(sealing.responder, 0, encodeOpening({ tag, ...rest }), nonce)
    await stream.write(encodeOpening({ nonce, sealed }), options)
  }
  const found = findByTag(candidates(groups), tags, (key) =>
    channelTag(key, 'initiator', session.idBytes, envelope.nonce)
  )
  if (found === undefined) {
    // the same to look at as a member's asking for evidence
    await answer(randomBytes(32), { more: true, epoch: null, evidence: [] })
    await receive(stream, options)
    return refuse('stranger')
  }
  const { group, invitation } = found.value
  const tag = channelTag(found.key, 'responder', session.idBytes, nonce)
  const nonces = [envelope.nonce, nonce] as const
  if (invitation !== undefined) {
    await answer(tag, { more: false, epoch: null, evidence: [] })
    const keys = channelKeys(session.secret, { group: group.did, protocol, nonces })
    return { keys, member: session.remote, group, protocol, invitation }
  }
  let member = group.memberOf(session.remote)
  let epoch: EpochSecret | undefined
  if (member !== undefined && takes(group, protocol)) {
    epoch = findEpoch(group, epochs)
    const evidence = known ? [] : await group.evidence(options)
    await answer(tag, { more: false, epoch: epoch?.id ?? null, evidence })
  } else {
    await answer(tag, { more: true, epoch: null, evidence: [] })
    const more = unseal(sealing.initiator, 1, await receive(stream, options)) ?? refuse('evidence')
    const presented = decodeMoreEvidence(more) ?? refuse('evidence')
    member = await memberBehind(group, session.remote, [...presented.evidence], options)
    if (member === undefined || !takes(group, protocol)) {
      return refuse('not-a-member')
    }
    epoch = findEpoch(group, presented.epochs)
    const evidence = known ? [] : await group.evidence(options)
    await stream.write(seal(sealing.responder, 1, encodeOpening({ epoch: epoch?.id ?? null, evidence })), options)
  }
  const keys = channelKeys(session.secret, { group: group.did, protocol, nonces, epoch })
  return { keys, member, group, protocol, invitation: undefined }
}

async function memberBehind(
  group: SessionGroup,
  device: Did,
  evidence: Parameters<SessionGroup['present']>[1],
  options: AbortOptions
): Promise<Did | undefined> {
  return group.memberOf(device) ?? group.present(device, evidence, options)
}

interface Candidate {
  readonly group: SessionGroup
  readonly invitation: string | undefined
}

function* candidates(groups: readonly SessionGroup[]): Generator<{ key: Uint8Array; value: Candidate }> {
  for (const group of groups) {
    for (const key of group.rendezvousKeys().slice(0, RENDEZVOUS_KEYS_LIMIT)) {
      yield { key, value: { group, invitation: undefined } }
    }
    for (const { id, key } of group.guestKeys()) {
      yield { key, value: { group, invitation: id } }
    }
  }
}

function epochIds(group: SessionGroup | undefined): string[] {
  return (group?.epochSecrets() ?? []).slice(0, CHANNEL_EPOCHS_LIMIT).map(({ id }) => id)
}

function findEpoch(group: SessionGroup | undefined, ids: readonly string[]): EpochSecret | undefined {
  return group?.epochSecrets().find(({ id }) => ids.includes(id))
}

async function receive(stream: FramedStream, options: AbortOptions): Promise<Uint8Array> {
  return (await stream.read(options)) ?? refuse('refused')
}

function refuse(rule: string): never {
  throw new HandshakeError(rule)
}
