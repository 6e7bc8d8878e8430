import { describe, expect, it } from 'vitest'
import { withDeadline } from '../src/deadline.ts'
import { DeadlineError } from '../src/errors.ts'

const never = (): Promise<never> => new Promise(() => undefined)

describe('a deadline', () => {
  it('lets results and errors through', async () => {
    expect(await withDeadline('Asking', 1_000, {}, async () => 5)).toBe(5)
    const failure = new RangeError('no')
    await expect(withDeadline('Asking', 1_000, {}, () => Promise.reject(failure))).rejects.toBe(failure)
  })

  it('ends what does not end by itself, by name, even when the signal is overlooked', async () => {
    const promise = withDeadline('Asking', 10, {}, never)
    await expect(promise).rejects.toThrow(DeadlineError)
    await expect(promise).rejects.toThrow('Asking took longer than')
  })

  it('gives way to the caller, whose reason is kept', async () => {
    const controller = new AbortController()
    const promise = withDeadline('Asking', 60_000, { signal: controller.signal }, never)
    const reason = new RangeError('enough')
    controller.abort(reason)
    await expect(promise).rejects.toBe(reason)
    await expect(withDeadline('Asking', 60_000, { signal: controller.signal }, never)).rejects.toBe(reason)
  })
})
