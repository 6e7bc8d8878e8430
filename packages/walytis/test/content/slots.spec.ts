import { describe, expect, it } from 'vitest'
import { Slots } from '../../src/content/slots.ts'

describe('slots', () => {
  it('are given out in the order of asking, as many as there are', async () => {
    const slots = new Slots(2)
    const order: string[] = []
    const first = await slots.take({})
    const second = await slots.take({})
    const third = slots.take({}).then((give) => {
      order.push('third')
      return give
    })
    const fourth = slots.take({}).then(() => order.push('fourth'))
    expect(order).toEqual([])
    first()
    const give = await third
    // once more, in vain
    first()
    expect(order).toEqual(['third'])
    second()
    await fourth
    expect(order).toEqual(['third', 'fourth'])
    give()
    expect(typeof (await slots.take({}))).toBe('function')
  })

  it('go to the next when somebody gives up waiting', async () => {
    const slots = new Slots(1)
    const give = await slots.take({})
    const ending = new AbortController()
    const waiting = slots.take({ signal: ending.signal })
    const next = slots.take({})
    ending.abort(new RangeError('enough'))
    await expect(waiting).rejects.toThrow('enough')
    give()
    expect(typeof (await next)).toBe('function')
    await expect(slots.take({ signal: AbortSignal.abort() })).rejects.toThrow()
  })
})
