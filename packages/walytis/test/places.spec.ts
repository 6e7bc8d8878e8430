import { describe, expect, it } from 'vitest'
import { Places } from '../src/places.ts'

describe('places', () => {
  it('are taken from whoever holds most, its longest first', () => {
    const places = new Places<string>({ total: 6, each: 4 })
    for (const item of ['a1', 'b1', 'b2', 'c1', 'b3', 'a2']) expect(places.take(item, item.charAt(0))).toBeUndefined()
    expect(places.take('d1', 'd')).toBe('b1')
    // several hold two now: of these, who is there longest
    expect(places.take('e1', 'e')).toBe('a1')
    expect(places.all).toEqual(['b2', 'c1', 'b3', 'a2', 'd1', 'e1'])
    places.leave('b2')
    expect(places.take('f1', 'f')).toBeUndefined()
  })

  it('of one peer are no more than its part, though others are free', () => {
    const places = new Places<string>({ total: 6, each: 2 })
    expect(['a1', 'a2', 'a3', 'a4'].map((item) => places.take(item, 'a'))).toEqual([undefined, undefined, 'a1', 'a2'])
    expect(places.claim('a5', 'a', { now: 0, length: 1 })).toEqual({ isTaken: false, leaving: undefined })
  })

  it('that are claimed stay with who has one, until others have fewer or its turn is over', () => {
    const places = new Places<string>({ total: 3, each: 3 })
    const claim = (item: string, now: number) => places.claim(item, item.charAt(0), { now, length: 10 })
    for (const [index, item] of ['a1', 'b1', 'b2'].entries())
      expect(claim(item, index)).toEqual({ isTaken: true, leaving: undefined })
    expect(claim('a2', 9)).toEqual({ isTaken: false, leaving: undefined })
    expect(claim('c1', 9)).toEqual({ isTaken: true, leaving: 'b1' })
    expect(claim('d1', 9)).toEqual({ isTaken: false, leaving: undefined })
    expect(claim('d1', 10)).toEqual({ isTaken: true, leaving: 'a1' })
    expect(places.all).toEqual(['b2', 'c1', 'd1'])
  })
})
