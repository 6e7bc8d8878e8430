import { describe, expect, it } from 'vitest'
import { describeDag, parseDag } from '../../src/testing/draw-dag.ts'

describe('parseDag', () => {
  it('reads a line', () => {
    expect(describeDag(parseDag('a-b--c'))).toBe('a\nb <- a\nc <- b')
  })

  it('reads a fork and a merge', () => {
    const graph = parseDag(`
        b-c
       /   \\
      a     e-f
       \\   /
        -d-
    `)
    expect(graph.get('b')).toEqual(['a'])
    expect(graph.get('d')).toEqual(['a'])
    expect([...(graph.get('e') ?? [])].sort()).toEqual(['c', 'd'])
    expect(graph.get('f')).toEqual(['e'])
  })

  it('reads names of several characters, and loose ends', () => {
    const graph = parseDag(`
      a1-a2
        \\
         b1
      c1
    `)
    expect(graph.get('a2')).toEqual(['a1'])
    expect(graph.get('b1')).toEqual(['a1'])
    expect(graph.get('c1')).toEqual([])
  })

  it('refuses links that lead nowhere, and names that come twice', () => {
    expect(() => parseDag('a-')).toThrow(RangeError)
    expect(() => parseDag('a-a')).toThrow(RangeError)
  })
})
