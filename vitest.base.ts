import { defineConfig } from 'vitest/config'

/** What every package's tests share: no parallel files (real sockets and disks), generous time for slow machines. */
export default defineConfig({
  test: {
    include: ['test/**/*.spec.ts'],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    fileParallelism: false,
    passWithNoTests: false,
    // `npm test` counts the tests from this report; turbo's cache replays it.
    reporters: ['default', ['json', { outputFile: process.env['TEST_REPORT'] ?? '.reports/vitest.json' }]]
  }
})
