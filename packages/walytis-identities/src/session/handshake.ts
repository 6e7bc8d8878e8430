import { equalBytes } from '@noble/ciphers/utils.js'
import type { RawBlock } from 'walytis/interface'
import { SESSION_PROTOCOL } from '../constants.ts'
import { bound, domainBytes, domains } from '../domains.ts'
import { HandshakeError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import type { PublicKeySet } from '../keys/key-set.ts'
import { suiteOf } from '../keys/suite.ts'
import type { Suite } from '../keys/suite-interface.ts'
import {
  decodeConfirm,
  decodeHello,
  decodeHelloBack,
  decodeInitiatorProof,
  decodeKeyMessage,
  decodeResponderProof,
  decodeSealedProof,
  encodeMessage,
  type InitiatorProof,
  type ResponderProof
} from './handshake-messages.ts'
import {
  extendTranscript,
  type HandshakeKeys,
  handshakeKeys,
  mac,
  type Role,
  type SessionKeys,
  seal,
  sessionKeys,
  unseal
} from './key-schedule.ts'
import type { SessionDevice } from './seams.ts'

/**
 * The handshake between two devices, as steps from values to values; `handshake-runner.ts` moves the messages. `docs/protocol.md` says what
 * each step is for. In short: two ephemeral X-Wing keys give keys under which the initiator proves first that it knows a rendezvous key (or
 * an invitation), then who it is; only then does the responder say anything of itself. Each signs who talks to whom in which role and all that was
 * said; the session's secret comes from both ephemeral and both static keys.
 *
 * Every function throws `HandshakeError` for a message that is not as it must be.
 */

/** The two ends of the connection, as the transport has authenticated them (peer ids as text). */
export interface Ends {
  readonly initiator: string
  readonly responder: string
}

/** What the steps need from outside; the suite is that of the ephemeral keys. */
export interface HandshakeComponents {
  readonly suite: Pick<Suite, 'encapsulate' | 'decapsulate' | 'kemPublicKey'>
  readonly randomBytes: (length: number) => Uint8Array
}

/** How a side shows that it is not a stranger. */
export interface Known {
  /** Rendezvous keys, or one key of an invitation. */
  readonly keys: readonly Uint8Array[]
  /** The device that the initiator wants to talk to; undefined: whichever knows one of the keys. */
  readonly target?: Did | undefined
}

interface Base {
  readonly ends: Ends
  readonly transcript: Uint8Array
}

export interface Started extends Base {
  readonly ephemeralSecret: Uint8Array
}

export interface Proved extends Base {
  readonly keys: HandshakeKeys
}

/** The initiator's claim, opened but not believed yet. */
export interface Claimed extends Proved {
  readonly proof: InitiatorProof
  /** Transcript that tags and signature are about. */
  readonly signed: Uint8Array
}

/** The responder's claim, opened but not believed yet. */
export interface Answered extends Proved {
  readonly proof: ResponderProof
  readonly signed: Uint8Array
}

export interface Completed {
  readonly session: SessionKeys
  readonly transcript: Uint8Array
  readonly keys: HandshakeKeys
}

/** 1, initiator. */
export function hello(
  ends: Ends,
  { suite, randomBytes }: HandshakeComponents
): { state: Started; message: Uint8Array } {
  const ephemeralSecret = randomBytes(32)
  const message = encodeMessage({ ephemeral: suite.kemPublicKey(ephemeralSecret) })
  return { state: { ends, ephemeralSecret, transcript: extendTranscript(firstTranscript(ends), message) }, message }
}

/** 2, responder. `encapsulated` is the secret under the initiator's ephemeral key. */
export function helloBack(
  ends: Ends,
  received: Uint8Array,
  { suite, randomBytes }: HandshakeComponents
): { state: Started & { readonly encapsulated: Uint8Array }; message: Uint8Array } {
  const { ephemeral } = decodeHello(received) ?? refuse('hello')
  const { secret, ciphertext } = suite.encapsulate(ephemeral) ?? refuse('ephemeral-key')
  const ephemeralSecret = randomBytes(32)
  const message = encodeMessage({ ephemeral: suite.kemPublicKey(ephemeralSecret), ciphertext })
  const transcript = extendTranscript(extendTranscript(firstTranscript(ends), received), message)
  return { state: { ends, ephemeralSecret, encapsulated: secret, transcript }, message }
}

/** 3, initiator: show knowledge of a key, then who we are. */
export async function proveInitiator(
  state: Started,
  received: Uint8Array,
  own: { readonly device: SessionDevice; readonly evidence: readonly RawBlock[]; readonly known: Known },
  { suite }: HandshakeComponents
): Promise<{ state: Proved; message: Uint8Array }> {
  const { ephemeral, ciphertext } = decodeHelloBack(received) ?? refuse('hello-back')
  const first = suite.decapsulate(state.ephemeralSecret, ciphertext) ?? refuse('encapsulation')
  const second = suite.encapsulate(ephemeral) ?? refuse('ephemeral-key')
  const said = extendTranscript(extendTranscript(state.transcript, received), second.ciphertext)
  const keys = handshakeKeys([first, second.secret], said)
  state.ephemeralSecret.fill(0)
  const { did } = own.device
  const { target } = own.known
  const tags = own.known.keys.map((key) => tagOf(key, 'initiator', said, target))
  const targeted = target !== undefined
  const signature = await own.device.sign(initiatorBytes(state.ends, said, { did, tags, targeted }))
  const proof = encodeMessage({ did, evidence: own.evidence, tags, targeted, signature })
  const message = encodeMessage({ ciphertext: second.ciphertext, sealed: seal(keys.initiator, 0, proof, said) })
  return { state: { ends: state.ends, keys, transcript: extendTranscript(said, message) }, message }
}

/** After 3, responder: open the claim. Whether to believe it is the caller's to find out, by `matchesTag`, then `checkInitiator`. */
export function openInitiator(
  state: Started & { readonly encapsulated: Uint8Array },
  received: Uint8Array,
  { suite }: HandshakeComponents
): Claimed {
  const { ciphertext, sealed } = decodeSealedProof(received) ?? refuse('initiator-proof')
  const second = suite.decapsulate(state.ephemeralSecret, ciphertext) ?? refuse('encapsulation')
  const signed = extendTranscript(state.transcript, ciphertext)
  const keys = handshakeKeys([state.encapsulated, second], signed)
  state.ephemeralSecret.fill(0)
  state.encapsulated.fill(0)
  const opened = unseal(keys.initiator, 0, sealed, signed) ?? refuse('initiator-proof')
  const proof = decodeInitiatorProof(opened) ?? refuse('initiator-proof')
  return { ends: state.ends, keys, signed, transcript: extendTranscript(signed, received), proof }
}

/** Whether the initiator knows `key` and means the device `own`, or any. */
export function matchesTag({ proof, signed }: Claimed, key: Uint8Array, own: Did): boolean {
  const expected = tagOf(key, 'initiator', signed, proof.targeted ? own : undefined)
  return proof.tags.some((tag) => equalBytes(tag, expected))
}

/** Whether the claim was signed with the keys that the evidence proves. */
export function checkInitiator({ ends, proof, signed }: Claimed, keys: PublicKeySet): void {
  if (!suiteOf(keys).verify(keys, initiatorBytes(ends, signed, proof), proof.signature)) {
    refuse('initiator-signature')
  }
}

/** 4, responder: `key` is the one that matched. `encapsulated` is the secret under the initiator's static key. */
export async function proveResponder(
  state: Claimed,
  own: { readonly device: SessionDevice; readonly evidence: readonly RawBlock[]; readonly key: Uint8Array },
  theirs: PublicKeySet,
  encapsulate: Suite['encapsulate'] = suiteOf(theirs).encapsulate
): Promise<{ state: Proved & { readonly encapsulated: Uint8Array }; message: Uint8Array }> {
  const { secret, ciphertext } = encapsulate(theirs.kem) ?? refuse('static-key')
  const { did } = own.device
  const tag = tagOf(own.key, 'responder', state.transcript)
  const signature = await own.device.sign(
    responderBytes(state.ends, state.transcript, { did, tag, ciphertext }, state.proof.did)
  )
  const proof = encodeMessage({ did, evidence: own.evidence, tag, ciphertext, signature })
  const message = seal(state.keys.responder, 0, proof, state.transcript)
  const transcript = extendTranscript(state.transcript, message)
  return { state: { ends: state.ends, keys: state.keys, transcript, encapsulated: secret }, message }
}

/** After 4, initiator: open the answer, which must know one of the keys and be the device asked for. */
export function openResponder(state: Proved, received: Uint8Array, { keys, target }: Known): Answered {
  const opened = unseal(state.keys.responder, 0, received, state.transcript) ?? refuse('responder-proof')
  const proof = decodeResponderProof(opened) ?? refuse('responder-proof')
  const known = keys.some((key) => equalBytes(proof.tag, tagOf(key, 'responder', state.transcript)))
  if (!known || (target !== undefined && proof.did !== target)) {
    refuse('responder-tag')
  }
  return { ...state, proof, signed: state.transcript, transcript: extendTranscript(state.transcript, received) }
}

/** 5, initiator: check who answered, then both know all that the session's secret comes from. */
export async function finishInitiator(
  { ends, keys, proof, signed, transcript }: Answered,
  device: SessionDevice,
  theirs: PublicKeySet,
  encapsulate: Suite['encapsulate'] = suiteOf(theirs).encapsulate
): Promise<{ state: Completed; message: Uint8Array }> {
  if (!suiteOf(theirs).verify(theirs, responderBytes(ends, signed, proof, device.did), proof.signature)) {
    refuse('responder-signature')
  }
  const toInitiator = await decapsulate(device, proof.ciphertext)
  const { secret: toResponder, ciphertext } = encapsulate(theirs.kem) ?? refuse('static-key')
  const said = extendTranscript(transcript, ciphertext)
  const session = sessionKeys(keys.root, [toInitiator, toResponder], said)
  const confirm = mac(session.confirm.initiator, said)
  const message = seal(keys.initiator, 1, encodeMessage({ ciphertext, confirm }), transcript)
  return { state: { session, keys, transcript: extendTranscript(said, message) }, message }
}

/** 6, responder. */
export async function finishResponder(
  { keys, transcript, encapsulated }: Proved & { readonly encapsulated: Uint8Array },
  received: Uint8Array,
  device: SessionDevice
): Promise<{ session: SessionKeys; message: Uint8Array }> {
  const opened = unseal(keys.initiator, 1, received, transcript) ?? refuse('key')
  const { ciphertext, confirm } = decodeKeyMessage(opened) ?? refuse('key')
  const toResponder = await decapsulate(device, ciphertext)
  const said = extendTranscript(transcript, ciphertext)
  const session = sessionKeys(keys.root, [encapsulated, toResponder], said)
  if (!equalBytes(confirm, mac(session.confirm.initiator, said))) {
    refuse('confirmation')
  }
  const last = extendTranscript(said, received)
  const message = seal(keys.responder, 1, encodeMessage({ confirm: mac(session.confirm.responder, last) }), last)
  eraseHandshake(keys)
  return { session, message }
}

/** After 6, initiator: the responder has the same secret. */
export function confirmed({ session, keys, transcript }: Completed, received: Uint8Array): SessionKeys {
  const opened = unseal(keys.responder, 1, received, transcript) ?? refuse('confirmation')
  const confirm = decodeConfirm(opened) ?? refuse('confirmation')
  if (!equalBytes(confirm, mac(session.confirm.responder, transcript))) {
    refuse('confirmation')
  }
  eraseHandshake(keys)
  return session
}

function firstTranscript({ initiator, responder }: Ends): Uint8Array {
  return extendTranscript(
    domainBytes(domains.handshake),
    bound(domains.handshake, [SESSION_PROTOCOL, initiator, responder])
  )
}

function tagOf(key: Uint8Array, role: Role, transcript: Uint8Array, target?: Did): Uint8Array {
  return mac(key, bound(domains.handshakeTag, { role, transcript, target: target ?? null }))
}

function initiatorBytes(
  { initiator, responder }: Ends,
  transcript: Uint8Array,
  { did, tags, targeted }: Pick<InitiatorProof, 'did' | 'tags' | 'targeted'>
): Uint8Array {
  const said = { protocol: SESSION_PROTOCOL, initiator, responder, transcript, did, tags, targeted }
  return bound(domains.handshakeInitiator, said)
}

function responderBytes(
  { initiator, responder }: Ends,
  transcript: Uint8Array,
  { did, tag, ciphertext }: Pick<ResponderProof, 'did' | 'tag' | 'ciphertext'>,
  initiatorDid: Did
): Uint8Array {
  const said = { protocol: SESSION_PROTOCOL, initiator, responder, transcript, did, tag, ciphertext, initiatorDid }
  return bound(domains.handshakeResponder, said)
}

async function decapsulate(device: SessionDevice, ciphertext: Uint8Array): Promise<Uint8Array> {
  try {
    return await device.decapsulate(ciphertext)
  } catch (error) {
    throw new HandshakeError('encapsulation', { cause: error })
  }
}

function eraseHandshake({ root, initiator, responder }: HandshakeKeys): void {
  for (const key of [root, initiator, responder]) {
    key.fill(0)
  }
}

function refuse(rule: string): never {
  throw new HandshakeError(rule)
}
