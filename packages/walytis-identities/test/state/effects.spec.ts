import { describe, expect, it } from 'vitest'
import { referenceStands, referenceState } from '../reference/membership.ts'
import { random, randomHistory, shuffled } from './histories.ts'
import { Replica } from './replica.ts'

const SEEDS = Number(process.env['EFFECT_SEEDS'] ?? 60)
const BASE = Number(process.env['MEMBERSHIP_BASE'] ?? 1)

async function deliverAll(lines: readonly string[]): Promise<Replica> {
  const replica = await Replica.create()
  for (const line of lines) {
    expect(await replica.deliver(line), line).toBe(true)
  }
  return replica
}

const START = [
  'i : g alice invite i 9 shared admin',
  'b : i alice add bob i admin ; epoch',
  'p : b alice add carol i admin ; epoch'
]

describe('which blocks are in effect', () => {
  /**
   *   p──1──r (alice removes bob)
   *       └─2──3 (bob says)
   */
  it('R15 what a removed member said before stays, what it said beside the removal falls', async () => {
    const lines = [
      ...START,
      '1 : p bob whispers',
      'r : 1 alice remove bob ; epoch',
      '2 : 1 bob whispers',
      '3 : 2 bob whispers'
    ]
    for (const order of [lines, [...lines.slice(0, 4), ...lines.slice(5), ...lines.slice(4, 5)]]) {
      expect((await deliverAll(order)).revoked()).toEqual(['2', '3'])
    }
  })

  it('R15 comes back when the removal itself falls', async () => {
    const lines = [...START, '1 : p carol whispers', 'r : p bob remove carol ; epoch', 's : p alice remove bob ; epoch']
    expect((await deliverAll(lines.slice(0, 5))).revoked()).toEqual(['1'])
    expect((await deliverAll(lines)).revoked()).toEqual(['r'])
  })

  it('what somebody said whose admission fell falls', async () => {
    const lines = [
      ...START,
      'j : p bob invite j 1',
      'e : j bob add erin j ; epoch',
      '1 : e erin whispers',
      'r : p alice remove bob ; epoch'
    ]
    expect((await deliverAll(lines)).revoked()).toEqual(['1', 'e', 'j'])
  })

  it(
    `R15 R16 is the same in every order of delivery, and the reference's (${SEEDS} seeds)`,
    async () => {
      let fallen = 0
      for (let seed = BASE; seed < BASE + SEEDS; seed++) {
        const pick = random(seed)
        const history = await randomHistory(pick)
        const lines = history.lines.flatMap((line, at) => {
          const { 1: author = '' } = /: \S+ (\S+)/.exec(line) ?? []
          const name = line.split(' ')[0] ?? ''
          // the same author goes on talking after its act, where it may
          return [line, ...(pick(2) === 0 ? [`says${at} : ${name} ${author} whispers`] : [])]
        })
        const context = `seed ${seed}\n${lines.join('\n')}`
        const accepted: string[] = []
        const first = await Replica.create()
        for (const line of lines) {
          if (await first.deliver(line)) {
            accepted.push(line)
          }
        }
        const nodes = first.script.ledger.nodes()
        const expected = [
          ...referenceState(nodes).fallen.map((id) => first.script.nameOf(id)),
          ...first
            .contents()
            .filter((content) => !referenceStands(nodes, content))
            .map(({ name }) => name)
        ].sort()
        expect(first.revoked(), context).toEqual(expected)
        fallen += expected.length
        const other = await deliverAll(shuffled(accepted, pick))
        expect(other.revoked(), context).toEqual(expected)
      }
      process.stdout.write(`${SEEDS} random histories from seed ${BASE}, ${fallen} blocks of them fallen\n`)
      expect(fallen).toBeGreaterThan(SEEDS)
    },
    60_000 + SEEDS * 500
  )
})
