/**
 * Runs before a package's own `test`: builds the packages beneath it, from the cache where nothing changed, so that
 * `pnpm --filter endra test` works right after an installation. Under turbo that is done already.
 */
import { spawnSync } from 'node:child_process'

if (process.env.TURBO_HASH === undefined) {
  const filter = `${process.env.npm_package_name}^...`
  const options = { stdio: 'inherit', shell: process.platform === 'win32' }
  const { status } = spawnSync('turbo', ['run', 'build', '--filter', filter, '--output-logs=errors-only'], options)
  process.exitCode = status ?? 1
}
