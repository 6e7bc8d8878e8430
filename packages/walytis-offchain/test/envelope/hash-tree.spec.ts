import fc from 'fast-check'
import { fromString, toString as textOf } from 'uint8arrays'
import { describe, expect, it } from 'vitest'
import { leafHash, proofOf, provesLeaf, rootOf } from '../../src/envelope/hash-tree.ts'

/** The known answers of Certificate Transparency's reference tree (RFC 9162 uses the same hash). */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => leafHash(fromString(hex, 'hex'))
)

const leavesOf = (count: number) => Array.from({ length: count }, (_, index) => leafHash(fromString(`piece ${index}`)))

describe('the hash tree', () => {
  it.each([
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328']
  ])('over %i leaves is that of RFC 9162', (count, root) => {
    expect(textOf(rootOf(INPUTS.slice(0, count)), 'hex')).toBe(root)
  })

  it('lets each piece be proved alone, at its place and no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.nat(), (count, at, elsewhere) => {
        const leaves = leavesOf(count)
        const root = rootOf(leaves)
        const index = at % count
        const leaf = leaves[index] ?? new Uint8Array()
        const proof = proofOf(leaves, index)
        expect(provesLeaf(root, leaf, index, count, proof)).toBe(true)
        const other = elsewhere % count
        if (other !== index) expect(provesLeaf(root, leaf, other, count, proof)).toBe(false)
        expect(provesLeaf(root, leafHash(leaf), index, count, proof)).toBe(false)
        expect(provesLeaf(root, leaf, index, count, [...proof, leaf])).toBe(false)
        if (proof.length > 0) expect(provesLeaf(root, leaf, index, count, proof.slice(1))).toBe(false)
      })
    )
  })

  it('knows no index outside the tree', () => {
    const leaves = leavesOf(3)
    const root = rootOf(leaves)
    expect(provesLeaf(root, leaves[2] ?? root, 3, 3, proofOf(leaves, 2))).toBe(false)
    expect(provesLeaf(root, leaves[0] ?? root, -1, 3, proofOf(leaves, 0))).toBe(false)
  })
})
