/** The house rules of `style-rules.ts` over all sources; each rule is first shown to find what it forbids. */
import { CheckFailure, Checks } from '../lib/checks.ts'
import { type Breach, breaches, maxLines, ruleNames } from '../lib/style-rules.ts'
import { readText, sourceFiles } from '../lib/workspace.ts'

/** For each rule texts that break it, and texts that look alike and don't. */
const samples: Record<string, { bad: string[]; good: string[]; path?: string }> = {
  'no-bare-error': { bad: ["throw new Error('x')", "throw Error('x')"], good: ["throw new NotFoundError('x')"] },
  'no-ambient-clock': {
    bad: [
      'const t = Date.now()',
      'const d = new Date()',
      'function f() { return { at: Date.now() } }',
      'const c = { now: Date.now }'
    ],
    good: [
      'const now = init.now ?? Date.now',
      'const now = init.now ?? (() => Date.now())',
      'new Date(block.time)',
      'function f(now = Date.now) {}'
    ]
  },
  'no-weak-random': {
    bad: ['const n = Math.random()', 'const n = init.random ?? Math.random'],
    good: ['Math.max(1, 2)']
  },
  'no-silenced-compiler': { bad: ['// @ts-ignore', '// @ts-expect-error'], good: ['// ignore'] },
  'no-default-export': { bad: ['export default 1', 'export default function f() {}'], good: ['export const x = 1'] },
  'no-export-star': {
    bad: ["export * from './a.ts'", "export type * from './a.ts'", "export * from './interface.ts'"],
    good: ["export { a } from './a.ts'", "export type * from './interface/index.ts'"]
  },
  'relative-imports-end-in-ts': {
    bad: ["import './a'", "import './a.js'", "export { a } from '../a'"],
    good: ["import './a.ts'", "import 'a'"]
  },
  'file-length': { bad: [`${'\n'.repeat(maxLines)}x`], good: [`${'\n'.repeat(maxLines - 1)}x`] },
  'kebab-case-names': { bad: [''], good: [], path: 'packages/a/src/chainStore.ts' },
  'no-utils': { bad: [''], good: [], path: 'packages/a/src/utils.ts' }
}
const everywhere = ['file-length', 'kebab-case-names', 'no-utils', 'relative-imports-end-in-ts']

const checks = new Checks('style')
for (const rule of ruleNames) {
  await checks.check(`the rule ${rule} finds what it forbids, and only that`, () => {
    const { bad = [], good = [], path = 'packages/a/src/sample.ts' } = samples[rule] ?? {}
    const wrong = [
      ...bad.filter((text) => breaches(path, text, [rule]).length === 0),
      ...good.filter((text) => breaches(path, text, [rule]).length > 0)
    ]
    if (bad.length === 0 || wrong.length > 0) throw new CheckFailure(`wrong about: ${wrong.join(' | ').slice(0, 500)}`)
  })
}
const shipped = [...sourceFiles('packages', '*/src/**/*.ts'), ...sourceFiles('apps', '*/src/**/*.ts')]
const others = [
  ...sourceFiles('packages', '*/test/**/*.ts'),
  ...sourceFiles('apps', '*/test/**/*.ts'),
  ...['examples', 'benchmarks', 'scripts'].flatMap((folder) => sourceFiles(folder))
]
await checks.check('shipped sources keep the house rules', () =>
  assertNone(shipped.flatMap((path) => breaches(path, readText(path))))
)
await checks.check('tests, examples and scripts keep the rules on names and length', () => {
  assertNone(others.flatMap((path) => breaches(path, readText(path), everywhere)))
})
checks.finish()

function assertNone(found: Breach[]): void {
  if (found.length > 0)
    throw new CheckFailure(found.map(({ rule, path, line }) => `${path}:${line} ${rule}`).join('\n'))
}
