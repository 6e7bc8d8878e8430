/** Imports point down, between packages and inside them; and the rules that say so are alive. */
import { rmSync } from 'node:fs'
import { violating, writeFixture } from '../lib/boundary-fixture.ts'
import { boundaryRules } from '../lib/boundary-rules.ts'
import { CheckFailure, Checks } from '../lib/checks.ts'
import { cruiseTree, type Violation } from '../lib/cruise.ts'
import { root, sourceFiles } from '../lib/workspace.ts'

const checks = new Checks('boundaries')

const { base, innocent } = writeFixture()
const fixture = await cruiseTree(base).finally(() => rmSync(base, { recursive: true }))

await checks.check('every violation in the fixture is found', () => {
  const missed = violating.filter(
    ({ path, rule }) => !fixture.violations.some((found) => found.from === path && found.rule.startsWith(rule))
  )
  if (missed.length > 0)
    throw new CheckFailure(missed.map(({ path, rule }) => `${path} should break ${rule}`).join('\n'))
})
await checks.check('files of the fixture that break nothing are left alone', () => {
  assertNone(fixture.violations.filter(({ from }) => innocent.includes(from)))
})
await checks.check('every kind of rule has its violation in the fixture', () => {
  const kinds = new Set(boundaryRules([]).map((rule) => kindOf(rule.name ?? '')))
  for (const { rule } of violating) kinds.delete(kindOf(rule))
  if (kinds.size > 0) throw new CheckFailure(`no fixture breaks ${[...kinds].join(', ')}`)
})

const { files, violations } = await cruiseTree(root)
await checks.check('all source files were looked at', () => {
  const expected = ['packages', 'apps'].flatMap((folder) => sourceFiles(folder, '*/src/**/*.ts')).length
  if (files < expected) throw new CheckFailure(`${files} of ${expected} files`)
})
await checks.check('no import breaks a rule', () => assertNone(violations))

checks.finish()

function assertNone(found: Violation[]): void {
  // A file without a row is named once, not once for each of its imports.
  const lines = found.map(({ rule, from, to }) =>
    rule.endsWith('-knows-its-rows') ? `${rule}: ${from}` : `${rule}: ${from} → ${to}`
  )
  if (lines.length > 0) throw new CheckFailure([...new Set(lines)].join('\n'))
}

/** The rules about rows are many of one kind: one per package stands for all. */
function kindOf(rule: string): string {
  return rule.replace(/-row-.*$/, '-row').replace(/^.*-(stands-on|knows-its-rows)$/, '$1')
}
