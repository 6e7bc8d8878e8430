/**
 * Stories by hand: `pnpm --filter endra simulate -- --seeds 5 --seed 1 --users 30 --chats 20 --steps 10000`. Exits with 1 when one goes wrong, and names
 * its seed.
 */
import { parseArgs } from 'node:util'
import { playStory } from './story.ts'

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    users: { type: 'string', default: '4' },
    chats: { type: 'string', default: '3' },
    steps: { type: 'string', default: '500' }
  }
})
const [seeds, first, users, chats, steps] = [values.seeds, values.seed, values.users, values.chats, values.steps].map(
  Number
)
let failed = 0
for (let seed = first ?? 1; seed < (first ?? 1) + (seeds ?? 1); seed++) {
  const { problems, ...told } = await playStory(seed, { users: users ?? 4, chats: chats ?? 3, steps: steps ?? 500 })
  process.stdout.write(`seed ${seed}: ${problems.length === 0 ? 'ok' : 'FAILED'} ${JSON.stringify(told)}\n`)
  for (const problem of problems) process.stdout.write(`  ${problem}\n`)
  if (problems.length > 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
