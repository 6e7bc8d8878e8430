/**
 * Runs the packages' unit tests on the oldest line of Node that they promise to run on (`engines: node >= 22.13`). The
 * integration tests run on the project's own Node only. Node 22 comes from the npm registry, through npx.
 */
import { existsSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { Outcome } from './lib/checks.ts'
import { run } from './lib/run.ts'
import { readTests } from './lib/vitest-report.ts'
import { publishedPackages, root } from './lib/workspace.ts'

const version = '22.23.3'
const report = '.reports/node-22.json'

const outcomes: Outcome[] = []
const node = await locate()
for (const { folder } of publishedPackages()) {
  const cwd = join(root, folder)
  rmSync(join(cwd, report), { force: true })
  if (!existsSync(join(cwd, 'test'))) continue
  console.log(`\n${folder} on Node ${version}`)
  const vitest = join(cwd, 'node_modules', 'vitest', 'vitest.mjs')
  const program = existsSync(vitest) ? vitest : join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const only = ['run', '--project', 'unit']
  const env = {
    ...process.env,
    PATH: [dirname(node), process.env['PATH'] ?? ''].join(delimiter),
    TEST_REPORT: report,
    NO_COLOR: '1'
  }
  const { code } = await run(node, [program, ...only], { cwd, env, echo: true, timeout: 900_000 })
  const tests = readTests(join(cwd, report)) ?? []
  outcomes.push(...tests)
  if (code !== 0 && tests.every(({ ok }) => ok)) outcomes.push({ title: `${folder} on Node ${version}`, ok: false })
}

const failed = outcomes.filter(({ ok }) => !ok)
for (const { title, detail } of failed) console.log(`FAILED on Node ${version}: ${title}\n${detail ?? ''}`)
console.log(`${outcomes.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 && outcomes.length > 0 ? 0 : 1

/** The path of Node 22, asked of itself. */
async function locate(): Promise<string> {
  const { code, output } = await run('npx', [
    '-y',
    '-p',
    `node@${version}`,
    '-c',
    'node -p "process.version + process.execPath"'
  ])
  const line = output.split('\n').find((text) => text.startsWith(`v${version}`))
  if (code !== 0 || line === undefined) {
    console.log(`${output}\nNode ${version} could not be fetched.\n0 passed, 1 failed`)
    process.exit(1)
  }
  return line.slice(version.length + 1)
}
