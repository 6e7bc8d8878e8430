import { describe, expect, it } from 'vitest'
import { AppendMap } from '../../src/state/append-map.ts'
import { extend } from '../../src/state/extend.ts'
import { reduce } from '../../src/state/reduce.ts'
import { random, randomHistory } from './histories.ts'
import { hashState } from './script.ts'

const SEEDS = 60

describe('taking one node more', () => {
  it(`gives what folding all of them gives, at every node of ${SEEDS} random histories`, async () => {
    let extended = 0
    let nodes = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { script, lines } = await randomHistory(random(seed))
      const { ledger, resolve } = script
      const { epochs } = await script.state()
      for (const node of ledger.nodes().slice(1)) {
        const { state: before } = await ledger.stateAt(node.links)
        const state = extend(before, node, resolve, (id) => ledger.get(id))
        const epochOf = ({ id }: { id: string }) => epochs.get(id)
        const anew = reduce(ledger.closure([node]), { did: ledger.did, resolve, epochOf }).state
        nodes++
        if (state !== undefined) {
          extended++
          expect(hashState(state), `seed ${seed}, ${node.id}\n${lines.join('\n')}`).toBe(hashState(anew))
        }
      }
    }
    // the others: members that come back, several acts on one member, evidence after acts that fell
    expect(extended / nodes).toBeGreaterThan(0.9)
    process.stdout.write(`${extended} of ${nodes} nodes taken one by one\n`)
  })
})

describe('a map that only grows', () => {
  it('keeps each version as it was, also where a second branch begins', () => {
    const one = AppendMap.from(new Map([['a', 1]]))
    const two = one.with('b', 2)
    const three = two.with('c', 3)
    const other = one.with('b', 20)
    expect([...one]).toEqual([['a', 1]])
    expect([...two.keys()]).toEqual(['a', 'b'])
    expect([...three.values()]).toEqual([1, 2, 3])
    expect([...other]).toEqual([
      ['a', 1],
      ['b', 20]
    ])
    expect([one.get('b'), two.get('b'), other.get('b'), two.has('c'), three.size]).toEqual([undefined, 2, 20, false, 3])
    const seen: unknown[] = []
    two.forEach((value, key) => {
      seen.push([key, value])
    })
    expect(seen).toEqual([...two])
  })
})
