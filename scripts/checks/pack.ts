/**
 * What would be published works for somebody who has only that: all five tarballs are packed, looked at, installed together
 * in a project outside the workspace, type-checked there in both ways of resolving modules, and run.
 */
import { globSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CheckFailure, Checks } from '../lib/checks.ts'
import { contentsOf, installConsumer, mayHold, mustHold, pack, packageNames, readPacked } from '../lib/packed.ts'
import { run, tool } from '../lib/run.ts'
import { publishedPackages, root } from '../lib/workspace.ts'

const checks = new Checks('pack')
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'consumer-')))
const tarballs = new Map<string, string>()
const destination = join(folder, 'tarballs')
const consumer = join(folder, 'project')
mkdirSync(destination)

try {
  for (const { folder: source, manifest } of publishedPackages()) {
    const { name } = manifest
    await checks.check(`${name} packs, with its licences and README and without sources or tests`, async () => {
      const tarball = await pack(source, destination)
      tarballs.set(name, tarball)
      const held = await contentsOf(tarball)
      const missing = mustHold.filter((path) => !held.includes(path))
      const leaked = held.filter((path) => !mayHold.test(path))
      if (missing.length > 0) throw new CheckFailure(`missing: ${missing.join(', ')}`)
      if (leaked.length > 0) throw new CheckFailure(`should not be there: ${leaked.join(', ')}`)
      if (/workspace:|catalog:/.test(await readPacked(tarball, 'package.json')))
        throw new CheckFailure('workspace: or catalog: left')
    })
    await checks.check(`${name} passes publint`, () =>
      succeeds(tool('publint'), ['run', tarballs.get(name) ?? '', '--strict'])
    )
    await checks.check(`${name} passes are-the-types-wrong`, () => {
      return succeeds(tool('attw'), [
        tarballs.get(name) ?? '',
        '--profile',
        'esm-only',
        '--no-emoji',
        '--no-definitely-typed'
      ])
    })
  }
  await checks.check('all five install together outside the workspace', async () => {
    if (tarballs.size !== packageNames().length) throw new CheckFailure('not all were packed')
    await installConsumer(consumer, tarballs)
  })
  for (const config of ['tsconfig.nodenext.json', 'tsconfig.bundler.json']) {
    await checks.check(`the consumer type-checks with ${config}`, () => typechecks(config))
  }
  for (const script of globSync('smoke-*.ts', { cwd: join(root, 'scripts', 'consumer') }).sort()) {
    await checks.check(`the consumer runs ${script}`, () => succeeds(process.execPath, [script], consumer))
  }
  await checks.check('the compliance suite runs there, from walytis/testing', () => {
    return succeeds(process.execPath, [join(consumer, 'node_modules', 'vitest', 'vitest.mjs'), 'run'], consumer)
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
checks.finish()

async function succeeds(command: string, args: string[], cwd = root): Promise<void> {
  const { code, output } = await run(command, args, { cwd, timeout: 120_000 })
  if (code !== 0) throw new CheckFailure(output.trim())
}

/** Declaration files of other people's packages are not ours to check: only errors in ours and in the consumer count. */
async function typechecks(config: string): Promise<void> {
  const { code, output } = await run(join(consumer, 'node_modules', '.bin', 'tsc'), ['-p', config], { cwd: consumer })
  const ours = output.split('\n').filter((line) => {
    if (!/error TS\d+/.test(line)) return false
    const owner = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(line)?.[1]
    return owner === undefined || packageNames().includes(owner)
  })
  if (ours.length > 0) throw new CheckFailure(ours.join('\n'))
  if (code !== 0 && !/error TS\d+/.test(output)) throw new CheckFailure(output)
}
