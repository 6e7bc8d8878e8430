import { encode } from '@ipld/dag-cbor'
import type { AbortOptions, PeerId } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import { isBlockId } from '../block/id.ts'
import { decodeCanonical, hasFields, isBytes } from '../canonical.ts'
import {
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SIGNATURE_BYTES,
  ed25519PublicKey,
  signEd25519,
  verifyEd25519
} from '../crypto/ed25519.ts'
import { MULTIKEY_BYTES, multikeyOf, parseMultikey } from '../crypto/multikey.ts'
import { JOIN_DOMAIN } from '../domains.ts'
import { InvitationError } from '../errors.ts'
import type { BlockId, Signer } from '../interface/index.ts'
import type { Frames } from '../sync/framing.ts'
import { ACCESS_KEY_BYTES } from './access.ts'
import { type InvitationDetails, invitationSigningKey } from './invitation.ts'

/**
 * Proving an invitation (docs/protocol.md, "Join"): the member sends a fresh challenge; the joiner signs it, with both peer
 * ids, the chain and its own key, by the invitation's key and by its own; the member answers with the chain's access key, or
 * with nothing. All refusals are the same bytes.
 */

export const JOIN_PROTOCOL = '/walytis/join/1.0.0'
export const MAX_JOIN_MESSAGE_BYTES = 1024
const CHALLENGE_BYTES = 32
/** Milliseconds for the whole exchange. */
export const JOIN_DEADLINE = 20_000

/** What both signatures cover. Peer ids as strings; the joiner's key as a multikey. */
export interface JoinTranscript {
  readonly challenge: Uint8Array
  readonly inviter: string
  readonly joiner: string
  readonly chain: BlockId
  readonly key: Uint8Array
}

export interface JoinProof {
  readonly chain: BlockId
  /** The joiner's own key. */
  readonly key: Uint8Array
  readonly invitation: Uint8Array
  readonly invitationSignature: Uint8Array
  readonly signature: Uint8Array
}

export function transcriptBytes(transcript: JoinTranscript): Uint8Array {
  const map = encode({ ...transcript })
  const bytes = new Uint8Array(JOIN_DOMAIN.length + map.length)
  bytes.set(JOIN_DOMAIN)
  bytes.set(map, JOIN_DOMAIN.length)
  return bytes
}

/** Whether a proof answers this challenge, from this peer, to this one. */
export function verifyJoinProof(proof: JoinProof, challenge: Uint8Array, inviter: string, joiner: string): boolean {
  const { chain, key, invitation, invitationSignature, signature } = proof
  const own = parseMultikey(key)
  const message = transcriptBytes({ challenge, inviter, joiner, chain, key })
  return (
    own !== undefined &&
    verifyEd25519(invitation, message, invitationSignature) &&
    verifyEd25519(own.raw, message, signature)
  )
}

export const encodeChallenge = (challenge: Uint8Array): Uint8Array => encode({ v: 1, type: 'challenge', challenge })

export function decodeChallenge(bytes: Uint8Array): Uint8Array | undefined {
  const map = decodeCanonical(bytes, MAX_JOIN_MESSAGE_BYTES)
  if (!hasFields(map, ['v', 'type', 'challenge']) || map.v !== 1 || map.type !== 'challenge') return undefined
  return isBytes(map.challenge, CHALLENGE_BYTES, CHALLENGE_BYTES) ? map.challenge : undefined
}

export const encodeProof = (proof: JoinProof): Uint8Array => encode({ v: 1, type: 'proof', ...proof })

/** @returns undefined when the bytes are no proof; never throws */
export function decodeProof(bytes: Uint8Array): JoinProof | undefined {
  const map = decodeCanonical(bytes, MAX_JOIN_MESSAGE_BYTES)
  if (!hasFields(map, ['v', 'type', 'chain', 'key', 'invitation', 'invitationSignature', 'signature'])) return undefined
  const { v, type, key, invitation, invitationSignature, signature } = map
  const chain = CID.asCID(map.chain)
  if (
    v !== 1 ||
    type !== 'proof' ||
    chain === null ||
    !isBlockId(chain) ||
    !isBytes(key, MULTIKEY_BYTES, MULTIKEY_BYTES)
  )
    return undefined
  if (!isBytes(invitation, ED25519_PUBLIC_KEY_BYTES, ED25519_PUBLIC_KEY_BYTES)) return undefined
  if (!isSignature(invitationSignature) || !isSignature(signature)) return undefined
  return { chain, key, invitation, invitationSignature, signature }
}

/** @param access undefined: refused */
export const encodeAnswer = (access: Uint8Array | undefined): Uint8Array =>
  encode({ v: 1, type: 'answer', access: access ?? null })

/** @returns null when refused, undefined when the bytes are no answer */
export function decodeAnswer(bytes: Uint8Array): Uint8Array | null | undefined {
  const map = decodeCanonical(bytes, MAX_JOIN_MESSAGE_BYTES)
  if (!hasFields(map, ['v', 'type', 'access']) || map.v !== 1 || map.type !== 'answer') return undefined
  if (map.access === null) return null
  return isBytes(map.access, ACCESS_KEY_BYTES, ACCESS_KEY_BYTES) ? map.access : undefined
}

const isSignature = (value: unknown): value is Uint8Array =>
  isBytes(value, ED25519_SIGNATURE_BYTES, ED25519_SIGNATURE_BYTES)

export interface AnswerJoinInit {
  readonly self: PeerId
  readonly randomBytes: (length: number) => Uint8Array
  /** Decides, and makes the decision durable. */
  admit(chain: string, invitation: Uint8Array, joiner: Uint8Array): Promise<Uint8Array | undefined>
}

/** The member's side of one stream. */
export async function answerJoin(frames: Frames, joiner: PeerId, init: AnswerJoinInit): Promise<void> {
  const options = { signal: AbortSignal.timeout(JOIN_DEADLINE) }
  const challenge = init.randomBytes(CHALLENGE_BYTES)
  await frames.write([encodeChallenge(challenge)], options)
  const proof = decodeProof(await frames.read(options))
  const isProved = proof !== undefined && verifyJoinProof(proof, challenge, init.self.toString(), joiner.toString())
  const access = isProved ? await init.admit(proof.chain.toString(), proof.invitation, proof.key) : undefined
  await frames.write([encodeAnswer(access)], options)
  await frames.close(options)
}

/**
 * The joiner's side of one stream.
 *
 * @returns the chain's access key
 * @throws {InvitationError} `refused`
 */
export async function requestJoin(
  frames: Frames,
  peers: { readonly self: PeerId; readonly inviter: PeerId },
  invitation: InvitationDetails,
  signer: Signer,
  options: AbortOptions
): Promise<Uint8Array> {
  const challenge = decodeChallenge(await frames.read(options))
  if (challenge === undefined) throw new InvitationError('refused')
  const seed = invitationSigningKey(invitation.secret)
  const { chain } = invitation
  const key = multikeyOf(signer.publicKey)
  const message = transcriptBytes({
    challenge,
    inviter: peers.inviter.toString(),
    joiner: peers.self.toString(),
    chain,
    key
  })
  const signature = await signer.sign(message, options)
  const invitationSignature = signEd25519(seed, message)
  await frames.write(
    [encodeProof({ chain, key, invitation: ed25519PublicKey(seed), invitationSignature, signature })],
    options
  )
  const access = decodeAnswer(await frames.read(options))
  await frames.close(options)
  if (access === null || access === undefined) throw new InvitationError('refused')
  return access
}
