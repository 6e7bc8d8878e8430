import { describe, expect, it } from 'vitest'
import { ML_DSA_65, ML_DSA_87, ML_KEM_1024_P384, X_WING } from '../../../src/keys/primitives.ts'
import { noblePrimitives } from '../../../src/keys/primitives-noble.ts'
import { findSuite, suiteOf } from '../../../src/keys/suite.ts'
import type { Suite } from '../../../src/keys/suite-interface.ts'
import { createSuite1, suite1 } from '../../../src/keys/suites/suite-1.ts'
import { createSuite2, suite2 } from '../../../src/keys/suites/suite-2.ts'
import { drbg } from '../../support/handshake.ts'

const message = new TextEncoder().encode('hybrid')
const empty = new Uint8Array()

interface Expected {
  readonly signature: number
  readonly publicKey: number
  readonly kem: number
  readonly ciphertext: number
}

const sizes: Record<number, Expected> = {
  1: {
    signature: ML_DSA_65.signatureBytes,
    publicKey: ML_DSA_65.publicKeyBytes,
    kem: X_WING.publicKeyBytes,
    ciphertext: X_WING.ciphertextBytes
  },
  2: {
    signature: ML_DSA_87.signatureBytes,
    publicKey: ML_DSA_87.publicKeyBytes,
    kem: ML_KEM_1024_P384.publicKeyBytes,
    ciphertext: ML_KEM_1024_P384.ciphertextBytes
  }
}

const forms: [string, Suite, Suite][] = [
  ['1', suite1, createSuite1(noblePrimitives)],
  ['1 in noble', createSuite1(noblePrimitives), suite1],
  ['2', suite2, createSuite2(noblePrimitives)],
  ['2 in noble', createSuite2(noblePrimitives), suite2]
]

describe.each(forms)('suite %s', (name, suite, twin) => {
  const random = drbg(`suite ${name}`)
  const newKeys = () => suite.derive({ classical: random(32), postQuantum: random(32), kem: random(32) })
  const keys = newKeys()
  const size = sizes[suite.number]

  it('has keys and signatures of the lengths that its standards say', () => {
    expect(keys.classical).toHaveLength(32)
    expect(keys.postQuantum).toHaveLength(size?.publicKey ?? 0)
    expect(keys.kem).toHaveLength(size?.kem ?? 0)
    expect(suite.sign(keys, message)).toHaveLength(64 + (size?.signature ?? 0))
    expect(suite.encapsulate(keys.kem)?.ciphertext).toHaveLength(size?.ciphertext ?? 0)
  })

  it('is the same in its other form', async () => {
    expect(twin.derive(keys.secrets)).toEqual(keys)
    expect(twin.verify(keys, message, suite.sign(keys, message))).toBe(true)
    expect(twin.verifyEvent(keys, message, suite.signEvent(keys, message))).toBe(true)
    const sent = suite.encapsulate(keys.kem)
    expect(twin.decapsulate(keys.secrets.kem, sent?.ciphertext ?? empty)).toEqual(sent?.secret)
    const sealed = (await suite.seal(keys.kem, message, message)) ?? empty
    expect(await twin.open(keys.secrets.kem, message, sealed)).toEqual(message)
  })

  it('R9 verifies a signature only when both halves verify', () => {
    const signature = suite.sign(keys, message)
    expect(suite.verify(keys, message, signature)).toBe(true)
    const foreign = suite.sign(newKeys(), message)
    const halves = [
      [signature.subarray(0, 64), foreign.subarray(64)],
      [foreign.subarray(0, 64), signature.subarray(64)],
      [signature.subarray(0, 64), empty],
      [empty, signature.subarray(64)],
      [new Uint8Array(64), signature.subarray(64)],
      [signature.subarray(0, 64), new Uint8Array(size?.signature ?? 0)]
    ]
    for (const parts of halves) {
      expect(suite.verify(keys, message, new Uint8Array(Buffer.concat(parts)))).toBe(false)
    }
  })

  it('R9 takes no key set with a part missing, short, long, malformed, or of another suite', () => {
    expect(suite.validPublicKeys(keys)).toBe(true)
    const other = suite.number === 1 ? 2 : 1
    const partial = [
      { ...keys, classical: empty },
      { ...keys, postQuantum: empty },
      { ...keys, kem: empty },
      { ...keys, classical: new Uint8Array(32) },
      { ...keys, postQuantum: keys.postQuantum.subarray(1) },
      { ...keys, kem: new Uint8Array(size?.kem ?? 0).fill(255) },
      { ...keys, kem: keys.kem.map((byte, index) => (index < keys.kem.length - 32 ? byte : 0xff)) },
      { ...keys, suite: other }
    ]
    for (const [index, one] of partial.entries()) {
      // every 32 bytes are an X25519 point, so one cannot be malformed there
      const expected = index === 6 && suite.number === 1
      expect([index, suite.validPublicKeys(one)]).toEqual([index, expected])
    }
    expect(findSuite(other)?.validPublicKeys({ ...keys, suite: other })).toBe(false)
    expect(findSuite(3)).toBeUndefined()
    expect(() => suiteOf({ suite: 3 })).toThrow(expect.objectContaining({ name: 'UnknownSuiteError', suite: 3 }))
  })

  it('seals so that only the holder of the key, and only for that info, opens it', async () => {
    const info = new TextEncoder().encode('info')
    const sealed = (await suite.seal(keys.kem, info, message)) ?? empty
    expect(await suite.open(keys.secrets.kem, info, sealed)).toEqual(message)
    expect(await suite.open(keys.secrets.kem, message, sealed)).toBeUndefined()
    expect(await suite.open(random(32), info, sealed)).toBeUndefined()
    expect(await suite.open(keys.secrets.kem, info, sealed.subarray(0, sealed.length - 1))).toBeUndefined()
    expect(await suite.open(keys.secrets.kem, info, sealed.subarray(0, 20))).toBeUndefined()
    expect(await suite.open(empty, info, sealed)).toBeUndefined()
    expect(await suite.seal(empty, info, message)).toBeUndefined()
    expect(await suite.seal(new Uint8Array(size?.kem ?? 0).fill(255), info, message)).toBeUndefined()
  })
})
