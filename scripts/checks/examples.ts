/** Every example runs to its end by itself with exit code 0 (their types are checked by the package's own `typecheck`). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CheckFailure, Checks } from '../lib/checks.ts'
import { run } from '../lib/run.ts'
import { root, sourceFiles } from '../lib/workspace.ts'

const checks = new Checks('examples')
for (const path of sourceFiles('examples', '[0-9]*.ts')) {
  await checks.check(path, async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'example-'))
    const env = { ...process.env, TMPDIR: temporary }
    const { code, output } = await run(process.execPath, [join(root, path)], {
      cwd: join(root, 'examples'),
      env,
      timeout: 120_000
    })
    rmSync(temporary, { recursive: true, force: true })
    if (code !== 0) throw new CheckFailure(`exit code ${code}\n${output}`)
    if (output.trim() === '') throw new CheckFailure('it printed nothing')
  })
}
checks.finish()
