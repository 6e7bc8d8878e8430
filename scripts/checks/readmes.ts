/**
 * Code and links in the documents are true. A block of TypeScript that follows a line `<!-- examples/… -->` is the text of
 * that file, which CI runs; other blocks of TypeScript type-check; links to files lead somewhere.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CheckFailure, Checks } from '../lib/checks.ts'
import { blocksIn, exampleCode } from '../lib/readme-blocks.ts'
import { run, tool } from '../lib/run.ts'
import { unknownIds, withCurrentTable } from '../lib/security-table.ts'
import { publishedPackages, readText, root, sourceFiles } from '../lib/workspace.ts'

const atRoot = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md']
const documents = [
  ...atRoot,
  ...['packages', 'apps', 'examples', 'benchmarks'].flatMap((folder) => sourceFiles(folder, '**/*.md'))
]

const checks = new Checks('readmes')
const blocks = documents.filter((path) => existsSync(join(root, path))).flatMap(blocksIn)

await checks.check('the documents are there', () => {
  const wanted = [...atRoot, 'LICENSE-APACHE', 'LICENSE-MIT']
  const perPackage = publishedPackages().flatMap(({ folder }) => [`${folder}/README.md`, `${folder}/docs/protocol.md`])
  const missing = [...wanted, ...perPackage].filter((path) => !existsSync(join(root, path)))
  if (missing.length > 0) throw new CheckFailure(`missing: ${missing.join(', ')}`)
})
await checks.check('the README shows walytis alone and endra alone', () => {
  for (const name of ['walytis', 'endra']) {
    const shown = blocks.some(
      (block) => block.document === 'README.md' && block.of !== undefined && block.code.includes(`from '${name}'`)
    )
    if (!shown) throw new CheckFailure(`no example of ${name} from examples/`)
  }
})
for (const block of blocks.filter(({ of }) => of !== undefined)) {
  await checks.check(`${block.document}:${block.line} is ${block.of}`, () => {
    const path = block.of ?? ''
    if (!existsSync(join(root, path))) throw new CheckFailure('there is no such file')
    if (block.code.trim() !== exampleCode(path)) throw new CheckFailure('they differ: run `node scripts/documents.ts`')
  })
}
await checks.check('other blocks of TypeScript type-check', typecheckLooseBlocks)
await checks.check('SECURITY.md lists the tests as they are', () => {
  const text = readText('SECURITY.md')
  if (unknownIds().length > 0) throw new CheckFailure(`tests named after no requirement: ${unknownIds().join(', ')}`)
  if (!text.includes('| R1 |')) throw new CheckFailure('it has no table of requirements')
  if (withCurrentTable(text) !== text) throw new CheckFailure('out of date: run `node scripts/documents.ts`')
})
await checks.check('links to files lead somewhere', () => {
  const broken = documents.filter((path) => existsSync(join(root, path))).flatMap(brokenLinks)
  if (broken.length > 0) throw new CheckFailure(broken.join('\n'))
})
checks.finish()

/** Each block is put in a file of its own beside what the examples depend on, all packages, where no other check looks meanwhile. */
async function typecheckLooseBlocks(): Promise<void> {
  const folder = join(root, 'examples', 'node_modules', '.readme')
  mkdirSync(folder, { recursive: true })
  try {
    const loose = blocks.filter(({ of }) => of === undefined)
    loose.forEach(({ code }, index) => {
      writeFileSync(join(folder, `block-${index}.ts`), `${code}\nexport {}\n`)
    })
    if (loose.length === 0) return
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../../tsconfig.base.json', include: ['*.ts'] })
    )
    const { code, output } = await run(tool('tsc'), ['-p', folder])
    const where = output.replace(/\S*block-(\d+)\.ts/g, (_, index) => {
      const block = loose[Number(index)]
      return `${block?.document}:${block?.line} block`
    })
    if (code !== 0) throw new CheckFailure(where)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function brokenLinks(document: string): string[] {
  const links = [...readText(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(({ 1: to = '' }) => to)
  const files = links.filter((to) => !/^[a-z]+:/.test(to))
  return files.filter((to) => !existsSync(join(root, dirname(document), to))).map((to) => `${document} → ${to}`)
}
