import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SESSION_PROTOCOL } from '../../src/constants.ts'
import { bound, domainBytes, domains } from '../../src/domains.ts'
import { defaultSuite } from '../../src/keys/suite.ts'
import { openInitiator, openResponder } from '../../src/session/handshake.ts'
import { decodeHello, decodeHelloBack, decodeKeyMessage, encodeMessage } from '../../src/session/handshake-messages.ts'
import { extendTranscript, sessionKeys, unseal } from '../../src/session/key-schedule.ts'
import {
  type BareDevice,
  bareDevice,
  drbg,
  ENDS,
  fixedComponents,
  RENDEZVOUS,
  runHandshake,
  type Tamper
} from '../support/handshake.ts'

const alice = bareDevice('alice')
const bob = bareDevice('bob')
const mallory = bareDevice('mallory')
const refused = { name: 'HandshakeError' }

const only =
  (wanted: number, change: (message: Uint8Array) => Uint8Array): Tamper =>
  (message, number) =>
    number === wanted ? change(message) : message

describe('the handshake', () => {
  it('gives both sides the same keys, others each time', async () => {
    const first = await runHandshake(alice, bob)
    const second = await runHandshake(alice, bob)
    expect(first.initiator).toEqual(first.responder)
    expect(second.initiator.secret).not.toEqual(first.initiator.secret)
    expect(first.messages).toHaveLength(6)
  })

  it('says neither DID in clear', async () => {
    const { messages } = await runHandshake(alice, bob)
    const wire = Buffer.concat(messages)
    expect(Buffer.from(encodeMessage({ did: alice.did })).includes(alice.did)).toBe(true)
    expect(wire.includes(alice.did)).toBe(false)
    expect(wire.includes(bob.did)).toBe(false)
  })

  it('R24 fails when a man in the middle puts his own ephemeral key in place of either', async () => {
    const ephemeral = defaultSuite.kemPublicKey(drbg('mallory')(32))
    const first = only(1, () => encodeMessage({ ephemeral }))
    await expect(runHandshake(alice, bob, { tamper: first })).rejects.toMatchObject(refused)
    const second = only(2, (message) =>
      encodeMessage({ ephemeral, ciphertext: decodeHelloBack(message)?.ciphertext ?? message })
    )
    await expect(runHandshake(alice, bob, { tamper: second })).rejects.toMatchObject(refused)
  })

  it('R24 fails when a man in the middle runs both halves himself and passes the proofs on', async () => {
    const { suite, randomBytes } = fixedComponents('mallory')
    let aliceEphemeral = new Uint8Array()
    const tamper: Tamper = (message, number) => {
      if (number === 1) {
        aliceEphemeral = decodeHello(message)?.ephemeral.slice() ?? aliceEphemeral
        return encodeMessage({ ephemeral: suite.kemPublicKey(randomBytes(32)) })
      }
      if (number === 2) {
        const { ciphertext } = suite.encapsulate(aliceEphemeral) ?? { ciphertext: message }
        return encodeMessage({ ephemeral: suite.kemPublicKey(randomBytes(32)), ciphertext })
      }
      return message
    }
    await expect(runHandshake(alice, bob, { tamper })).rejects.toMatchObject(refused)
  })

  it('R24 fails for any changed bit of any message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.nat(), fc.integer({ min: 0, max: 7 }), async (n, at, bit) => {
        const tamper = only(n, (message) => {
          const changed = message.slice()
          const index = at % changed.length
          changed[index] = (changed[index] ?? 0) ^ (1 << bit)
          return changed
        })
        await expect(runHandshake(alice, bob, { tamper })).rejects.toMatchObject(refused)
      }),
      { numRuns: 40 }
    )
  })

  it("R26 fails when a relay passes Alice's handshake on to somebody she did not dial", async () => {
    // Alice has dialled Mallory's peer; Mallory passes every message on to Bob, who sees Mallory's peer
    const ends = {
      alice: { initiator: 'peer of alice', responder: 'peer of mallory' },
      bob: { initiator: 'peer of mallory', responder: 'peer of bob' }
    }
    await expect(runHandshake(alice, bob, { ends })).rejects.toMatchObject(refused)
    const reflected = { alice: ENDS, bob: { initiator: ENDS.responder, responder: ENDS.initiator } }
    await expect(runHandshake(alice, bob, { ends: reflected })).rejects.toMatchObject(refused)
  })

  it('answers nobody who knows none of the keys', async () => {
    const stranger = { aliceKeys: [new Uint8Array(32).fill(1)] }
    await expect(runHandshake(alice, bob, stranger)).rejects.toMatchObject({ message: 'stranger' })
    const several = { aliceKeys: [new Uint8Array(32).fill(1), RENDEZVOUS] }
    await expect(runHandshake(alice, bob, several)).resolves.toBeDefined()
  })

  it('reaches the device it asks for, or none', async () => {
    await expect(runHandshake(alice, bob, { target: bob.did })).resolves.toBeDefined()
    await expect(runHandshake(alice, bob, { target: mallory.did })).rejects.toMatchObject({ message: 'stranger' })
  })

  it('R26 fails when another device, of the same group, answers for the one asked for', async () => {
    const impostor = { target: mallory.did, bobAnswersForAll: true }
    await expect(runHandshake(alice, bob, impostor)).rejects.toMatchObject({ rule: 'responder-tag' })
    await expect(runHandshake(alice, bob, { ...impostor, target: bob.did })).resolves.toBeDefined()
  })

  it('fails when either side signs with keys that are not those of its DID', async () => {
    const asAlice = { ...alice, sign: mallory.sign }
    await expect(runHandshake(asAlice, bob)).rejects.toMatchObject({ rule: 'initiator-signature' })
    const asBob = { ...bob, sign: mallory.sign }
    await expect(runHandshake(alice, asBob)).rejects.toMatchObject({ rule: 'responder-signature' })
  })

  it('fails when the responder lacks its static key, though it can sign', async () => {
    const withoutKem = { ...bob, decapsulate: async () => new Uint8Array(32).fill(1) }
    await expect(runHandshake(alice, withoutKem)).rejects.toMatchObject({ rule: 'confirmation' })
  })

  it('R28 what was recorded does not open with all long-term keys, as it would with the ephemeral ones', async () => {
    const components = { alice: fixedComponents('a'), bob: fixedComponents('b') }
    const { messages, initiator } = await runHandshake(alice, bob, { components })
    // the ephemeral seeds are the first and, after 64 bytes for the encapsulation, the next that were drawn
    const ephemeral = { alice: drbg('a')(32), bob: secondDraw('b') }
    expect(await derive(messages, ephemeral, alice, bob)).toEqual(initiator.secret)

    const longTerm = [alice, bob].flatMap(({ keys: { secrets } }) => Object.values(secrets))
    for (const first of longTerm) {
      for (const second of longTerm) {
        const guess = { alice: first.slice(), bob: second.slice() }
        await expect(derive(messages, guess, alice, bob)).rejects.toMatchObject(refused)
      }
    }
  })
})

