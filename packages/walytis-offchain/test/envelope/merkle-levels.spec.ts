import fc from 'fast-check'
import { fromString } from 'uint8arrays'
import { describe, expect, it } from 'vitest'
import { leafHash, proofOf, provesLeaf, rootOf } from '../../src/envelope/hash-tree.ts'
import { MerkleLevels } from '../../src/envelope/merkle-levels.ts'

describe('a tree whose levels are kept', () => {
  it('gives the roots and audit paths of RFC 9162', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), (count) => {
        const leaves = Array.from({ length: count }, (_, index) => leafHash(fromString(`leaf ${index}`)))
        const levels = new MerkleLevels(leaves)
        expect(levels.root).toEqual(rootOf(leaves))
        for (const [index, leaf] of leaves.entries()) {
          expect(levels.proof(index)).toEqual(proofOf(leaves, index))
          expect(provesLeaf(levels.root, leaf, index, count, levels.proof(index))).toBe(true)
        }
      })
    )
  })
})
