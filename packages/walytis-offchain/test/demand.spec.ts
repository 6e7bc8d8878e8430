import { beforeEach, describe, expect, it } from 'vitest'
import { type Asking, Demand } from '../src/demand.ts'
import { InvalidArgumentError } from '../src/index.ts'
import type { FetchPolicy } from '../src/interface.ts'
import { idOf } from './support/places.ts'

const ID = idOf('block')
let asked: Set<string>
let asking: Asking

beforeEach(() => {
  asked = new Set()
  asking = {
    want: (id) => void asked.add(id.toString()),
    drop: (id) => void asked.delete(id.toString()),
    wants: (id) => asked.has(id.toString())
  }
})

const isAsked = (): boolean => asked.has(ID.toString())

describe('a content', () => {
  it('is asked for while somebody waits for it, and no longer', () => {
    const demand = new Demand(asking, 'on-demand')
    const [first, second] = [demand.await(ID), demand.await(ID)]
    expect(isAsked()).toBe(true)
    first()
    expect(isAsked()).toBe(true)
    second()
    expect(isAsked()).toBe(false)
  })

  it('is asked for on when nobody waits any more and the policy wants it', () => {
    const demand = new Demand(asking, 'at-once')
    demand.wanted(ID, 0)
    demand.await(ID)()
    expect(isAsked()).toBe(true)
    const leave = demand.await(ID)
    demand.unwanted(ID)
    demand.wanted(ID, 0)
    leave()
    expect(isAsked()).toBe(true)
  })

  it('is asked for while somebody waits, though the policy wants it no longer', () => {
    const demand = new Demand(asking, 'at-once')
    demand.wanted(ID, 0)
    const leave = demand.await(ID)
    demand.unwanted(ID)
    expect(isAsked()).toBe(true)
    leave()
    expect(isAsked()).toBe(false)
  })
})

it.each([
  ['at-once' as const, [true, true, true]],
  ['on-demand' as const, [false, false, false]],
  [{ upTo: 100 }, [true, true, false]]
])('the policy %j decides by size', (policy, expected) => {
  const demand = new Demand(asking, policy)
  expect([0, 100, 101].map((size) => demand.fetches(size))).toEqual(expected)
})

it.each([{ upTo: -1 }, { upTo: Number.NaN }, 'never'])('%j is no policy', (policy) => {
  const demand = new Demand(asking, 'at-once')
  expect(() => new Demand(asking, policy as FetchPolicy)).toThrow(InvalidArgumentError)
  expect(() => (demand.policy = policy as FetchPolicy)).toThrow(InvalidArgumentError)
  expect(demand.fetches(1)).toBe(true)
})