function secondDraw(name: string): Uint8Array {
  const random = drbg(name)
  random(64)
  return random(32)
}

/** What somebody can do who has recorded a handshake, holds both devices' long-term keys, and has these ephemeral seeds. */
async function derive(
  messages: Uint8Array[],
  ephemeral: { readonly alice: Uint8Array; readonly bob: Uint8Array },
  one: BareDevice,
  two: BareDevice
): Promise<Uint8Array> {
  const [m1, m2, m3, m4, m5] = messages
  if (m1 === undefined || m2 === undefined || m3 === undefined || m4 === undefined || m5 === undefined) {
    throw new TypeError('not a whole handshake')
  }
  const ciphertext = decodeHelloBack(m2)?.ciphertext ?? new Uint8Array()
  const encapsulated = defaultSuite.decapsulate(ephemeral.alice, ciphertext) ?? new Uint8Array(32)
  const start = bound(domains.handshake, [SESSION_PROTOCOL, ENDS.initiator, ENDS.responder])
  const transcript = [start, m1, m2].reduce(extendTranscript, domainBytes(domains.handshake))
  const claimed = openInitiator(
    { ends: ENDS, transcript, ephemeralSecret: ephemeral.bob, encapsulated },
    m3,
    fixedComponents('nobody')
  )
  const answered = openResponder({ ...claimed, keys: claimed.keys }, m4, { keys: [RENDEZVOUS] })
  const key = decodeKeyMessage(unseal(claimed.keys.initiator, 1, m5, answered.transcript) ?? new Uint8Array())
  const statics = [await one.decapsulate(answered.proof.ciphertext), await two.decapsulate(key?.ciphertext ?? m5)]
  const said = extendTranscript(answered.transcript, key?.ciphertext ?? m5)
  return sessionKeys(claimed.keys.root, statics, said).secret
}
