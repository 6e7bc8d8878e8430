import { describe, expect, it } from 'vitest'
import type { StageBlock } from '../../src/stage-page/view.ts'
import { layOut } from '../../ui/stage/layout.ts'

const block = (id: string, height: number, author: string, ...parents: string[]): StageBlock => {
  return { id, height, author, parents, heldBy: ['laptop'] }
}

describe('the picture of a graph', () => {
  it('has columns by height and rows by author, and joins blocks with those that they follow', () => {
    //  a ─ b ─ d
    //   └─ c ──┘
    const { blocks, edges } = layOut([
      block('a', 0, 'alice'),
      block('b', 1, 'alice', 'a'),
      block('c', 1, 'bob', 'a'),
      block('d', 2, 'alice', 'b', 'c')
    ])
    const [a, b, c, d] = blocks
    expect(b?.x).toBe(c?.x)
    expect([a?.y, d?.y]).toEqual([b?.y, b?.y])
    expect(c?.y).toBeGreaterThan(b?.y ?? 0)
    expect(edges.map(({ from, to }) => `${from.block.id}${to.block.id}`)).toEqual(['ba', 'ca', 'db', 'dc'])
  })

  it('leaves no block under another, and no edge to one that is not shown', () => {
    const { blocks, edges } = layOut([block('b', 7, 'alice', 'a'), block('c', 7, 'alice', 'a')])
    expect(blocks[0]?.x).not.toBe(blocks[1]?.x)
    expect(edges).toEqual([])
  })

  it('of nothing is empty', () => {
    expect(layOut([])).toMatchObject({ blocks: [], edges: [] })
  })
})
