import { describe, expect, it } from 'vitest'
import { ANSWER_DEADLINE } from '../../src/sync/limits.ts'
import { complaints } from './oracle.ts'
import { type Outcome, simulate } from './run.ts'
import { drawFaults, type Faults, NO_FAULTS, World } from './world.ts'

/** Stories of so many seeds; all of them are well in the end, or the test says which is not. */
async function outcomesOf(first: number, count: number, faultsOf: (seed: number) => Faults): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(seed, faultsOf(seed))
    expect(outcome.complaints, `seed ${seed}: node test/simulation/main.ts --seed ${seed} shows it alone`).toEqual([])
    outcomes.push(outcome)
  }
  return outcomes
}

const only = (faults: Partial<Faults>) => (): Faults => ({ ...NO_FAULTS, ...faults })

describe('nodes in a simulated world', { timeout: 180_000 }, () => {
  it('F4 part two and three ways and heal: equal heads and states on all of them (20 seeds)', async () => {
    for (const { seed, healing, blocks } of await outcomesOf(1, 20, only({ partitions: true }))) {
      expect(blocks, `seed ${seed}`).toBeGreaterThan(0)
      // nobody was cut off, and no deadline had to help
      expect(healing, `seed ${seed}`).toBeLessThan(ANSWER_DEADLINE)
    }
  })

  it('F5, F16 lose a third of their messages, and get others a minute late (15 seeds)', async () => {
    await outcomesOf(101, 15, only({ weather: true, partitions: true }))
  })

  it('F5 have messages doubled, swapped and left out within a stream, and agree once it is over (10 seeds)', async () => {
    await outcomesOf(201, 10, only({ tampering: true }))
  })

  it('F5, R21 have whole sessions played to them again, and tell a stranger nothing (10 seeds)', async () => {
    const outcomes = await outcomesOf(301, 10, only({ replays: true, partitions: true }))
    expect(outcomes.some(({ replayed }) => replayed > 0)).toBe(true)
  })

  it('F1, F2 are killed at any operation of their stores, and lose their power (15 seeds)', async () => {
    await outcomesOf(401, 15, only({ kills: true }))
  })

  it('F6, R6 have clocks that are years wrong, differ and jump (10 seeds)', async () => {
    await outcomesOf(501, 10, only({ clocks: true, partitions: true }))
  })

  it('F9, R10 hear a member equivocate, and agree all the same (10 seeds)', async () => {
    await outcomesOf(601, 10, only({ forks: true, partitions: true }))
  })

  it('live through all of it at once (10 seeds)', async () => {
    await outcomesOf(701, 10, drawFaults)
  })

  it('live the same story again for the same seed', async () => {
    const all = (): Faults => ({ ...drawFaults(1), kills: true, weather: true, clocks: true })
    const [first] = await outcomesOf(801, 1, all)
    const [again] = await outcomesOf(801, 1, all)
    expect(again).toEqual(first)
  })

  it('are looked at closely enough: a block that did not get around, and an application that missed one, are noticed', async () => {
    const world = await World.create(901, NO_FAULTS)
    const [alice] = world.nodes
    alice?.write('only here')
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    alice?.consumed.clear()
    const found = (await complaints(world)).join('\n')
    await world.stop()
    expect(found).toContain('states differ')
    expect(found).toContain('lacks "only here"')
    expect(found).toContain('the application at alice was never handed')
  })
})
