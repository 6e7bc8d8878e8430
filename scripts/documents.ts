/**
 * Brings what documents repeat up to date: the examples in the READMEs, and the table of requirements in SECURITY.md.
 * `node scripts/documents.ts`
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withCurrentExamples } from './lib/readme-blocks.ts'
import { withCurrentTable } from './lib/security-table.ts'
import { publishedPackages, readText, root } from './lib/workspace.ts'

const readmes = ['README.md', ...publishedPackages().map(({ folder }) => `${folder}/README.md`)]
for (const path of readmes.filter((readme) => existsSync(join(root, readme)))) {
  writeFileSync(join(root, path), withCurrentExamples(path))
}
writeFileSync(join(root, 'SECURITY.md'), withCurrentTable(readText('SECURITY.md')))
