/** Brings the table of requirements in SECURITY.md up to date with the tests: `node scripts/security-table.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withCurrentTable } from './lib/security-table.ts'
import { readText, root } from './lib/workspace.ts'

writeFileSync(join(root, 'SECURITY.md'), withCurrentTable(readText('SECURITY.md')))
