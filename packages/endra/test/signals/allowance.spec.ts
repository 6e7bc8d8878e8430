import { expect, it } from 'vitest'
import { SIGNAL_BURST, SIGNALS_PER_SECOND } from '../../src/constants.ts'
import { Allowance } from '../../src/signals/allowance.ts'

it('R34 a device may send a burst of signals, then as many as time brings, whatever the others do', () => {
  let now = 1_000_000
  const allowance = new Allowance(() => now)
  const taken = (device: string, times: number): number =>
    Array.from({ length: times }, () => allowance.take(device)).filter(Boolean).length
  expect(taken('mallory', 10 * SIGNAL_BURST)).toBe(SIGNAL_BURST)
  now += 1_000
  expect(taken('mallory', 10 * SIGNAL_BURST)).toBe(SIGNALS_PER_SECOND)
  now -= 3_600_000
  expect(taken('mallory', 10)).toBe(0)
  now += 86_400_000
  expect(taken('mallory', 10 * SIGNAL_BURST)).toBe(SIGNAL_BURST)
  expect(taken('alice', SIGNAL_BURST)).toBe(SIGNAL_BURST)
  allowance.forget('mallory')
  expect(allowance.take('mallory')).toBe(true)
})
