import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { primitives as browser } from '../../src/keys/backend.browser.ts'
import { primitives as node } from '../../src/keys/backend.ts'
import type { Primitives } from '../../src/keys/primitives.ts'
import { encapsulateWith } from '../../src/keys/primitives-noble.ts'

const seed = (byte: number) => new Uint8Array(32).fill(byte)
const message = new TextEncoder().encode('bob, this is alice')
const backends: [string, Primitives, Primitives][] = [
  ['node to browser', node, browser],
  ['browser to node', browser, node]
]
const modernNode = Number(process.versions.node.split('.')[0]) >= 26

describe('the implementations of the primitives', () => {
  it.runIf(modernNode)("uses Node's own implementations where there are any", () => {
    expect(node.mlDsa65).not.toBe(browser.mlDsa65)
    expect(node.xWing).not.toBe(browser.xWing)
    expect(node.argon2id).not.toBe(browser.argon2id)
  })

  describe.each(backends)('%s', (_, ours, theirs) => {
    it('derives the same public keys', () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (random) => {
          expect(ours.mlDsa65.publicKey(random)).toEqual(theirs.mlDsa65.publicKey(random))
          expect(ours.xWing.publicKey(random)).toEqual(theirs.xWing.publicKey(random))
        }),
        { numRuns: 10 }
      )
    })

    it('verifies what the other signs, and nothing else', () => {
      const publicKey = theirs.mlDsa65.publicKey(seed(1))
      const signature = ours.mlDsa65.sign(seed(1), message)
      expect(signature).toHaveLength(3309)
      expect(theirs.mlDsa65.verify(publicKey, message, signature)).toBe(true)
      expect(theirs.mlDsa65.verify(theirs.mlDsa65.publicKey(seed(2)), message, signature)).toBe(false)
      expect(theirs.mlDsa65.verify(publicKey, message.subarray(1), signature)).toBe(false)
      const changed = signature.slice()
      changed[100] = (changed[100] ?? 0) ^ 1
      expect(theirs.mlDsa65.verify(publicKey, message, changed)).toBe(false)
    })

    it('opens what the other encapsulates', () => {
      const sent = ours.xWing.encapsulate(theirs.xWing.publicKey(seed(3)))
      expect(sent?.ciphertext).toHaveLength(1120)
      expect(theirs.xWing.decapsulate(seed(3), sent?.ciphertext ?? new Uint8Array())).toEqual(sent?.secret)
      expect(theirs.xWing.decapsulate(seed(4), sent?.ciphertext ?? new Uint8Array())).not.toEqual(sent?.secret)
    })

    it('agrees on ciphertexts that were changed', () => {
      const sent = encapsulateWith(ours.xWing.publicKey(seed(3)), new Uint8Array(64).fill(9))
      for (const index of [0, 500, 1087, 1088, 1119]) {
        const changed = sent?.ciphertext.slice() ?? new Uint8Array()
        changed[index] = (changed[index] ?? 0) ^ 0x40
        expect(ours.xWing.decapsulate(seed(3), changed)).toEqual(theirs.xWing.decapsulate(seed(3), changed))
      }
      const lowOrder = sent?.ciphertext.slice() ?? new Uint8Array()
      lowOrder.fill(0, 1088)
      expect(ours.xWing.decapsulate(seed(3), lowOrder)).toEqual(theirs.xWing.decapsulate(seed(3), lowOrder))
    })

    it('stretches passphrases alike', async () => {
      const cost = { memoryKiB: 64, passes: 2 }
      const salt = new Uint8Array(16).fill(5)
      expect(await ours.argon2id(message, salt, cost)).toEqual(await theirs.argon2id(message, salt, cost))
    })

    it('answers false or undefined to malformed input, never by throwing', () => {
      for (const length of [0, 1, 32, 1184, 1215, 1217, 1952, 3309]) {
        const junk = new Uint8Array(length).fill(255)
        expect(ours.mlDsa65.verify(junk, message, junk)).toBe(false)
        expect(ours.mlDsa65.verify(ours.mlDsa65.publicKey(seed(1)), message, junk)).toBe(false)
        expect(ours.xWing.encapsulate(junk)).toBeUndefined()
        expect(ours.xWing.decapsulate(seed(1), junk)).toBeUndefined()
      }
      // ML-KEM coefficients not reduced modulo q (FIPS 203 §7.2)
      expect(ours.xWing.encapsulate(new Uint8Array(1216).fill(255))).toBeUndefined()
    })
  })

  it('gives the first vector of the X-Wing draft (draft-connolly-cfrg-xwing-kem, appendix C)', () => {
    const secret = hexToBytes('7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26')
    const randomness = hexToBytes(
      '3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2'
    )
    const shared = 'd2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384'
    for (const backend of [node, browser]) {
      const publicKey = backend.xWing.publicKey(secret)
      expect(bytesToHex(publicKey)).toMatch(/^e2236b35a8c24b39b10aa1323a96a919/)
      const sent = encapsulateWith(publicKey, randomness)
      expect(bytesToHex(sent?.ciphertext ?? new Uint8Array())).toMatch(/^b83aa828d4d62b9a83ceffe1d3d3bb1e/)
      expect(bytesToHex(sent?.secret ?? new Uint8Array())).toBe(shared)
      expect(
        bytesToHex(backend.xWing.decapsulate(secret, sent?.ciphertext ?? new Uint8Array()) ?? new Uint8Array())
      ).toBe(shared)
    }
  })

  it("signs as noble's reference does, with an empty context", () => {
    const { publicKey, secretKey } = ml_dsa65.keygen(seed(1))
    expect(node.mlDsa65.verify(publicKey, message, ml_dsa65.sign(message, secretKey))).toBe(true)
    const context = ml_dsa65.sign(message, secretKey, { context: new TextEncoder().encode('other') })
    expect(node.mlDsa65.verify(publicKey, message, context)).toBe(false)
  })
})
