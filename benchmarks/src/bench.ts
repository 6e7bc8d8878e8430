/**
 * `npm run bench`: runs the benchmarks and prints one line for each bar; with `--json` one line of JSON; with `--long`
 * what takes more than minutes as well; names choose.
 */
import { measureContent } from './content.ts'
import { measureEdits } from './edits.ts'
import { measureGroups } from './groups/groups.ts'
import type { Line } from './harness.ts'
import { measureAppend } from './logs/append.ts'
import { measureCatchUp } from './logs/catch-up.ts'
import { measureIdle } from './logs/idle.ts'
import { measureLarge } from './logs/large.ts'
import { measureLive } from './logs/live.ts'
import { measureMemory } from './logs/memory.ts'
import { measureReopen } from './logs/reopen.ts'
import { measureMessenger } from './messenger.ts'
import { json, table } from './report.ts'
import { measureSealedContent } from './sealed-content.ts'
import { measureSessions } from './sessions.ts'

const benchmarks: Record<string, (options: { long: boolean }) => Promise<Line[]>> = {
  append: measureAppend,
  'catch-up': measureCatchUp,
  live: measureLive,
  reopen: measureReopen,
  memory: measureMemory,
  idle: measureIdle,
  large: measureLarge,
  content: measureContent,
  'sealed-content': measureSealedContent,
  groups: measureGroups,
  sessions: measureSessions,
  edits: measureEdits,
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
  try {
    const measured = await measure({ long: given.includes('--long') })
    lines.push(...measured)
    // the whole takes minutes: what is known is shown, on the side
    if (measured.length > 0) console.error(table(measured))
  } catch (error) {
    // the others are measured all the same
    console.error(`${name} failed:`, error)
    process.exitCode = 1
  }
}
console.log(given.includes('--json') ? json(lines) : table(lines))
