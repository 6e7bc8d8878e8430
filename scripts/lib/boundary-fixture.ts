/**
 * A tiny tree with one violation of every rule, written to a temporary folder: the proof that the rules still fire. (In
 * the repository itself these files would need links in `node_modules`, which git does not keep.)
 */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { standsOn } from './layers.ts'

/** A file of the fixture: what it imports, and the rule that this breaks. */
export interface Violating {
  path: string
  text: string
  /** The rule's name, or for rows how it begins. */
  rule: string
}

/** Every kind of violation. */
export const violating: Violating[] = [
  file('packages/walytis/src/block/up.ts', "import '../storage/store.ts'", 'walytis-row-'),
  file('packages/walytis/src/storage/up.ts', "import type { X } from '../walytis.ts'", 'walytis-row-'),
  file('packages/walytis-identities/src/state/up.ts', "import '../group.ts'", 'walytis-identities-row-'),
  file('packages/walytis-offchain/src/store/up.ts', "import '../private-blockchain.ts'", 'walytis-offchain-row-'),
  file('packages/walytis-mutability/src/state/up.ts', "import '../index.ts'", 'walytis-mutability-row-'),
  file('packages/endra/src/content/up.ts', "import '../chat.ts'", 'endra-row-'),
  file('packages/walytis/src/storage/higher.ts', "import 'endra'", 'walytis-stands-on'),
  file(
    'packages/walytis-mutability/src/operations/sideways.ts',
    "import 'walytis-offchain'",
    'walytis-mutability-stands-on'
  ),
  file('packages/walytis/src/misc.ts', "import './errors.ts'", 'walytis-knows-its-rows'),
  file('packages/walytis/src/block/one.ts', "import './two.ts'", 'no-cycles'),
  file('packages/endra/src/content/deep.ts', "import 'walytis/dist/errors.js'", 'resolvable'),
  file('packages/endra/src/content/path.ts', "import '../../../walytis/src/errors.ts'", 'packages-by-npm-name'),
  file('apps/demo/src/path.ts', "import '../../../packages/endra/src/index.ts'", 'packages-by-npm-name'),
  file('packages/endra/test/path.spec.ts', "import '../../walytis/src/errors.ts'", 'packages-by-npm-name'),
  file('apps/demo/test/deep.spec.ts', "import 'walytis/dist/errors.js'", 'resolvable'),
  file('packages/walytis/src/interface/code.ts', "import '../errors.ts'", 'interface-is-types-only'),
  file('packages/walytis/src/interface/platform.ts', "import 'endra'", 'interface-is-types-only'),
  file('packages/walytis/src/blockchain.ts', "import './testing/index.ts'", 'testing-stays-out'),
  file('packages/walytis/src/storage/dev.ts', "import 'a-dev-dependency'", 'declared-dependencies'),
  file('packages/walytis/src/storage/undeclared.ts', "import 'an-undeclared-one'", 'declared-dependencies'),
  file('packages/walytis/src/storage/node.ts', "import 'node:fs'", 'node-only-with-a-twin')
]

const innocent = [
  file('packages/walytis/src/canonical.ts', "import './errors.ts'", ''),
  file('packages/walytis/src/errors.ts', 'export const errors = 1', ''),
  file('packages/walytis/src/storage/store.ts', "import '../errors.ts'", ''),
  file('packages/walytis/src/storage/platform.ts', "import 'node:fs'", ''),
  file('packages/walytis/src/storage/platform.browser.ts', "import '../errors.ts'", ''),
  file('packages/walytis/src/walytis.ts', "import './storage/store.ts'\nexport type X = string", ''),
  file('packages/walytis/src/testing/index.ts', "import '../walytis.ts'", ''),
  file('packages/walytis/src/interface/index.ts', "import type { Y } from 'a-dependency'", ''),
  file('packages/walytis-identities/src/group.ts', "import 'walytis'", ''),
  file('packages/walytis-offchain/src/private-blockchain.ts', "import 'walytis-identities'", ''),
  file('packages/endra/src/chat.ts', "import 'walytis-mutability'", '')
]

/** Writes the tree and returns its folder, for the caller to remove, and the paths of files that break no rule. */
export function writeFixture(): { base: string; innocent: string[] } {
  const base = mkdtempSync(join(tmpdir(), 'boundaries-'))
  for (const { path, text } of [...innocent, ...violating]) write(base, path, `${text}\n`)
  write(base, 'packages/walytis/src/block/two.ts', "import './one.ts'\n")
  for (const name of Object.keys(standsOn)) writePackage(base, name)
  for (const name of ['a-dependency', 'a-dev-dependency', 'an-undeclared-one']) {
    write(base, `node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }))
    write(base, `node_modules/${name}/index.js`, '')
  }
  write(base, 'package.json', JSON.stringify({ name: 'fixture', private: true }))
  write(base, 'apps/demo/package.json', JSON.stringify({ name: 'demo' }))
  return { base, innocent: innocent.map(({ path }) => path) }
}

function writePackage(base: string, name: string): void {
  const manifest = {
    name,
    type: 'module',
    exports: { '.': { types: './dist/index.d.ts', import: './dist/index.js' } },
    dependencies: { 'a-dependency': '1', ...Object.fromEntries(Object.keys(standsOn).map((other) => [other, '*'])) },
    devDependencies: { 'a-dev-dependency': '1' }
  }
  write(base, `packages/${name}/package.json`, JSON.stringify(manifest))
  write(base, `packages/${name}/dist/index.js`, '')
  write(base, `packages/${name}/dist/index.d.ts`, '')
  write(base, `packages/${name}/dist/errors.js`, '')
  write(base, `packages/${name}/src/index.ts`, 'export const index = 1\n')
  mkdirSync(join(base, 'node_modules'), { recursive: true })
  symlinkSync(join('..', 'packages', name), join(base, 'node_modules', name))
}

function write(base: string, path: string, text: string): void {
  mkdirSync(dirname(join(base, path)), { recursive: true })
  writeFileSync(join(base, path), text)
}

function file(path: string, text: string, rule: string): Violating {
  return { path, text, rule }
}
