import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ForgedBlock } from 'walytis/testing'
import { encodeCanonical } from '../../src/encoding/canonical.ts'
import { encodeEvents } from '../../src/events/format.ts'
import { rotateEvent } from '../../src/identity/events.ts'
import { decodeInception, encodeInception } from '../../src/identity/inception.ts'
import { verifyIdentityEvidence } from '../../src/identity/verify-evidence.ts'
import { publicOf } from '../../src/keys/key-set.ts'
import { findSuite, suiteOf } from '../../src/keys/suite.ts'
import { document, forgeEvents, forgeIdentity, keysOf, rotation } from '../support/forge-identity.ts'

const alice = await forgeIdentity('alice')
const { genesis, keys, did } = alice
const first = { genesis, keys, after: [genesis], prev: genesis }

const verify = (...blocks: ForgedBlock[]) =>
  verifyIdentityEvidence(
    did,
    blocks.map(({ block, content }) => ({ block, content }))
  )

describe("the policy of an identity's chain", () => {
  it('takes events signed by the keys in force, and nothing else', async () => {
    const rotate = await forgeEvents({ ...first, build: rotation('alice 2') })
    const next = { genesis, keys: keysOf('alice 2'), after: [rotate] }
    const described = await forgeEvents({ ...next, build: document('chat') })
    expect(await verify(genesis)).toMatchObject({ did, keys: publicOf(keys), lineage: [genesis.signed.id.toString()] })
    expect(await verify(genesis, rotate, described)).toMatchObject({
      keys: publicOf(keysOf('alice 2')),
      lineage: [genesis.signed.id.toString(), rotate.signed.id.toString()],
      services: [{ id: 'chat' }]
    })
  })

  it('R5 refuses a genesis that is not the one of the DID, and a second first key', async () => {
    const mallory = await forgeIdentity('mallory')
    expect(await verify(mallory.genesis)).toEqual({ rule: 'evidence-genesis' })
    expect(await verify(genesis, mallory.genesis)).toHaveProperty('rule')
    const inception = { kind: 'inception', keys: publicOf(keysOf('mallory')) }
    expect(await verify(genesis, await forgeEvents({ ...first, build: () => [inception] }))).toEqual({
      rule: 'second-inception'
    })
  })

  it("R5 refuses a genesis with somebody else's inception, or one whose signature is not its own", async () => {
    const stolen = await forgeIdentity('mallory', { parameters: encodeInception(keys) })
    const blocks = [{ block: stolen.genesis.block, content: stolen.genesis.content }]
    expect(await verifyIdentityEvidence(stolen.did, blocks)).toEqual({ rule: 'foreign-genesis' })
    const unsigned = encodeCanonical({ v: 1, keys: publicOf(keys), signature: new Uint8Array(64 + 3309) })
    expect(decodeInception(unsigned)).toEqual({ rule: 'inception-signature' })
    const mixed = { ...publicOf(keys), postQuantum: keysOf('mallory').postQuantum }
    const signature = suiteOf(keys).sign(keys, new Uint8Array())
    expect(decodeInception(encodeCanonical({ v: 1, keys: mixed, signature }))).toEqual({ rule: 'inception-signature' })
  })

  it('R7 refuses a block by a retired key whose parents include the rotation', async () => {
    const rotate = await forgeEvents({ ...first, build: rotation('alice 2') })
    const late = await forgeEvents({ genesis, keys, after: [rotate], prev: rotate, build: document('late') })
    expect(await verify(genesis, rotate, late)).toEqual({ rule: 'not-the-key-in-force' })
  })

  it('R7 lets what a retired key wrote beside its rotation fall, in any order of arrival', async () => {
    const rotate = await forgeEvents({ ...first, build: rotation('alice 2') })
    const beside = await forgeEvents({ ...first, build: document('beside') })
    const after = await forgeEvents({ genesis, keys: keysOf('alice 2'), after: [rotate], build: document('after') })
    const states = [
      await verify(genesis, rotate, beside, after),
      await verify(genesis, beside, rotate, after),
      await verify(genesis, rotate, after, beside)
    ]
    for (const state of states) {
      expect(state).toMatchObject({ keys: publicOf(keysOf('alice 2')), services: [{ id: 'after' }] })
    }
  })

  it('R10 settles two rotations by the same key alike in every order of arrival', async () => {
    const one = await forgeEvents({ ...first, build: rotation('alice 2') })
    const two = await forgeEvents({ ...first, build: rotation('mallory') })
    const oneNext = await forgeEvents({ genesis, keys: keysOf('alice 2'), after: [one], build: document('one') })
    const twoNext = await forgeEvents({ genesis, keys: keysOf('mallory'), after: [two], build: document('two') })
    const expected = await verify(genesis, one, two, oneNext, twoNext)
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([one, two, oneNext, twoNext], { minLength: 4 }), async (order) => {
        const causal = [...order].sort((a, b) => a.signed.height - b.signed.height)
        expect(await verify(genesis, ...causal)).toEqual(expected)
      }),
      { numRuns: 12 }
    )
    const merged = await forgeEvents({ genesis, keys: keysOf('alice 2'), after: [one, two], build: document('x') })
    expect(await verify(genesis, one, two, merged)).toEqual({ rule: 'forked-keys' })
  })

  it('R9 refuses a rotation to keys with a part missing, reused, or of a suite that it does not know', async () => {
    const next = keysOf('alice 2')
    const partial = [
      { ...publicOf(next), postQuantum: new Uint8Array() },
      { ...publicOf(next), classical: new Uint8Array() },
      { ...publicOf(next), kem: new Uint8Array() },
      { ...publicOf(next), suite: 0 },
      { ...publicOf(next), suite: 2 },
      { suite: 1, classical: next.classical, kem: next.kem }
    ]
    for (const bad of partial) {
      const build = (position: Parameters<typeof rotateEvent>[1]) => {
        const { proof } = rotateEvent(next, position)
        return [{ kind: 'rotate', keys: bad, proof }]
      }
      expect(await verify(genesis, await forgeEvents({ ...first, build }))).toHaveProperty('rule')
    }
    for (const part of ['classical', 'postQuantum', 'kem'] as const) {
      const reused = suiteOf(next).derive({ ...next.secrets, [part]: keys.secrets[part] })
      const block = await forgeEvents({ ...first, build: (position) => [rotateEvent(reused, position)] })
      expect(await verify(genesis, block)).toEqual({ rule: 'rotate-keys' })
    }
  })

  it('R9 moves to a stronger suite by a rotation, and never back to a weaker one', async () => {
    const strong = keysOf('alice 2', findSuite(2))
    const up = await forgeEvents({ ...first, build: (position) => [rotateEvent(strong, position)] })
    expect(await verify(genesis, up)).toMatchObject({ keys: { suite: 2, classical: strong.classical } })
    const next = { genesis, keys: strong, after: [up] }
    const described = await forgeEvents({ ...next, build: document('chat') })
    expect(await verify(genesis, up, described)).toMatchObject({ services: [{ id: 'chat' }] })
    const stronger = await forgeEvents({
      ...next,
      build: (position) => [rotateEvent(keysOf('alice 3', findSuite(2)), position)]
    })
    expect(await verify(genesis, up, stronger)).toMatchObject({ keys: { suite: 2 } })
    const down = await forgeEvents({ ...next, build: rotation('alice 3') })
    expect(await verify(genesis, up, down)).toEqual({ rule: 'rotate-keys' })
    for (const partial of [
      { ...publicOf(strong), postQuantum: keys.postQuantum },
      { ...publicOf(strong), kem: keys.kem },
      { ...publicOf(strong), suite: 1 }
    ]) {
      const build = (position: Parameters<typeof rotateEvent>[1]) => [
        { kind: 'rotate', keys: partial, proof: rotateEvent(strong, position).proof }
      ]
      expect(await verify(genesis, await forgeEvents({ ...first, build }))).toEqual({ rule: 'rotate-keys' })
    }
  })

  it('R9 refuses a rotation to keys whose holder did not agree, and one that either half did not sign', async () => {
    const victim = keysOf('bob')
    const unproved = () => [
      { kind: 'rotate', keys: publicOf(victim), proof: suiteOf(keys).sign(keys, new Uint8Array()) }
    ]
    expect(await verify(genesis, await forgeEvents({ ...first, build: unproved }))).toEqual({ rule: 'rotate-proof' })
    const otherHalf = await forgeEvents({ ...first, eventKeys: keysOf('mallory'), build: rotation('alice 2') })
    expect(await verify(genesis, otherHalf)).toEqual({ rule: 'event-signature' })
    const mallory = keysOf('mallory')
    const otherBlock = await forgeEvents({
      genesis,
      keys: mallory,
      eventKeys: keys,
      after: [genesis],
      build: rotation('m')
    })
    expect(await verify(genesis, otherBlock)).toEqual({ rule: 'not-the-key-in-force' })
  })

  it('R4 refuses events signed for another place: every part of the position counts', async () => {
    const other = (await forgeIdentity('bob')).genesis.signed.id
    const elsewhere = [
      { chain: other },
      { parents: [other] },
      { prev: null },
      { seq: 7 },
      { height: 7 },
      { topics: ['identities:event', 'x'] }
    ]
    for (const one of elsewhere) {
      const block = await forgeEvents({ ...first, build: document('x'), elsewhere: one })
      expect(await verify(genesis, block)).toEqual({ rule: 'event-signature' })
    }
  })

  it('names the rule for whatever else is wrong with the content', async () => {
    const position = { chain: null, parents: [], prev: null, seq: 1, height: 1, topics: [] }
    const good = await encodeEvents([{ kind: 'document', services: [] }], position, () => new Uint8Array(3309))
    const wrong: Record<string, Uint8Array> = {
      'not-dag-cbor': new Uint8Array([0xff]),
      'event-fields': encodeCanonical({ v: 1, events: [] }),
      'event-version': encodeCanonical({ v: 2, events: [], signature: new Uint8Array() }),
      'event-count': encodeCanonical({ v: 1, events: [], signature: new Uint8Array() }),
      'event-kind': encodeCanonical({ v: 1, events: [{}], signature: new Uint8Array() }),
      'event-signature': good
    }
    for (const [rule, content] of Object.entries(wrong)) {
      expect(await verify(genesis, await forgeEvents({ ...first, build: () => [], content }))).toEqual({ rule })
    }
    expect(await verify(genesis, await forgeEvents({ ...first, build: document('x'), topics: ['chat'] }))).toEqual({
      rule: 'not-an-event'
    })
    const bad = { kind: 'document', services: [{ id: 'a b', type: 'T', endpoint: 'x:y' }] }
    expect(await verify(genesis, await forgeEvents({ ...first, build: () => [bad] }))).toEqual({
      rule: 'document-services'
    })
  })

  it('accepts kinds it does not know, without effect', async () => {
    const unknown = await forgeEvents({ ...first, build: () => [{ kind: 'from the future', rule: 'x' }] })
    expect(await verify(genesis, unknown)).toMatchObject({ keys: publicOf(keys), services: [] })
  })

  it('refuses evidence with gaps, twins, blocks of other chains, or too much of it', async () => {
    const one = await forgeEvents({ ...first, build: document('one') })
    const two = await forgeEvents({ genesis, keys, after: [one], prev: one, build: document('two') })
    expect(await verify(genesis, two)).toEqual({ rule: 'evidence-gap' })
    expect(await verify(genesis, one, one)).toEqual({ rule: 'evidence-twice' })
    expect(await verify(one)).toEqual({ rule: 'evidence-genesis' })
    expect(await verify()).toEqual({ rule: 'evidence-size' })
    expect(await verify(genesis, ...Array.from({ length: 256 }, () => one))).toEqual({ rule: 'evidence-size' })
    expect(await verifyIdentityEvidence('did:web:x', [])).toEqual({ rule: 'not-a-did' })
  })

  it('R3 refuses evidence with any bit changed', async () => {
    const one = await forgeEvents({ ...first, build: document('one') })
    const whole = [genesis, one].map(({ block, content }) => ({ block, content }))
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 3 }), fc.nat(), fc.nat({ max: 7 }), async (which, at, bit) => {
        const changed = whole.map(({ block, content }) => ({ block: block.slice(), content: content.slice() }))
        const raw = changed[which >> 1]
        const bytes = (which & 1) === 0 ? raw?.block : raw?.content
        if (bytes !== undefined) {
          bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit)
        }
        expect(await verifyIdentityEvidence(did, changed)).toHaveProperty('rule')
      }),
      { numRuns: 60 }
    )
  })
})
