import { UnknownSuiteError } from '../errors.ts'
import type { KeySetWithSecrets } from './key-set.ts'
import type { Suite } from './suite-interface.ts'
import { suite1 } from './suites/suite-1.ts'
import { suite2 } from './suites/suite-2.ts'

const suites: ReadonlyMap<number, Suite> = new Map([suite1, suite2].map((suite) => [suite.number, suite]))

/** What new identities use. */
export const defaultSuite: Suite = suite1

/** The suite of that number; undefined when this version does not know it. */
export function findSuite(number: number): Suite | undefined {
  return suites.get(number)
}

/** The suite of that number. @throws {UnknownSuiteError} */
export function suiteOf(keys: { readonly suite: number }): Suite {
  const suite = suites.get(keys.suite)
  if (suite === undefined) {
    throw new UnknownSuiteError(keys.suite)
  }
  return suite
}

/** New keys of the default suite. */
export function generateKeySet(
  randomBytes: (length: number) => Uint8Array,
  suite: Suite = defaultSuite
): KeySetWithSecrets {
  return suite.derive({ classical: randomBytes(32), postQuantum: randomBytes(32), kem: randomBytes(32) })
}
