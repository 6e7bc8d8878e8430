import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { platformTimers } from '../src/timers.ts'

describe('the timers of a node', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('F6 measure time that goes on when the wall clock is set back or forward by years', () => {
    const timers = platformTimers()
    const began = timers.now()
    vi.setSystemTime(Date.UTC(2016, 0, 1))
    expect(timers.now()).toBe(began)
    vi.setSystemTime(Date.UTC(2036, 0, 1))
    vi.advanceTimersByTime(1_000)
    expect(timers.now()).toBe(began + 1_000)
  })

  it('call back once, unless told otherwise', () => {
    const called: string[] = []
    const timers = platformTimers()
    timers.after(50, () => called.push('one'))
    timers.after(10, () => called.push('two'))()
    vi.advanceTimersByTime(200)
    expect(called).toEqual(['one'])
  })
})
