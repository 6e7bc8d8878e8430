import { decode, encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeReference, encodeReference, type Reference } from '../../src/reference/format.ts'
import { idOf } from '../support/places.ts'

const reference: Reference = {
  epoch: idOf('epoch'),
  root: new Uint8Array(32).fill(1),
  commitment: new Uint8Array(32).fill(2),
  sizeClass: 512,
  details: new Uint8Array(104).fill(3)
}
const bytes = encodeReference(reference)
const changed = (change: object) => encode({ ...(decode(bytes) as object), ...change })

describe('a reference', () => {
  it('comes back as it was written', () => {
    expect(decodeReference(bytes)).toEqual({ ok: true, reference })
  })

  it.each([
    ['reference-too-large', new Uint8Array(7000)],
    ['reference-not-canonical', new Uint8Array()],
    ['reference-not-canonical', new Uint8Array([...bytes, 0])],
    ['reference-not-canonical', Uint8Array.of(0x18, 0x01)],
    ['reference-fields', encode(['v', 1])],
    ['reference-fields', encode(null)],
    ['reference-fields', changed({ extra: 1 })],
    ['reference-version', changed({ v: 2 })],
    ['reference-epoch', changed({ epoch: 'bafy' })],
    ['reference-root', changed({ root: new Uint8Array(31) })],
    ['reference-root', changed({ root: 'x'.repeat(32) })],
    ['reference-commitment', changed({ commitment: new Uint8Array(33) })],
    ['reference-size-class', changed({ sizeClass: 500 })],
    ['reference-size-class', changed({ sizeClass: -512 })],
    ['reference-details', changed({ details: new Uint8Array(39) })],
    ['reference-details', changed({ details: new Uint8Array(5500) })]
  ])('is refused as %s', (rule, broken) => {
    expect(decodeReference(broken)).toEqual({ ok: false, rule })
  })

  it('lacks no field', () => {
    for (const field of Object.keys(decode(bytes) as object)) {
      const { [field]: _left, ...rest } = decode(bytes) as { [field: string]: unknown }
      expect(decodeReference(encode(rest))).toEqual({ ok: false, rule: 'reference-fields' })
    }
  })

  it('R3 has one encoding: any changed byte is refused or says something else', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const broken = Uint8Array.from(bytes)
        broken[at] = (broken[at] ?? 0) ^ mask
        const decoded = decodeReference(broken)
        if (decoded.ok) {
          expect(encodeReference(decoded.reference)).toEqual(broken)
          expect(decoded.reference).not.toEqual(reference)
        }
      }),
      { numRuns: 2000 }
    )
  })

  it('F8 never throws for bytes of whatever kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        expect(decodeReference(noise).ok).toBe(false)
      }),
      { numRuns: 2000 }
    )
  })
})
