import type { AbortOptions } from '@libp2p/interface'
import type { RawBlock } from 'walytis/interface'
import { isRefused, type Refused } from '../encoding/canonical.ts'
import { HandshakeError } from '../errors.ts'
import type { IdentityState } from '../identity/verify-evidence.ts'
import type { Did } from '../interface/did.ts'
import type { FramedStream } from './framed-stream.ts'
import {
  type Claimed,
  checkInitiator,
  confirmed,
  type Ends,
  finishInitiator,
  finishResponder,
  type HandshakeComponents,
  hello,
  helloBack,
  type Known,
  openInitiator,
  openResponder,
  proveInitiator,
  proveResponder
} from './handshake.ts'
import type { SessionKeys } from './key-schedule.ts'
import type { SessionDevice } from './seams.ts'

/** Moves the messages of a handshake over a stream. What to believe is decided in `handshake.ts` and by the two functions given here. */
export interface RunnerComponents extends HandshakeComponents {
  /** What evidence proves of an identity: `verifyIdentityEvidence`. */
  verifyEvidence(did: Did, evidence: readonly RawBlock[]): Promise<IdentityState | Refused>
}

/** How a responder meets an initiator. */
export interface Reception {
  /** Whom the initiator's tags call for; undefined refuses it. */
  recognise(claimed: Claimed): Recognised | undefined
  /** Asked once the initiator has proved who it is and before this side says anything of itself. Throwing refuses. */
  admit(remote: IdentityState, recognised: Recognised, options: AbortOptions): Promise<void>
}

export interface Recognised {
  readonly device: SessionDevice
  readonly key: Uint8Array
}

export interface Established {
  readonly keys: SessionKeys
  readonly local: Did
  readonly remote: IdentityState
}

/** @throws {HandshakeError} for whatever goes wrong, refusals included */
export async function initiate(
  stream: FramedStream,
  ends: Ends,
  own: { readonly device: SessionDevice; readonly known: Known; admit(remote: IdentityState): void },
  components: RunnerComponents,
  options: AbortOptions
): Promise<Established> {
  const { device, known } = own
  const first = hello(ends, components)
  await stream.write(first.message, options)
  const evidence = await device.evidence(options)
  const reply = await receive(stream, options)
  const proved = await proveInitiator(first.state, reply, { device, evidence, known }, components)
  await stream.write(proved.message, options)
  const answered = openResponder(proved.state, await receive(stream, options), known)
  const remote = await identify(answered.proof, components)
  own.admit(remote)
  const finished = await finishInitiator(answered, device, remote.keys)
  await stream.write(finished.message, options)
  const keys = confirmed(finished.state, await receive(stream, options))
  return { keys, local: device.did, remote }
}

/** @throws {HandshakeError} for whatever goes wrong, refusals included */
export async function respond(
  stream: FramedStream,
  ends: Ends,
  { recognise, admit }: Reception,
  components: RunnerComponents,
  options: AbortOptions
): Promise<Established> {
  const first = helloBack(ends, await receive(stream, options), components)
  await stream.write(first.message, options)
  const claimed = openInitiator(first.state, await receive(stream, options), components)
  const recognised = recognise(claimed)
  if (recognised === undefined) {
    throw new HandshakeError('stranger')
  }
  const remote = await identify(claimed.proof, components)
  checkInitiator(claimed, remote.keys)
  await admit(remote, recognised, options)
  const { device, key } = recognised
  const evidence = await device.evidence(options)
  const proved = await proveResponder(claimed, { device, evidence, key }, remote.keys)
  await stream.write(proved.message, options)
  const finished = await finishResponder(proved.state, await receive(stream, options), device)
  await stream.write(finished.message, options)
  return { keys: finished.session, local: device.did, remote }
}

async function identify(
  { did, evidence }: { readonly did: Did; readonly evidence: readonly RawBlock[] },
  components: RunnerComponents
): Promise<IdentityState> {
  const state = await components.verifyEvidence(did, evidence)
  if (isRefused(state)) {
    throw new HandshakeError(`evidence: ${state.rule}`)
  }
  return state
}

async function receive(stream: FramedStream, options: AbortOptions): Promise<Uint8Array> {
  const message = await stream.read(options)
  if (message === undefined) {
    throw new HandshakeError('refused')
  }
  return message
}
