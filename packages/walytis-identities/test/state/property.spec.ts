import { expect, it } from 'vitest'
import { testOf, trySeed } from '../simulation/failure.ts'

/** A tenth of what `pnpm --filter walytis-identities simulate` runs. */
const SEEDS = Number(process.env['MEMBERSHIP_SEEDS'] ?? 1000)
const BASE = Number(process.env['MEMBERSHIP_BASE'] ?? 1)

it(
  `R8, R11, R15, R16, R22, R40 random histories give one state in every order of delivery, and the reference's (${SEEDS} seeds)`,
  async () => {
    let conflicts = 0
    for (let seed = BASE; seed < BASE + SEEDS; seed++) {
      const { failure, fell } = await trySeed(seed)
      expect(failure, failure && `seed ${seed}: ${failure.reason}\n${failure.drawing}\n${testOf(failure)}`).toBe(
        undefined
      )
      conflicts += fell ? 1 : 0
    }
    process.stdout.write(`${SEEDS} seeds from ${BASE}: ${conflicts} histories with acts that fell\n`)
    expect(conflicts).toBeGreaterThan(SEEDS / 4)
  },
  60_000 + SEEDS * 300
)
