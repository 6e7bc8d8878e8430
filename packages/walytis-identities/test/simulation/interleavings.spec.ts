import { describe, expect, it } from 'vitest'
import { ACTS, type Checked, check, checkAll, type Program } from './interleavings.ts'

/** Acts that hang on each other most. */
const CASES: Record<string, readonly Program[]> = {
  'remove and add again beside a removal and a join': [
    ['remove bob ; epoch', 'invite again 1 ; add bob again ; epoch'],
    ['remove carol ; epoch'],
    ['add erin k ; epoch']
  ],
  'remove, rotate, join and remove': [
    ['remove bob ; epoch'],
    ['epoch'],
    ['add erin k ; epoch'],
    ['remove alice ; epoch']
  ],
  'a circle of three, and a witness': [
    ['remove bob ; epoch'],
    ['remove carol ; epoch'],
    ['remove alice ; epoch'],
    ['says']
  ],
  'three who use one invitation once, and a removal': [
    ['add erin k ; epoch'],
    ['add frank k ; epoch'],
    ['add grace k ; epoch'],
    ['remove alice ; epoch']
  ],
  'demotions against acts of admins': [['role bob member'], ['remove carol ; epoch'], ['role alice member'], ['leave']]
}

const print = (name: string, { graphs, orders }: Pick<Checked, 'graphs' | 'orders'>): void => {
  process.stdout.write(`${name}: ${graphs} graphs, ${orders} orders\n`)
}

describe('F11 all interleavings', () => {
  it('F11 are all there are: the partial orders of three acts', async () => {
    const { graphs, orders } = await check([['says'], ['says'], ['says']])
    // OEIS A001035, labelled partial orders; and the sum of the numbers of their linear extensions
    expect(graphs).toBe(19)
    expect(orders).toBe(42)
  })

  it.each(Object.keys(CASES))('F11 R16 %s: one state in every order, and the same as the reference', async (name) => {
    const checked = await check(CASES[name] ?? [])
    print(name, checked)
    expect(checked.failures).toEqual([])
    expect(checked.graphs).toBeGreaterThan(20)
  })

  it('F11 R16 every pair of acts of two members', async () => {
    const checked = await checkAll(2, ACTS)
    print(`${checked.programs} programs of two members`, checked)
    expect(checked.failures).toEqual([])
    expect(checked.programs).toBe(ACTS.length ** 2)
  })
})
