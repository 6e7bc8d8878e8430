/**
 * Code and links in the documents are true. A block of TypeScript that follows a line `<!-- examples/… -->` is the text of
 * that file, which CI runs; other blocks of TypeScript type-check; links to files lead somewhere.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CheckFailure, Checks } from '../lib/checks.ts'
import { run, tool } from '../lib/run.ts'
import { unknownIds, withCurrentTable } from '../lib/security-table.ts'
import { publishedPackages, readText, root, sourceFiles } from '../lib/workspace.ts'

const atRoot = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md']
const documents = [
  ...atRoot,
  ...['packages', 'apps', 'examples', 'benchmarks'].flatMap((folder) => sourceFiles(folder, '**/*.md'))
]

interface Block {
  document: string
  line: number
  code: string
  /** The example that the block repeats. */
  of: string | undefined
}

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
    const file = existsSync(join(root, path)) ? withoutHeader(readText(path)) : undefined
    if (file === undefined) throw new CheckFailure('there is no such file')
    if (file !== withoutHeader(block.code)) throw new CheckFailure('the block and the file differ')
  })
}
await checks.check('other blocks of TypeScript type-check', typecheckLooseBlocks)
await checks.check('SECURITY.md lists the tests as they are', () => {
  const text = readText('SECURITY.md')
  if (unknownIds().length > 0) throw new CheckFailure(`tests named after no requirement: ${unknownIds().join(', ')}`)
  if (!text.includes('| R1 |')) throw new CheckFailure('it has no table of requirements')
  if (withCurrentTable(text) !== text) throw new CheckFailure('out of date: run `node scripts/security-table.ts`')
})
await checks.check('links to files lead somewhere', () => {
  const broken = documents.filter((path) => existsSync(join(root, path))).flatMap(brokenLinks)
  if (broken.length > 0) throw new CheckFailure(broken.join('\n'))
})
checks.finish()

/** All blocks marked `ts`; `ts ignore` marks a block that is not meant to stand alone. */
function blocksIn(document: string): Block[] {
  const text = readText(document)
  const found = text.matchAll(/(?:<!-- (examples\/[\w./-]+) -->\n+)?```ts\n([\s\S]*?)```/g)
  return [...found].map(({ 1: of, 2: code = '', index }) => {
    return { document, of, code, line: text.slice(0, index).split('\n').length + 1 }
  })
}

/** An example without the comment at its top, which a README leaves out. */
function withoutHeader(code: string): string {
  return code.replace(/^(\/\*\*[\s\S]*?\*\/\n|\/\/.*\n)+/, '').trim()
}

/** Each block is put in a file of its own among the examples, which depend on all packages. */
async function typecheckLooseBlocks(): Promise<void> {
  const folder = join(root, 'examples', '.readme')
  mkdirSync(folder, { recursive: true })
  try {
    const loose = blocks.filter(({ of }) => of === undefined)
    loose.forEach(({ code }, index) => {
      writeFileSync(join(folder, `block-${index}.ts`), `${code}\nexport {}\n`)
    })
    if (loose.length === 0) return
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.base.json', include: ['*.ts'] })
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
