import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chunkCount, isSizeClass, sizeClassOf } from '../../src/reference/size-class.ts'

describe('size classes', () => {
  it.each([
    [0, 256],
    [1, 256],
    [256, 256],
    [257, 512],
    [5000, 8192],
    [65_536, 65_536],
    [65_537, 73_728],
    [262_144, 262_144],
    [262_145, 294_912]
  ])('%i bytes show as %i', (size, sizeClass) => {
    expect(sizeClassOf(size)).toBe(sizeClass)
  })

  it('hold the content, cost little, and are classes themselves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 38 }), (size) => {
        const sizeClass = sizeClassOf(size)
        expect(sizeClass).toBeGreaterThanOrEqual(size)
        expect(sizeClass).toBeLessThanOrEqual(size <= 65_536 ? Math.max(256, size * 2) : size * 1.125 + 1)
        expect(isSizeClass(sizeClass)).toBe(true)
        expect(chunkCount(sizeClass)).toBe(Math.ceil(sizeClass / 65_536))
      })
    )
  })

  it.each([0, 255, 257, 300, -256, 1.5, Number.NaN, 2 ** 49, '256', null])('%s is none', (value) => {
    expect(isSizeClass(value)).toBe(false)
  })
})
