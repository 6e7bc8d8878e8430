/**
 * The long run of the membership resolver: `pnpm --filter walytis-identities simulate [-- --seeds 10000 --base 1]`. Each seed is a random history
 * of a group, read by the resolver in three orders of delivery and by the reference. A failing one is shrunk, drawn, and written
 * as a test into `test/found`. Ends with 1 when there was one.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { testOf, trySeed } from './failure.ts'
import { ACTS, checkAll } from './interleavings.ts'

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '10000' }, base: { type: 'string', default: '1' } }
})
const seeds = Number(values.seeds)
const base = Number(values.base)
const folder = join(import.meta.dirname, '..', 'found')

let failures = 0
let contested = 0
for (let seed = base; seed < base + seeds; seed++) {
  const { failure, fell } = await trySeed(seed)
  contested += fell ? 1 : 0
  if (failure !== undefined) {
    failures++
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `seed-${seed}.spec.ts`), testOf(failure))
    process.stdout.write(`seed ${seed}: ${failure.reason}\n${failure.drawing}\n`)
  }
  if ((seed - base + 1) % 1000 === 0) {
    process.stdout.write(`${seed - base + 1} seeds\n`)
  }
}
process.stdout.write(`${seeds} seeds from ${base}: ${contested} with acts that fell, ${failures} failures\n`)

for (const [members, acts] of [
  [3, ACTS],
  [4, ACTS.slice(0, 2)]
] as const) {
  const checked = await checkAll(members, acts)
  const { programs, graphs, orders } = checked
  process.stdout.write(
    `${programs} programs of ${members} members: ${graphs} graphs in ${orders} orders, ${checked.failures.length} failures\n`
  )
  for (const failure of checked.failures.slice(0, 3)) {
    process.stdout.write(`${failure.reason}\n${failure.drawing}\n`)
  }
  failures += checked.failures.length
}
process.exitCode = failures > 0 ? 1 : 0
