/**
 * turbo's cache may be trusted: a second run comes wholly from it and brings the outputs back; a change to a file that
 * matters misses it, the configuration at the root included; and no code reads an environment variable that turbo is not
 * told of (it hides those). Works on a copy of the tree, so that nothing here is touched.
 */
import { appendFileSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CheckFailure, Checks } from '../lib/checks.ts'
import { copyTree, hashes, trackedRootFiles } from '../lib/tree-copy.ts'
import { turbo } from '../lib/turbo.ts'
import { readText, sourceFiles, workspaces } from '../lib/workspace.ts'

const tasks = ['build', 'typecheck', 'test']
/** Files at the root that decide nothing about a build or a test. */
const texts = /\.md$|^LICENSE|^\.gitignore$|^knip\.jsonc$|^typedoc\.json$/

const checks = new Checks('cache')
const copy = await copyTree()
try {
  await checks.check('a second build comes wholly from the cache, with its outputs', async () => {
    const build = ['build', '--filter', 'walytis', '--output-logs=none']
    const options = { cwd: copy, echo: false }
    const first = await turbo(build, options)
    rmSync(join(copy, 'packages/walytis/dist'), { recursive: true, force: true })
    const second = await turbo(build, options)
    if (!first.every(({ ok, cached }) => ok && !cached))
      throw new CheckFailure(`the first run: ${JSON.stringify(first)}`)
    if (!second.every(({ ok, cached }) => ok && cached))
      throw new CheckFailure(`the second run: ${JSON.stringify(second)}`)
    if (!existsSync(join(copy, 'packages/walytis/dist/index.js')))
      throw new CheckFailure('the outputs did not come back')
  })
  const before = await hashes(copy, tasks)
  await checks.check('without a change every task keeps its hash', async () => {
    const changed = differing(before, await hashes(copy, tasks))
    if (changed.length > 0) throw new CheckFailure(changed.join(', '))
  })
  for (const file of trackedRootFiles().filter((path) => !texts.test(path))) {
    await checks.check(`editing ${file} misses the cache of every task`, async () => {
      const after = await edited(file)
      const same = [...before.keys()].filter((id) => before.get(id) === after.get(id))
      if (same.length > 0) throw new CheckFailure(`still cached: ${same.join(', ')}`)
    })
  }
  await checks.check('editing a source misses what stands on it, and nothing else', async () => {
    const changed = differing(before, await edited('packages/walytis-mutability/src/index.ts'))
    const expected = ['walytis-mutability#build', 'walytis-mutability#test', 'endra#build', 'endra#test', 'demo#build']
    const missed = expected.filter((id) => !changed.includes(id))
    const wrong = changed.filter((id) => /^walytis(-identities|-offchain)?#/.test(id))
    if (missed.length > 0 || wrong.length > 0)
      throw new CheckFailure(`kept: ${missed.join(', ')}; lost: ${wrong.join(', ')}`)
  })
  await checks.check("editing a test misses that package's tests and no build", async () => {
    const test = sourceFiles('packages/walytis', 'test/**/*.spec.ts')[0] ?? ''
    const changed = differing(before, await edited(test))
    const wrong = changed.filter((id) => id.endsWith('#build') || !id.startsWith('walytis#'))
    if (!changed.includes('walytis#test') || wrong.length > 0) throw new CheckFailure(`changed: ${changed.join(', ')}`)
  })
} finally {
  rmSync(copy, { recursive: true, force: true })
}
await checks.check('every environment variable that is read is declared in turbo.json', () => {
  const undeclared = environmentReads().filter(
    ({ path, variable }) => !declaredFor(path).some((declared) => matches(variable, declared))
  )
  if (undeclared.length > 0)
    throw new CheckFailure(undeclared.map(({ path, variable }) => `${variable} in ${path}`).join('\n'))
})
checks.finish()

/** The hashes after appending a blank line to a file of the copy, which is then as it was. */
async function edited(file: string): Promise<Map<string, string>> {
  const path = join(copy, file)
  const text = readText(file)
  appendFileSync(path, '\n')
  const after = await hashes(copy, tasks)
  writeFileSync(path, text)
  return after
}

function differing(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...before.keys()].filter((id) => before.get(id) !== after.get(id))
}

function environmentReads(): { path: string; variable: string }[] {
  const folders = [...workspaces().map(({ folder }) => folder), 'scripts']
  const files = [...folders.flatMap((folder) => sourceFiles(folder)), 'vitest.base.ts']
  return files.flatMap((path) => {
    const reads = readText(path).matchAll(/process\.env(?:\.([A-Z_0-9]+)|\[['"]([^'"]+)['"]\])/g)
    return [...reads].map((match) => ({ path, variable: match[1] ?? match[2] ?? '' }))
  })
}

/** What turbo passes on to the tasks that run a file: all, and of sources `build`, of tests `test`, of scripts the checks. */
function declaredFor(path: string): string[] {
  const config = JSON.parse(readText('turbo.json')) as Record<string, unknown> & {
    tasks: Record<string, Record<string, string[]>>
  }
  const isTest = /^(packages|apps)\/[^/]+\/(test\/|vitest\.config\.ts$)/.test(path) || path === 'vitest.base.ts'
  const runs = (task: string): boolean => {
    if (path.startsWith('scripts/')) return task.startsWith('//#check:')
    if (path.startsWith('examples/')) return task === '//#check:examples'
    // sources run in tests and scripts too, but what they read decides about what is built
    return task === (isTest ? 'test' : 'build')
  }
  const listed = [
    config['globalEnv'],
    config['globalPassThroughEnv'],
    ...Object.entries(config.tasks).flatMap(([name, task]) => (runs(name) ? [task['env'], task['passThroughEnv']] : []))
  ]
  // turbo always passes these on.
  return [...listed.flatMap((names) => (names as string[] | undefined) ?? []), 'PATH', 'HOME']
}

/** turbo takes `NAME_*` for all that begin so. */
function matches(variable: string, declared: string): boolean {
  return declared.endsWith('*') ? variable.startsWith(declared.slice(0, -1)) : variable === declared
}
