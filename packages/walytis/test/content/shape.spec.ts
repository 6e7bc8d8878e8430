import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FILE_FANOUT, FILE_LEAF_BYTES, MAX_FILE_BYTES } from '../../src/constants.ts'
import {
  bytesBefore,
  bytesUnder,
  childrenOf,
  type FileShape,
  type NodePlace,
  parentOf,
  placeAt,
  positionOf,
  shapeOf
} from '../../src/content/shape.ts'

const sizes = fc.oneof(
  fc.integer({ min: FILE_LEAF_BYTES + 1, max: MAX_FILE_BYTES }),
  // around the sizes at which a level becomes full
  fc
    .tuple(fc.constantFrom(1, 2, FILE_FANOUT, FILE_FANOUT + 1, 5 * FILE_FANOUT), fc.integer({ min: -2, max: 2 }))
    .map(([leaves, more]) => Math.max(FILE_LEAF_BYTES + 1, leaves * FILE_LEAF_BYTES + more))
)

function root({ counts }: FileShape): NodePlace {
  return { level: counts.length - 1, index: 0 }
}

describe('the tree of a file', () => {
  it('has one root and at most two levels above its leaves', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const { counts } = shapeOf(size)
        expect(counts.at(-1)).toBe(1)
        expect(counts.length).toBeLessThanOrEqual(3)
        expect(counts[0]).toBe(Math.ceil(size / FILE_LEAF_BYTES))
      })
    )
  })

  it('has a place at every position, and gives it back', () => {
    fc.assert(
      fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), (size, part) => {
        const shape = shapeOf(size)
        const position = Math.min(shape.total - 1, Math.floor(part * shape.total))
        expect(positionOf(shape, placeAt(shape, position))).toBe(position)
      })
    )
  })

  it('travels as a walk through it does: each node before what is beneath it', () => {
    const shape = shapeOf(FILE_LEAF_BYTES * (FILE_FANOUT + 3) + 1)
    const walk = (place: NodePlace): NodePlace[] => [
      place,
      ...(place.level === 0 ? [] : childrenOf(shape, place).flatMap(walk))
    ]
    const expected = walk(root(shape))
    expect(expected.length).toBe(shape.total)
    expect(expected.map((_, position) => placeAt(shape, position))).toEqual(expected)
    for (const place of expected) {
      for (const child of place.level === 0 ? [] : childrenOf(shape, place))
        expect(parentOf(shape, child)).toEqual(place)
    }
  })

  it('holds all bytes, each once', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const shape = shapeOf(size)
        const top = root(shape)
        expect(bytesUnder(shape, top)).toBe(size)
        expect(childrenOf(shape, top).reduce((sum, child) => sum + bytesUnder(shape, child), 0)).toBe(size)
        expect(bytesBefore(shape, 0)).toBe(0)
        expect(bytesBefore(shape, shape.total)).toBe(size)
      })
    )
  })
})
