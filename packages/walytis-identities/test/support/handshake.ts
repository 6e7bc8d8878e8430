import { sha256 } from '@noble/hashes/sha2.js'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { didOf } from '../../src/did.ts'
import type { Did } from '../../src/interface/did.ts'
import type { KeySetWithSecrets } from '../../src/keys/key-set.ts'
import { encapsulateWith } from '../../src/keys/primitives-noble.ts'
import { defaultSuite, suiteOf } from '../../src/keys/suite.ts'
import {
  checkInitiator,
  confirmed,
  finishInitiator,
  finishResponder,
  type HandshakeComponents,
  hello,
  helloBack,
  matchesTag,
  openInitiator,
  openResponder,
  proveInitiator,
  proveResponder
} from '../../src/session/handshake.ts'
import type { SessionKeys } from '../../src/session/key-schedule.ts'
import type { SessionDevice } from '../../src/session/seams.ts'

/** Bytes that look random and are the same each time: SHA-256 of name and counter. */
export function drbg(name: string): (length: number) => Uint8Array {
  let counter = 0
  return (length) => {
    const out = new Uint8Array(length)
    for (let at = 0; at < length; at += 32) {
      out.set(sha256(new TextEncoder().encode(`${name} ${counter++}`)).subarray(0, length - at), at)
    }
    return out
  }
}

/** A DID that no chain stands behind, for steps that don't look at evidence. */
export function bareDid(name: string): Did {
  return didOf(CID.createV1(0x71, Digest.create(0x12, sha256(new TextEncoder().encode(name)))))
}

export interface BareDevice extends SessionDevice {
  readonly keys: KeySetWithSecrets
}

/** A device with keys of its own and no evidence. */
export function bareDevice(name: string): BareDevice {
  const random = drbg(name)
  const keys = defaultSuite.derive({ classical: random(32), postQuantum: random(32), kem: random(32) })
  const suite = suiteOf(keys)
  return {
    did: bareDid(name),
    keys,
    sign: async (bytes) => suite.sign(keys, bytes),
    decapsulate: async (ciphertext) => suite.decapsulate(keys.secrets.kem, ciphertext) ?? new Uint8Array(32),
    evidence: async () => []
  }
}

/** Components whose randomness is fixed by a name. */
export function fixedComponents(name: string): HandshakeComponents {
  const random = drbg(name)
  return {
    randomBytes: random,
    suite: { ...defaultSuite, encapsulate: (kem) => encapsulateWith(kem, random(64)) }
  }
}

export const ENDS = { initiator: 'peer of alice', responder: 'peer of bob' }
export const RENDEZVOUS = new Uint8Array(32).fill(42)

/** What a man in the middle may do to each message, by its number. */
export type Tamper = (message: Uint8Array, number: 1 | 2 | 3 | 4 | 5 | 6) => Uint8Array

export interface Run {
  readonly messages: Uint8Array[]
  readonly initiator: SessionKeys
  readonly responder: SessionKeys
}

/** A whole handshake between two devices, each message through `tamper`. */
export async function runHandshake(
  alice: BareDevice,
  bob: BareDevice,
  options: {
    readonly tamper?: Tamper
    readonly ends?: { readonly alice?: typeof ENDS; readonly bob?: typeof ENDS }
    readonly aliceKeys?: Uint8Array[]
    readonly bobKey?: Uint8Array
    readonly target?: Did
    /** Bob answers whoever is asked for, as an honest device does not. */
    readonly bobAnswersForAll?: boolean
    readonly components?: { readonly alice: HandshakeComponents; readonly bob: HandshakeComponents }
  } = {}
): Promise<Run> {
  const { tamper = (message) => message, aliceKeys = [RENDEZVOUS], bobKey = RENDEZVOUS } = options
  const ends = { alice: options.ends?.alice ?? ENDS, bob: options.ends?.bob ?? ENDS }
  const components = options.components ?? {
    alice: { suite: defaultSuite, randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
    bob: { suite: defaultSuite, randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)) }
  }
  const known = { keys: aliceKeys, target: options.target }
  const messages: Uint8Array[] = []
  const send = (message: Uint8Array, number: 1 | 2 | 3 | 4 | 5 | 6) => {
    messages.push(message)
    return tamper(message, number)
  }
  const one = hello(ends.alice, components.alice)
  const two = helloBack(ends.bob, send(one.message, 1), components.bob)
  const own = { device: alice, evidence: [], known }
  const three = await proveInitiator(one.state, send(two.message, 2), own, components.alice)
  const claimed = openInitiator(two.state, send(three.message, 3), components.bob)
  if (options.bobAnswersForAll !== true && !matchesTag(claimed, bobKey, bob.did)) {
    throw new TypeError('stranger')
  }
  checkInitiator(claimed, alice.keys)
  const four = await proveResponder(
    claimed,
    { device: bob, evidence: [], key: bobKey },
    alice.keys,
    components.bob.suite.encapsulate
  )
  const answered = openResponder(three.state, send(four.message, 4), known)
  const five = await finishInitiator(answered, alice, bob.keys, components.alice.suite.encapsulate)
  const six = await finishResponder(four.state, send(five.message, 5), bob)
  return { messages, initiator: confirmed(five.state, send(six.message, 6)), responder: six.session }
}
