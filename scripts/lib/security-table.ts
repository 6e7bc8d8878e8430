/** The table in SECURITY.md of requirements and the tests that carry their names. */
import { requirements } from './requirements.ts'
import { readText, sourceFiles } from './workspace.ts'

const begin = '<!-- requirements: written by `node scripts/documents.ts` -->'
const end = '<!-- end of requirements -->'

/** SECURITY.md's text with the table as the tests are now. */
export function withCurrentTable(document: string): string {
  const from = document.indexOf(begin)
  const to = document.indexOf(end)
  if (from < 0 || to < from) return document
  return `${document.slice(0, from + begin.length)}\n\n${table()}\n${document.slice(to)}`
}

/** Ids that a test's name gives but that no requirement has. */
export function unknownIds(): string[] {
  return [...testsById().keys()].filter((id) => requirements[id] === undefined)
}

function table(): string {
  const tests = testsById()
  const rows = Object.entries(requirements).map(([id, sentence]) => {
    const files = [...(tests.get(id) ?? [])].sort().map((path) => `[${shortName(path)}](${path})`)
    return `| ${id} | ${sentence} | ${files.join(', ') || '–'} |`
  })
  return ['| | what is tried, and what comes of it | shown by |', '|---|---|---|', ...rows, ''].join('\n')
}

/** For each id the test files in which a `describe`, `it` or `test` is named after it. */
function testsById(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const path of ['packages', 'apps'].flatMap((folder) => sourceFiles(folder, '*/test/**/*.ts'))) {
    for (const [, name = ''] of readText(path).matchAll(
      /\b(?:describe|it|test)(?:\.\w+)*(?:\([^'"`)]*\))?\(\s*['"`]([^'"`\n]*)/g
    )) {
      const ids = /^(?:[RF]\d+\b[\s,/&]*(?:and )?)+/.exec(name)?.[0].match(/[RF]\d+/g) ?? []
      for (const id of ids) {
        found.set(id, (found.get(id) ?? new Set()).add(path))
      }
    }
  }
  return found
}

/** `walytis: block/verify` for `packages/walytis/test/block/verify.spec.ts`. */
function shortName(path: string): string {
  const [, folder = '', rest = ''] = /^(?:packages|apps)\/([^/]+)\/test\/(.*?)(?:\.spec)?\.ts$/.exec(path) ?? []
  return `${folder}: ${rest}`
}
