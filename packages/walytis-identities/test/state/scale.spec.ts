import { describe, expect, it } from 'vitest'
import { Replica } from './replica.ts'
import { parseLine, Script } from './script.ts'

const MEMBERS = 1000
const EVENTS = 10_000

/** One event after another, of the same few kinds. */
function eventOf(at: number, members: number): string {
  const who = `u${1 + (at % (members - 1))}`
  return [`${who} epoch`, `${who} says`, `alice role ${who} admin`, `${who} invite i${at} 1`][at % 4] ?? ''
}

describe('a group that grows', () => {
  it(`folds ${EVENTS} events of ${MEMBERS} members one by one: the last costs what the first did`, async () => {
    const script = await Script.run(`i : g alice invite i ${MEMBERS} shared admin`)
    let last = 'i'
    const add = async (name: string, what: string): Promise<number> => {
      const before = script.ledger.visited
      expect(await script.add(parseLine(`${name} : ${last} ${what}`)), what).toBe(true)
      last = name
      return script.ledger.visited - before
    }
    const work: number[] = []
    for (let at = 1; at < MEMBERS; at++) {
      work.push(await add(`m${at}`, `alice add u${at} i admin ; epoch`))
    }
    expect(Math.max(...work)).toBe(work[0])
    work.length = 0
    for (let at = 0; at < EVENTS - MEMBERS; at++) {
      work.push(await add(`e${at}`, eventOf(at, MEMBERS)))
    }
    expect(work.slice(-4)).toEqual(work.slice(0, 4))
    expect(Math.max(...work)).toBe(1)
    const state = await script.state()
    expect(state.members.size).toBe(MEMBERS)
    expect(state.epochs.size).toBeGreaterThan(EVENTS / 4)
    process.stdout.write(`${EVENTS} events of ${MEMBERS} members: ${script.ledger.visited} nodes looked at\n`)
  })

  it('says which blocks are in effect without reading more of the chain as it grows', async () => {
    const replica = await Replica.create()
    const deliver = async (line: string): Promise<number> => {
      const { reads } = replica
      expect(await replica.deliver(line), line).toBe(true)
      return replica.reads - reads
    }
    await deliver('i : g alice invite i 20 shared admin')
    let last = 'i'
    const members = 20
    for (let at = 1; at < members; at++) {
      await deliver(`m${at} : ${last} alice add u${at} i admin ; epoch`)
      last = `m${at}`
    }
    const reads: number[] = []
    for (let at = 0; at < 400; at++) {
      reads.push(await deliver(`e${at} : ${last} ${eventOf(at, members)}`))
      last = `e${at}`
    }
    expect(Math.max(...reads)).toBe(0)
    // a removal looks at what the removed one wrote, and at nothing else
    const written = 400 / members
    expect(await deliver(`r : ${last} alice remove u3 ; epoch`)).toBeLessThan(10 * written)
  })
})
