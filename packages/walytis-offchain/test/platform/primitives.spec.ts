import fc from 'fast-check'
import { fromString, toString as textOf } from 'uint8arrays'
import { describe, expect, it } from 'vitest'
import * as portable from '../../src/platform/primitives.browser.ts'
import * as native from '../../src/platform/primitives.ts'

const bytes = (length?: number) =>
  fc.uint8Array(length === undefined ? { maxLength: 3000 } : { minLength: length, maxLength: length })

describe.each([
  ['native', native],
  ['portable', portable]
])('%s primitives', (_name, primitives) => {
  it('seal as RFC 8439 §2.8.2 lays down', () => {
    const key = Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index)
    const nonce = fromString('070000004041424344454647', 'hex')
    const aad = fromString('50515253c0c1c2c3c4c5c6c7', 'hex')
    const plaintext = fromString(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
    )
    const sealed = primitives.aeadSeal(key, nonce, aad, plaintext)
    expect(textOf(sealed.subarray(-16), 'hex')).toBe('1ae10b594f09e26a7e902ecbd0600691')
    expect(textOf(sealed.subarray(0, 16), 'hex')).toBe('d31a8d34648e60db7b86afbc53ef7ec2')
    expect(primitives.aeadOpen(key, nonce, aad, sealed)).toEqual(plaintext)
  })

  it('hash and authenticate as FIPS 180-4 and RFC 4231 §4.3 lay down', () => {
    expect(textOf(primitives.sha256(fromString('a'), fromString('bc')), 'hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    )
    const mac = primitives.hmacSha256(fromString('Jefe'), fromString('what do ya want '), fromString('for nothing?'))
    expect(textOf(mac, 'hex')).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
  })

  it('open nothing that is too short to hold a tag', () => {
    expect(primitives.aeadOpen(new Uint8Array(32), new Uint8Array(12), new Uint8Array(), new Uint8Array(15))).toBe(
      undefined
    )
  })
})

describe('the twins', () => {
  it('give the same bytes, and open each other', () => {
    fc.assert(
      fc.property(bytes(32), bytes(12), bytes(), bytes(), (key, nonce, aad, plaintext) => {
        const sealed = native.aeadSeal(key, nonce, aad, plaintext)
        expect(portable.aeadSeal(key, nonce, aad, plaintext)).toEqual(sealed)
        expect(portable.aeadOpen(key, nonce, aad, sealed)).toEqual(plaintext)
        expect(native.aeadOpen(key, nonce, aad, sealed)).toEqual(plaintext)
        expect(portable.sha256(aad, plaintext)).toEqual(native.sha256(aad, plaintext))
        expect(portable.hmacSha256(key, aad, plaintext)).toEqual(native.hmacSha256(key, aad, plaintext))
      }),
      { numRuns: 100 }
    )
  })

  it('refuse the same changed bytes', () => {
    fc.assert(
      fc.property(bytes(32), bytes(12), bytes(), bytes(), fc.nat(), (key, nonce, aad, plaintext, at) => {
        const sealed = native.aeadSeal(key, nonce, aad, plaintext)
        const index = at % sealed.length
        sealed[index] = (sealed[index] ?? 0) ^ 1
        expect(native.aeadOpen(key, nonce, aad, sealed)).toBe(undefined)
        expect(portable.aeadOpen(key, nonce, aad, sealed)).toBe(undefined)
      }),
      { numRuns: 100 }
    )
  })
})
