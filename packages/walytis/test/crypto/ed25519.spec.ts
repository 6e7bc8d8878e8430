import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as noble from '../../src/crypto/backend.browser.ts'
import * as native from '../../src/crypto/backend.ts'
import {
  ed25519PublicKey,
  isValidEd25519Key,
  signEd25519,
  verifyEd25519,
  verifyEd25519Aside
} from '../../src/crypto/ed25519.ts'
import { alice } from '../../src/testing/actors.ts'

const { Point } = ed25519
const L = Point.Fn.ORDER
const message = new TextEncoder().encode('message')
const publicKey = ed25519PublicKey(alice.secretKey)
const signature = signEd25519(alice.secretKey, message)
const TORSION = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromHex(hex, true))

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn))
}

function bigint(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}

function withR(point: { toBytes(): Uint8Array }): Uint8Array {
  return Uint8Array.of(...point.toBytes(), ...signature.subarray(32))
}

describe('verifyEd25519', () => {
  it('accepts the vectors of RFC 8032 §7.1', () => {
    const secret = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex')
    const expected =
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
    expect(Buffer.from(signEd25519(secret, Uint8Array.of(0x72))).toString('hex')).toBe(expected)
    expect(verifyEd25519(ed25519PublicKey(secret), Uint8Array.of(0x72), Buffer.from(expected, 'hex'))).toBe(true)
  })

  it('refuses S of L or more', () => {
    const s = bigint(signature.subarray(32)) + L
    const malleated = Uint8Array.of(...signature.subarray(0, 32), ...littleEndian(s))
    expect(verifyEd25519(publicKey, message, malleated)).toBe(false)
  })

  it('refuses public keys of small order, with torsion, not canonical, or no points', () => {
    for (const point of TORSION) {
      expect(isValidEd25519Key(point.toBytes())).toBe(false)
      if (!point.is0()) expect(isValidEd25519Key(Point.fromBytes(publicKey).add(point).toBytes())).toBe(false)
    }
    const notReduced = littleEndian(2n ** 255n - 19n + 1n)
    expect(isValidEd25519Key(notReduced)).toBe(false)
    expect(isValidEd25519Key(new Uint8Array(32).fill(0xff))).toBe(false)
    expect(isValidEd25519Key(publicKey.subarray(1))).toBe(false)
    expect(isValidEd25519Key(publicKey)).toBe(true)
  })

  it('refuses signatures with a torsion component, that only the cofactored equation accepts', () => {
    for (const point of TORSION) {
      if (point.is0()) continue
      // R' = R + T, and S made for the challenge that R' gives: 8·S·B = 8·R' + 8·k·A holds, S·B = R' + k·A does not
      const { head: _, scalar, prefix } = ed25519.utils.getExtendedPublicKey(alice.secretKey)
      const r = bigint(prefix) % L
      const mixed = Point.BASE.multiply(r).add(point)
      const challenge = bigint(sha512Mod(mixed.toBytes(), publicKey, message)) % L
      const s = (r + challenge * scalar) % L
      const crafted = Uint8Array.of(...mixed.toBytes(), ...littleEndian(s))
      expect(ed25519.verify(crafted, message, publicKey, { zip215: false })).toBe(true)
      expect(noble.createVerifier(publicKey).verify(message, crafted)).toBe(false)
      expect(native.createVerifier(publicKey).verify(message, crafted)).toBe(false)
    }
  })

  it('agrees between native and noble, whatever is changed', () => {
    const verifiers = [native.createVerifier(publicKey), noble.createVerifier(publicKey)]
    const candidates = [...TORSION.map(withR), withR(Point.BASE), new Uint8Array(64), new Uint8Array(64).fill(0xff)]
    for (const candidate of candidates) {
      expect(verifiers.map(({ verify }) => verify(message, candidate))).toEqual([false, false])
    }
    fc.assert(
      fc.property(fc.nat({ max: 511 }), fc.boolean(), (bit, flip) => {
        const candidate = signature.slice()
        if (flip) candidate[bit >> 3] = (candidate[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(verifiers.map(({ verify }) => verify(message, candidate))).toEqual([!flip, !flip])
      }),
      { numRuns: 200 }
    )
  })

  it('gives the same answer beside the thread, native and noble', async () => {
    const forged = signature.slice()
    forged[3] = (forged[3] ?? 0) ^ 1
    for (const { verifyAside } of [native.createVerifier(publicKey), noble.createVerifier(publicKey)]) {
      expect(
        await Promise.all([signature, forged, new Uint8Array(64)].map((one) => verifyAside(message, one)))
      ).toEqual([true, false, false])
    }
    expect(await verifyEd25519Aside(publicKey, message, signature)).toBe(true)
    expect(await verifyEd25519Aside(publicKey, message, forged)).toBe(false)
    expect(await verifyEd25519Aside(publicKey, message, signature.subarray(1))).toBe(false)
    // the identity, a point of small order, under which anything could be signed
    expect(await verifyEd25519Aside(Uint8Array.of(1, ...new Uint8Array(31)), message, signature)).toBe(false)
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ maxLength: 70 }), (key, candidate) => {
        expect(verifyEd25519(key, message, candidate)).toBe(false)
      })
    )
  })
})

describe('the back-ends', () => {
  it('sign and hash alike', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array(), (secret, bytes) => {
        expect(noble.createMessageSigner(secret)(bytes)).toEqual(native.createMessageSigner(secret)(bytes))
        expect(noble.sha256(bytes)).toEqual(native.sha256(bytes))
      }),
      { numRuns: 30 }
    )
  })
})

function sha512Mod(...parts: Uint8Array[]): Uint8Array {
  return sha512(Uint8Array.of(...parts.flatMap((part) => [...part])))
}
