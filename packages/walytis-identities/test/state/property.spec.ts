import { describe, expect, it } from 'vitest'
import type { GroupState } from '../../src/state/membership.ts'
import { type ReferenceState, referenceState } from '../reference/membership.ts'
import { random, randomHistory, shuffled } from './histories.ts'
import { hashState, Script } from './script.ts'

const SEEDS = Number(process.env['MEMBERSHIP_SEEDS'] ?? 400)
const BASE = Number(process.env['MEMBERSHIP_BASE'] ?? 1)

function summary(state: GroupState): ReferenceState {
  return {
    members: [...state.members.values()].map(({ did, role }) => `${did} ${role}`),
    fallen: [...state.fallen].sort(),
    exclusions: [...state.exclusions].sort(),
    usable: [...state.usable].sort()
  }
}

describe('R8, R11, R15, R16, R22, R40: random membership graphs', () => {
  it(
    `give one state in every order of delivery, and the reference's (${SEEDS} seeds)`,
    async () => {
      let conflicts = 0
      for (let seed = BASE; seed < BASE + SEEDS; seed++) {
        const pick = random(seed)
        const { script, lines } = await randomHistory(pick)
        const context = `seed ${seed}\n${lines.join('\n')}`
        const state = await script.state()
        conflicts += state.fallen.size > 0 ? 1 : 0
        expect(summary(state), context).toEqual(referenceState(script.ledger.nodes()))
        for (let delivery = 0; delivery < 2; delivery++) {
          const other = await Script.run(shuffled(lines, pick).join('\n'))
          expect([...other.refused], context).toEqual([])
          expect(hashState(await other.state()), context).toBe(hashState(state))
        }
      }
      process.stdout.write(`${SEEDS} random graphs from seed ${BASE}, ${conflicts} of them with acts that fell\n`)
      expect(conflicts).toBeGreaterThan(SEEDS / 4)
    },
    60_000 + SEEDS * 300
  )
})
