/**
 * The long runs of what the tests do in short. Prints how far it is; ends with an exit code other than 0 when anything went
 * wrong, and says which seed shows it.
 *
 * simulate [--seeds N] [--seed S]   N stories in the simulated world, from seed S on (1,000 from 1)
 * simulate kills [N]                a real process that writes, killed N times (200)
 */
import { parseArgs } from 'node:util'
import { killRepeatedly } from './kills.ts'
import { simulate } from './run.ts'
import { drawFaults } from './world.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: { seeds: { type: 'string' }, seed: { type: 'string' } }
})

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(0)} s`

async function simulateMany(first: number, count: number): Promise<boolean> {
  const began = performance.now()
  const failing: number[] = []
  let blocks = 0
  let longest = 0
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(seed, drawFaults(seed))
    blocks += outcome.blocks
    longest = Math.max(longest, outcome.healing)
    if (outcome.complaints.length > 0) {
      failing.push(seed)
      say(`seed ${seed} FAILED with ${JSON.stringify(drawFaults(seed))}`)
      for (const complaint of outcome.complaints) say(`  ${complaint}`)
      say(`  again: pnpm simulate --seeds 1 --seed ${seed}`)
    }
    const done = seed - first + 1
    if (done % 50 === 0) say(`${done} of ${count} seeds, ${failing.length} failed, ${blocks} blocks, ${seconds(began)}`)
  }
  say(
    `${count} seeds from ${first}: ${count - failing.length} converged to equal states, ${failing.length} failed; ${blocks} blocks; ` +
      `longest time to heal ${(longest / 1000).toFixed(0)} s of simulated time; ${seconds(began)}`
  )
  return failing.length === 0
}

async function kill(times: number): Promise<boolean> {
  const began = performance.now()
  const { lost, written, wrong } = await killRepeatedly(times, (done) => {
    if (done % 20 === 0) say(`${done} of ${times} kills, ${seconds(began)}`)
  })
  for (const complaint of wrong) say(`  ${complaint}`)
  say(`${times} kills: ${written} blocks acknowledged, ${lost} lost, ${wrong.length} complaints; ${seconds(began)}`)
  return lost === 0 && wrong.length === 0
}

const number = (text: string | undefined, fallback: number): number => (text === undefined ? fallback : Number(text))
const [what = 'seeds', amount] = positionals
const isWell =
  what === 'kills'
    ? await kill(number(amount, 200))
    : await simulateMany(number(values.seed, 1), number(values.seeds, 1_000))
process.exit(isWell ? 0 : 1)
