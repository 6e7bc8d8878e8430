import { describe, expect, it } from 'vitest'
import { mergedGraph } from '../../src/stage-page/merged-graph.ts'

const block = (id: string, height: number) => ({ id, height, parents: [], author: 'alice' })

describe('the graphs of several devices, put together', () => {
  it('have each block once, with those who hold it, lowest first, and the newest where there are too many', () => {
    const graphs = new Map([
      ['laptop', [block('b', 1), block('a', 0)]],
      ['bob', [block('c', 1), block('a', 0)]]
    ] as const)
    expect(mergedGraph(graphs, 10).map(({ id, heldBy }) => `${id} ${heldBy.join('+')}`)).toEqual([
      'a laptop+bob',
      'b laptop',
      'c bob'
    ])
    expect(mergedGraph(graphs, 2).map(({ id }) => id)).toEqual(['b', 'c'])
  })
})
