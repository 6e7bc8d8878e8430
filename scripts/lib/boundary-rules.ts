/** The rules for dependency-cruiser, made from the tables in `layers.ts`. */
import type { IForbiddenRuleType } from 'dependency-cruiser'
import { rows, standsOn, typesOnly } from './layers.ts'

const allPackages = Object.keys(standsOn)

/** A path pattern for the entries of rows: a file with its twin, a folder, or what has either form. */
function inSource(name: string, entries: string[]): string {
  const forms = entries.map((entry) => {
    if (entry.endsWith('/')) return entry
    if (entry.endsWith('.ts')) return `${entry.slice(0, -3)}(\\.browser)?\\.ts$`
    return `${entry}(/|(\\.browser)?\\.ts$)`
  })
  return `^packages/${name}/src/(${forms.join('|')})`
}

/**
 * All rules.
 *
 * @param twins - the source files that have a `.browser.ts` twin, paths relative to the root: only they may use Node
 */
export function boundaryRules(twins: string[]): IForbiddenRuleType[] {
  return [...allPackages.flatMap(rulesOfPackage), ...generalRules(twins)]
}

function rulesOfPackage(name: string): IForbiddenRuleType[] {
  const table = rows[name] ?? []
  const notBelow = allPackages.filter((other) => other !== name && !standsOn[name]?.includes(other))
  const upward = table.slice(0, -1).map((row, index): IForbiddenRuleType => {
    const above = table.slice(index + 1).flat()
    return {
      name: `${name}-row-${row.map((entry) => entry.replace(/\/$|\.ts$/, '')).join('-')}`,
      comment: `${row.join(', ')} must not import from rows above it`,
      severity: 'error',
      from: { path: inSource(name, row) },
      to: { path: inSource(name, above) }
    }
  })
  return [
    ...upward,
    {
      name: `${name}-stands-on`,
      comment: `${name} may import only ${standsOn[name]?.join(', ') || 'no other package of the workspace'}`,
      severity: 'error',
      from: { path: `^packages/${name}/` },
      to: { path: `^(packages|node_modules)/(${notBelow.join('|')})/` }
    },
    {
      name: `${name}-knows-its-rows`,
      comment: 'every file and folder directly under src has a row in scripts/lib/layers.ts',
      severity: 'error',
      from: { path: `^packages/${name}/src/`, pathNot: inSource(name, table.flat()) },
      to: {}
    }
  ]
}

function generalRules(twins: string[]): IForbiddenRuleType[] {
  const source = '^packages/[^/]+/src/'
  const types = `^packages/[^/]+/src/(${typesOnly.join('|')})(\\.ts$|/)`
  return [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'packages-by-npm-name',
      comment: 'another package is imported by its npm name and its published exports, never by a path into it',
      severity: 'error',
      from: { path: '^(packages/[^/]+|apps/[^/]+|examples|benchmarks)/' },
      to: { path: '^(packages/[^/]+|apps/[^/]+|examples|benchmarks)/', pathNot: '^$1/', dependencyTypes: ['local'] }
    },
    {
      name: 'interface-is-types-only',
      severity: 'error',
      from: { path: types },
      to: { pathNot: types, dependencyTypesNot: ['type-only'] }
    },
    {
      name: 'testing-stays-out',
      comment: 'shipped code does not import the testing entry or tests',
      severity: 'error',
      from: { path: source, pathNot: `${source}testing/` },
      to: { path: '^packages/[^/]+/(src/testing|dist/testing|test)/' }
    },
    {
      name: 'declared-dependencies',
      comment: 'shipped code imports only what its package.json declares for those who install it',
      severity: 'error',
      from: { path: source },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm', 'npm-peer'] }
    },
    {
      name: 'node-only-with-a-twin',
      comment: 'a Node built-in only in a file that has a .browser.ts twin',
      severity: 'error',
      from: { path: source, pathNot: twins.map((path) => `^${path.replaceAll('.', '\\.')}$`) },
      to: { dependencyTypes: ['core'] }
    }
  ]
}
