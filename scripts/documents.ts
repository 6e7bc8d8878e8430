/**
 * Brings what documents repeat up to date: the examples in READMEs and guides, and the table of requirements in SECURITY.md.
 * `node scripts/documents.ts`
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withCurrentExamples } from './lib/readme-blocks.ts'
import { withCurrentTable } from './lib/security-table.ts'
import { publishedPackages, readText, root, sourceFiles } from './lib/workspace.ts'

const documents = ({ folder }: { folder: string }): string[] => [
  `${folder}/README.md`,
  ...sourceFiles(folder, 'docs/*.md')
]
const all = ['README.md', ...publishedPackages().flatMap(documents)]
for (const path of all.filter((document) => existsSync(join(root, document)))) {
  writeFileSync(join(root, path), withCurrentExamples(path))
}
writeFileSync(join(root, 'SECURITY.md'), withCurrentTable(readText('SECURITY.md')))
