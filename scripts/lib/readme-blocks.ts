/** Blocks of code in documents, and the examples that they repeat. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readText, root } from './workspace.ts'

/** One block of TypeScript in a document. */
export interface Block {
  document: string
  /** Where it starts, from 1. */
  line: number
  code: string
  /** The example that it repeats, a path from the root. */
  of: string | undefined
}

const pattern = /(?:<!-- (examples\/[\w./-]+) -->\n+)?```ts\n([\s\S]*?)```/g

/** All blocks marked `ts`. */
export function blocksIn(document: string): Block[] {
  const text = readText(document)
  return [...text.matchAll(pattern)].map(({ 1: of, 2: code = '', index }) => {
    return { document, of, code, line: text.slice(0, index).split('\n').length + (of === undefined ? 0 : 1) }
  })
}

/** A document with each block that repeats an example brought up to date. */
export function withCurrentExamples(document: string): string {
  return readText(document).replace(pattern, (block, of: string | undefined) => {
    if (of === undefined || !existsSync(join(root, of))) return block
    return `<!-- ${of} -->\n\`\`\`ts\n${exampleCode(of)}\n\`\`\``
  })
}

/** An example without the comment at its top, which a document leaves out. */
export function exampleCode(path: string): string {
  return readText(path)
    .replace(/^(\/\*\*[\s\S]*?\*\/\n|\/\/.*\n)+/, '')
    .trim()
}
