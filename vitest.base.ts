import { defineConfig } from 'vitest/config'

const integration = 'test/integration/**/*.spec.ts'

/**
 * What every package's tests share: generous time for slow machines, and two groups. Unit tests run two files at a time;
 * integration tests (real sockets and processes) follow them, one at a time. A file that needs the machine for itself is one
 * of the latter.
 */
export default defineConfig({
  test: {
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // What is polled for comes when it comes: only the test as a whole has a deadline.
    expect: { poll: { timeout: 60_000 } },
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.spec.ts'],
          exclude: [integration],
          maxWorkers: 2,
          sequence: { groupOrder: 0 }
        }
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: [integration],
          fileParallelism: false,
          sequence: { groupOrder: 1 }
        }
      }
    ],
    // `npm test` counts the tests from this report; turbo's cache replays it.
    reporters: ['default', ['json', { outputFile: process.env['TEST_REPORT'] ?? '.reports/vitest.json' }]]
  }
})
