import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measureDelivery, percentile } from '../src/measure.ts'

const ms = (milliseconds: number): bigint => BigInt(Math.round(milliseconds * 1e6))

describe('percentile', () => {
  it('is the nearest rank', () => {
    expect(percentile([5, 1, 4, 2, 3], 50)).toBe(3)
    expect(percentile([4, 1, 3, 2], 50)).toBe(2)
    expect(percentile([4, 1, 3, 2], 95)).toBe(4)
    expect(percentile([7], 50)).toBe(7)
    expect(percentile([], 50)).toBeNaN()
  })

  it('is a value that so many do not exceed, and no smaller one is', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const found = percentile(values, percent)
        const share = (limit: number): number => values.filter((value) => value <= limit).length / values.length
        expect(share(found)).toBeGreaterThanOrEqual(percent / 100)
        expect(share(found - 1)).toBeLessThan(percent / 100)
      })
    )
  })
})

describe('delivery', () => {
  const sent = [
    { id: 'a', at: ms(1000) },
    { id: 'b', at: ms(1010.5) },
    { id: 'c', at: ms(1030) }
  ]

  it('is measured from each send to the same message arriving', () => {
    const arrivals = new Map([
      ['c', ms(1034)],
      ['a', ms(1002)],
      ['b', ms(1013.5)]
    ])
    expect(measureDelivery(sent, arrivals)).toEqual({ count: 3, p50: 3, p95: 4, max: 4, closest: 10.5 })
  })

  it('is not measured when a message did not arrive', () => {
    expect(measureDelivery(sent, new Map([['a', ms(1001)]]))).toBeUndefined()
  })
})
