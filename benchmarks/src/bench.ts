/** `npm run bench`: runs the benchmarks and prints one line for each bar; with `--json` one line of JSON; names choose. */
import { measureAppend } from './append.ts'
import type { Line } from './harness.ts'
import { measureLive } from './live.ts'
import { measureMessenger } from './messenger.ts'
import { json, table } from './report.ts'

const benchmarks: Record<string, () => Promise<Line[]>> = {
  append: measureAppend,
  live: measureLive,
  messenger: measureMessenger
}

const given = process.argv.slice(2)
const names = given.filter((argument) => !argument.startsWith('--'))
const unknown = names.filter((name) => benchmarks[name] === undefined)
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. Known: ${Object.keys(benchmarks).join(', ')}.`)
  process.exit(2)
}

const lines: Line[] = []
for (const [name, measure] of Object.entries(benchmarks)) {
  if (names.length > 0 && !names.includes(name)) continue
  console.error(`measuring ${name} …`)
  lines.push(...(await measure()))
}
console.log(given.includes('--json') ? json(lines) : table(lines))
