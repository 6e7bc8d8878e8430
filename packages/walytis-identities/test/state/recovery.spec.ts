import { describe, expect, it } from 'vitest'
import { referenceState } from '../reference/membership.ts'
import { random, shuffled } from './histories.ts'
import { did, hashState, Script } from './script.ts'

/** Alice's laptop founded her user; `paper` are the words in her drawer. Her phone and her tablet came later. */
const USER = `
  recovery paper
  i : g  alice  invite i 9 shared admin
  b : i  alice  add phone i admin ; epoch
  p : b  phone  add tablet i admin ; epoch
`

async function run(text: string): Promise<Script> {
  const script = await Script.run(USER + text)
  const { fallen } = await script.state()
  expect([...fallen].sort()).toEqual(referenceState(script.ledger.nodes()).fallen)
  const lines = (USER + text)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => script.names().includes(line.split(' ')[0] ?? ''))
  for (let seed = 1; seed <= 5; seed++) {
    const other = await Script.run(`recovery paper\n${shuffled(lines, random(seed)).join('\n')}`)
    expect(hashState(await other.state())).toBe(hashState(await script.state()))
  }
  return script
}

describe('the recovery member', () => {
  it('is an admin, and senior to the founder', async () => {
    const script = await run('')
    expect(await script.members()).toBe('paper alice phone tablet')
    const state = await script.state()
    expect(state.members.get(did('paper'))?.role).toBe('admin')
    expect(state.recovery).toBe(did('paper'))
  })

  it('adds a new device and removes a stolen one, the first one too', async () => {
    const script = await run(`
      j : p  paper  invite j 1 admin
      n : j  paper  add laptop2 j admin ; epoch
      r : n  paper  remove alice ; epoch
    `)
    expect(await script.members()).toBe('paper phone tablet laptop2')
    expect((await script.state()).usable).toEqual(['r'])
  })

  /**
   *   p──r (paper removes alice's laptop)
   *    └─x (the laptop removes paper)
   */
  it('R16 wins against the founder where nobody else saw either', async () => {
    const script = await run(`
      r : p  paper  remove alice ; epoch
      x : p  alice  remove paper ; epoch
    `)
    expect(await script.members()).toBe('paper phone tablet')
    expect(await script.fallen()).toBe('x')
  })

  it('R40 can not date back either: what others saw outweighs it', async () => {
    const script = await run(`
      x : p  alice   remove paper ; epoch
      w : x  phone   says
      r : p  paper   remove alice ; epoch
    `)
    expect(await script.members()).toBe('alice phone tablet')
    expect(await script.fallen()).toBe('r')
  })

  it('may have every epoch: it is a member from the beginning', async () => {
    const state = await (await run('')).state()
    expect([...state.epochs.values()].every(({ members }) => members.has(did('paper')))).toBe(true)
  })
})
