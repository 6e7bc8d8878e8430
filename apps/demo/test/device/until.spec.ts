import { expect, it } from 'vitest'
import { until } from '../../src/device/until.ts'

it('gives what is there already without an event', async () => {
  expect(await until(new EventTarget(), ['news'], async () => 7)).toBe(7)
})

it('does not miss an event that comes while it asks', async () => {
  const target = new EventTarget()
  let there = false
  let asked = 0
  const found = await until(target, ['other', 'news'], async () => {
    asked += 1
    const answer = there ? 'here' : undefined
    if (!there) {
      there = true
      target.dispatchEvent(new Event('news'))
    }
    return answer
  })
  expect(found).toBe('here')
  expect(asked).toBe(2)
})

it('passes on what goes wrong', async () => {
  const failing = async (): Promise<undefined> => {
    throw new RangeError('broken')
  }
  await expect(until(new EventTarget(), ['news'], failing)).rejects.toThrow('broken')
})
