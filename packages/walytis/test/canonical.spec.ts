import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCanonical, encodeCanonical, readCanonical } from '../src/canonical.ts'

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

describe('canonical DAG-CBOR', () => {
  it('comes back as the value that was encoded', () => {
    const value = { list: [1, 'two', new Uint8Array([3])], none: null }
    expect(readCanonical(encodeCanonical(value), { bytes: 100, depth: 2 })).toEqual({ value })
  })

  it.each<[string, Uint8Array, { bytes: number; depth?: number }]>([
    ['too-large', encode('four'), { bytes: 4 }],
    ['too-deep', encode(nested(3)), { bytes: 100, depth: 2 }],
    ['too-deep', encode({ a: { b: { c: 1 } } }), { bytes: 100, depth: 2 }],
    ['not-dag-cbor', new Uint8Array(), { bytes: 100 }],
    ['not-dag-cbor', new Uint8Array([...encode(1), 0]), { bytes: 100 }],
    ['not-dag-cbor', new Uint8Array(100_000).fill(0x81), { bytes: 100_000 }],
    // Keys in another order than by length and bytes: {"bb": 1, "a": 2}.
    ['not-canonical', new Uint8Array([0xa2, 0x62, 0x62, 0x62, 0x01, 0x61, 0x61, 0x02]), { bytes: 100 }]
  ])('is all that is read: %s', (rule, bytes, limits) => {
    expect(readCanonical(bytes, limits)).toEqual({ rule })
    if (limits.depth === undefined) expect(decodeCanonical(bytes, limits.bytes)).toBe(undefined)
  })

  it('F8 never throws for bytes of whatever kind, and has one encoding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const read = readCanonical(bytes, { bytes: 50, depth: 3 })
        if ('value' in read) expect(encodeCanonical(read.value)).toEqual(bytes)
      }),
      { numRuns: 2000 }
    )
  })
})
