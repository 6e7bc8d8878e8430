/**
 * Two nodes with fifty chains in common idle, write, and idle again; prints what each stretch took. Ends with an exit code
 * other than 0 when an idle node takes 2 % of a core or more, or grows.
 *
 * soak [--minutes N]   10 when not said
 */
import { parseArgs } from 'node:util'
import { type Stretch, soak } from './soak.ts'

const MOST_CPU = 2
const MOST_GROWTH = 10 * 1024 * 1024

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: { minutes: { type: 'string', default: '10' } }
})

const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`
const stretches = await soak(
  { minutes: Number(values.minutes), blocks: 1_000 },
  ({ name, cpu, heap, growth }: Stretch) => {
    process.stdout.write(
      `${name.padEnd(20)} ${cpu.toFixed(2).padStart(6)} % of a core, heap ${mebibytes(heap)}, ${growth < 0 ? '' : '+'}${mebibytes(growth)}\n`
    )
  }
)
const idle = stretches.filter(({ name }) => name.startsWith('idle'))
const isWell = idle.every(({ cpu, growth }) => cpu < MOST_CPU && growth < MOST_GROWTH)
process.stdout.write(
  isWell ? 'idle costs next to nothing, and nothing grows\n' : 'FAILED: idle costs too much, or grows\n'
)
process.exitCode = isWell ? 0 : 1
