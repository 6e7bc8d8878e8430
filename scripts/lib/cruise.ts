/** Running dependency-cruiser over a tree that is laid out like this repository. */
import { globSync } from 'node:fs'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { boundaryRules } from './boundary-rules.ts'

/** One broken rule. */
export interface Violation {
  rule: string
  from: string
  to: string
}

/** What a cruise saw: the number of source files, and the broken rules. */
export interface Cruised {
  files: number
  violations: Violation[]
}

/**
 * Follows all imports, of types too, from the sources and tests of a tree.
 *
 * @param base - the tree's root; dependency-cruiser resolves from the working folder, so this changes it for the while
 */
export async function cruiseTree(base: string): Promise<Cruised> {
  const before = process.cwd()
  process.chdir(base)
  try {
    const folders = globSync(['packages/*/{src,test}', 'apps/*/{src,test}', 'examples', 'benchmarks/src'], {
      cwd: base
    })
    const twins = globSync('packages/*/src/**/*.browser.ts', { cwd: base }).map((path) =>
      path.replace('.browser.ts', '.ts')
    )
    const { output } = await cruise(
      folders,
      {
        ruleSet: { forbidden: boundaryRules(twins) },
        validate: true,
        tsPreCompilationDeps: true,
        combinedDependencies: false,
        doNotFollow: { path: ['node_modules', '/dist/'] },
        baseDir: base
      },
      {
        exportsFields: ['exports'],
        conditionNames: ['source', 'import', 'default', 'types'],
        extensions: ['.ts', '.d.ts', '.js', '.json']
      }
    )
    const { summary, modules } = output as ICruiseResult
    const violations = summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }))
    return { files: modules.filter(({ source }) => /^(packages|apps)\/[^/]+\/src\//.test(source)).length, violations }
  } finally {
    process.chdir(before)
  }
}
