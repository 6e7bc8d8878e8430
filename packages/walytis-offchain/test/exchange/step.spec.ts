import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ANSWER_DEADLINE, BAN, MAX_ASKED_PER_DEVICE, MAX_WRONG, RETRY } from '../../src/exchange/limits.ts'
import { Wants } from '../../src/exchange/step.ts'

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `block ${index}`)

describe('what is wanted', () => {
  it('is asked of one device at a time', () => {
    const wants = new Wants()
    wants.up('bob', 0)
    wants.up('carol', 0)
    wants.want('x', 0)
    expect(wants.step(0).length).toBe(1)
    expect(wants.step(1)).toEqual([])
  })

  it('waits until its time, and says when that is', () => {
    const wants = new Wants()
    wants.up('bob', 0)
    wants.want('x', 150)
    expect(wants.step(0)).toEqual([])
    expect(wants.nextStep(0)).toBe(150)
    expect(wants.step(150)).toEqual([{ device: 'bob', blocks: ['x'] }])
    expect(wants.nextStep(150)).toBe(150 + ANSWER_DEADLINE)
  })

  it('is asked first of who offered it', () => {
    const wants = new Wants()
    wants.up('bob', 0)
    wants.up('carol', 0)
    wants.want('x', 0, ['carol'])
    wants.want('y', 0)
    wants.offered('carol', ['y', 'unknown'], 0)
    expect(wants.step(0)).toEqual([{ device: 'carol', blocks: ['x', 'y'] }])
  })

  it('goes to the next device when one refuses, and again to all after a pause that doubles', () => {
    const wants = new Wants()
    wants.up('bob', 0)
    wants.up('carol', 0)
    wants.want('x', 0)
    expect(wants.step(0)).toEqual([{ device: 'bob', blocks: ['x'] }])
    wants.refused('bob', ['x'])
    expect(wants.step(1)).toEqual([{ device: 'carol', blocks: ['x'] }])
    wants.refused('carol', ['x'])
    expect(wants.step(2)).toEqual([])
    expect(wants.nextStep(2)).toBe(2 + RETRY.first)
    expect(wants.step(2 + RETRY.first).length).toBe(1)
    wants.refused('bob', ['x'])
    expect(wants.step(2000)).toEqual([{ device: 'carol', blocks: ['x'] }])
    wants.refused('carol', ['x'])
    expect(wants.step(2000)).toEqual([])
    expect(wants.nextStep(2000)).toBe(2000 + 2 * RETRY.first)
  })

  it('is asked at once of a device that comes, or that offers it, during a pause', () => {
    const wants = new Wants()
    wants.up('bob', 0)
    wants.want('x', 0)
    wants.step(0)
    wants.refused('bob', ['x'])
    wants.step(1)
    wants.up('carol', 2)
    expect(wants.step(2)).toEqual([{ device: 'bob', blocks: ['x'] }])
    wants.refused('bob', ['x'])
    expect(wants.step(3)).toEqual([{ device: 'carol', blocks: ['x'] }])
    wants.refused('carol', ['x'])
    wants.step(4)
    wants.offered('bob', ['x'], 5)
    expect(wants.step(5)).toEqual([{ device: 'bob', blocks: ['x'] }])
  })

  it('R36 goes elsewhere when a device does not answer, and holds up nothing else', () => {
    const wants = new Wants()
    wants.up('bob', 0)
    wants.want('never', 0)
    expect(wants.step(0)).toEqual([{ device: 'bob', blocks: ['never'] }])
    wants.want('later', 1)
    expect(wants.step(1)).toEqual([{ device: 'bob', blocks: ['later'] }])
    wants.drop('later')
    wants.up('carol', 2)
    expect(wants.step(ANSWER_DEADLINE)).toEqual([{ device: 'carol', blocks: ['never'] }])
  })

  it('goes elsewhere at once when the device that was asked is gone', () => {
    const wants = new Wants()
    wants.up('bob', 0)
    wants.want('x', 0)
    wants.step(0)
    wants.up('carol', 0)
    wants.down('bob')
    expect(wants.step(1)).toEqual([{ device: 'carol', blocks: ['x'] }])
    wants.down('carol')
    expect(wants.step(2)).toEqual([])
    expect(wants.nextStep(2)).toBe(undefined)
  })

  it('R29 who gives wrong bytes is asked last, and after a few times not at all', () => {
    const wants = new Wants()
    wants.up('eve', 0)
    wants.want('x', 0)
    wants.step(0)
    expect(wants.wrong('eve', 'x', 1)).toBe(false)
    wants.up('bob', 1)
    wants.want('y', 1)
    expect(wants.step(1)).toEqual([{ device: 'bob', blocks: ['x', 'y'] }])
    for (let count = 2; count <= MAX_WRONG; count++) expect(wants.wrong('eve', 'x', 2)).toBe(count === MAX_WRONG)
    expect(wants.banned('eve', 3)).toBe(true)
    expect(wants.banned('eve', 3 + BAN)).toBe(false)
  })

  it('is not heaped upon one device', () => {
    const wants = new Wants()
    wants.up('bob', 0)
    for (const block of numbered(2 * MAX_ASKED_PER_DEVICE)) wants.want(block, 0)
    const asked = wants.step(0)
    expect(asked.map((ask) => ask.blocks.length)).toEqual([256, 256])
    expect(wants.step(1)).toEqual([])
    // Nothing to do but to wait: not a step every moment.
    expect(wants.nextStep(1)).toBe(ANSWER_DEADLINE)
    for (const block of asked[0]?.blocks ?? []) wants.drop(block)
    expect(wants.step(2).map((ask) => ask.blocks.length)).toEqual([256])
  })

  it('is spread over devices', () => {
    const wants = new Wants()
    wants.up('bob', 0)
    wants.up('carol', 0)
    for (const block of numbered(100)) wants.want(block, 0)
    expect(wants.step(0).map((ask) => ask.blocks.length)).toEqual([50, 50])
  })

  it('is always got in the end when one honest device stays, whatever the others do', () => {
    const others = fc.constantFrom('refuse', 'silence', 'wrong', 'leave')
    fc.assert(
      fc.property(fc.array(others, { maxLength: 4 }), fc.integer({ min: 1, max: 30 }), (behaviours, count) => {
        const wants = new Wants()
        behaviours.forEach((_, index) => {
          wants.up(`other ${index}`, 0)
        })
        wants.up('honest', 0)
        for (const block of numbered(count)) wants.want(block, 0)
        let now = 0
        for (let rounds = 0; wants.size > 0; rounds++) {
          expect(rounds).toBeLessThan(50)
          for (const { device, blocks } of wants.step(now)) {
            const behaviour = device === 'honest' ? 'give' : behaviours[Number(device.split(' ')[1])]
            if (behaviour === 'give') for (const block of blocks) wants.drop(block)
            if (behaviour === 'refuse') wants.refused(device, blocks)
            if (behaviour === 'wrong') for (const block of blocks) wants.wrong(device, block, now)
            if (behaviour === 'leave') wants.down(device)
          }
          now = Math.max(now + 1, wants.nextStep(now) ?? 0)
        }
        expect(now).toBeLessThan(behaviours.length * ANSWER_DEADLINE + RETRY.longest)
      })
    )
  })
})
