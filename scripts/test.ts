/**
 * `npm test`: everything that must hold before a change lands. Two turbo runs: first format, types, builds and machine
 * checks, two at a time; then the packages' tests, one at a time (they use real sockets and disks). Ends with
 * one line `N passed, N failed`; the exit code is 0 only when nothing failed.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Outcome, reportFolder } from './lib/checks.ts'
import { type TaskResult, turbo } from './lib/turbo.ts'
import { readTests, testReport } from './lib/vitest-report.ts'
import { type Manifest, root, workspaces } from './lib/workspace.ts'

const outcomes: Outcome[] = []
const checkPrefix = '//#check:'

rmSync(join(root, '.reports'), { recursive: true, force: true })
for (const { folder } of workspaces()) rmSync(join(root, folder, testReport), { force: true })

const common = ['--continue=dependencies-successful', '--log-order=grouped']
const { scripts = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
const machineChecks = Object.keys(scripts).filter((name) => name.startsWith('check:'))
const first = await turbo([
  'lint',
  'build',
  'typecheck',
  ...machineChecks,
  ...common,
  '--concurrency=2',
  '--output-logs=errors-only'
])
for (const task of first) outcomes.push(...outcomesOf(task))

const second = await turbo(['test', ...common, '--concurrency=1', '--output-logs=new-only'])
for (const { id, ok } of second.filter((task) => task.id.endsWith('#test'))) outcomes.push(...testsOf(id, ok))
for (const { folder, manifest } of workspaces()) {
  const wanted = manifest.scripts?.['test'] !== undefined
  if (wanted && !second.some(({ id }) => id === `${manifest.name}#test`)) {
    outcomes.push({ title: `${folder}: its tests`, ok: false, detail: 'not run, because something before it failed' })
  }
}

const failed = outcomes.filter(({ ok }) => !ok)
const cached = [...first, ...second].filter((task) => task.cached).length
console.log(`\n${cached} of ${first.length + second.length} tasks came from turbo's cache`)
for (const { title, detail } of failed)
  console.log(`FAILED ${title}${detail === undefined ? '' : `\n${detail.replace(/^/gm, '    ')}`}`)
console.log(`${outcomes.length - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length === 0 && outcomes.length > 0 ? 0 : 1

/** A task counts as one check, unless it is a script of checks that reports each of them. */
function outcomesOf({ id, ok }: TaskResult): Outcome[] {
  const report = join(root, reportFolder, `${id.slice(checkPrefix.length)}.json`)
  const task = { title: id, ok, detail: ok ? undefined : 'see its output above' }
  if (!id.startsWith(checkPrefix) || !existsSync(report)) return [task]
  const checks = (JSON.parse(readFileSync(report, 'utf8')) as Outcome[]).map((check) => ({
    ...check,
    title: `${id.slice('//#'.length)}: ${check.title}`
  }))
  // A script that ended badly although all its checks held is a failure of its own.
  return !ok && checks.every((check) => check.ok) ? [...checks, task] : checks
}

/** The tests of one package, from vitest's report, which turbo's cache replays along with the task. */
function testsOf(id: string, ok: boolean): Outcome[] {
  const folder = workspaces().find(({ manifest }) => `${manifest.name}#test` === id)?.folder ?? id
  const tests = readTests(join(root, folder, testReport))
  if (tests === undefined) return [{ title: `${folder}: its tests`, ok: false, detail: 'no report was written' }]
  const titled = tests.map((test) => ({ ...test, title: `${folder}: ${test.title}` }))
  return !ok && titled.every((test) => test.ok) ? [...titled, { title: `${folder}: its test run`, ok: false }] : titled
}
