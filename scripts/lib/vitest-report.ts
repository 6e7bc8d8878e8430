/** Reading the JSON reports that vitest writes. */
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Outcome } from './checks.ts'
import { root } from './workspace.ts'

/** Where every package's test run leaves its report (`vitest.base.ts` says so), relative to the package. */
export const testReport = '.reports/vitest.json'

interface Report {
  testResults: {
    name: string
    status: string
    message?: string
    assertionResults: { fullName: string; status: string; failureMessages?: string[] | null }[]
  }[]
}

/**
 * One outcome per test, and one per file that could not be run. Skipped tests are not counted as passed: a test that is
 * skipped or marked as to do is left out.
 *
 * @returns undefined when there is no report
 */
export function readTests(path: string): Outcome[] | undefined {
  if (!existsSync(path)) return undefined
  const { testResults } = JSON.parse(readFileSync(path, 'utf8')) as Report
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name)
    const ran = assertionResults.filter((test) => test.status === 'passed' || test.status === 'failed')
    const tests = ran.map((test) => {
      const detail = stripVTControlCharacters(test.failureMessages?.join('\n') ?? '')
        .split('\n')
        .slice(0, 8)
        .join('\n')
      return {
        title: `${file}: ${test.fullName}`,
        ok: test.status === 'passed',
        detail: test.status === 'passed' ? undefined : detail
      }
    })
    const broken = status === 'failed' && tests.every(({ ok }) => ok)
    return broken ? [...tests, { title: `${file}: the file itself`, ok: false, detail: message }] : tests
  })
}
