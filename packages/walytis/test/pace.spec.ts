import { describe, expect, it } from 'vitest'
import { Pace } from '../src/pace.ts'

describe('the pace of tries in vain', () => {
  it('lets so many pass at once, and one more for each while', () => {
    let now = 5
    const pace = new Pace({ burst: 3, every: 10, now: () => now })
    for (let i = 0; i < 3; i++) {
      expect(pace.allows('mallory')).toBe(true)
      pace.failed('mallory')
    }
    expect(pace.allows('mallory')).toBe(false)
    expect(pace.allows('bob')).toBe(true)
    now += 9
    expect(pace.allows('mallory')).toBe(false)
    now += 1
    expect(pace.allows('mallory')).toBe(true)
    pace.failed('mallory')
    expect(pace.allows('mallory')).toBe(false)
    now += 1_000_000
    for (let i = 0; i < 3; i++) pace.failed('mallory')
    // waiting long saves up nothing
    expect(pace.allows('mallory')).toBe(false)
  })

  it('remembers a bounded number of peers, those who tried last', () => {
    const pace = new Pace({ burst: 1, every: 10, now: () => 0 })
    for (let i = 0; i < 1100; i++) pace.failed(`peer ${i}`)
    expect(pace.allows('peer 0')).toBe(true)
    expect(pace.allows('peer 1099')).toBe(false)
  })
})
