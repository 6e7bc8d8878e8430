/** A copy of the working tree in a temporary folder, for checks that edit files. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CheckFailure } from './checks.ts'
import { run, tool } from './run.ts'
import { root, workspaces } from './workspace.ts'

/** Copies all files that git knows of or would take up, and links the installed dependencies. Returns the new root. */
export async function copyTree(): Promise<string> {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'tree-')))
  for (const path of gitFiles()) {
    if (existsSync(join(root, path))) cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  for (const folder of ['.', ...workspaces().map((workspace) => workspace.folder)]) linkInstalled(folder, copy)
  execFileSync('git', ['init', '--quiet'], { cwd: copy })
  return copy
}

/** Links what is installed, piece by piece: a link to the whole folder would let a package manager in the copy write here. */
function linkInstalled(folder: string, copy: string): void {
  const installed = join(root, folder, 'node_modules')
  if (!existsSync(installed)) return
  mkdirSync(join(copy, folder, 'node_modules'))
  const pieces = readdirSync(installed).filter(
    (name) => !/^\.(modules|pnpm-workspace|bootstrap|cache|vitest)/.test(name)
  )
  for (const name of pieces) symlinkSync(join(installed, name), join(copy, folder, 'node_modules', name))
}

/** The hash of each task, by `package#task`, as turbo would look it up in the cache now. */
export async function hashes(cwd: string, tasks: string[]): Promise<Map<string, string>> {
  const { code, output } = await run(tool('turbo'), ['run', ...tasks, '--dry=json'], { cwd })
  if (code !== 0) throw new CheckFailure(output)
  const found = JSON.parse(output.slice(output.indexOf('\n{') + 1)) as {
    tasks: { taskId: string; hash: string; command: string }[]
  }
  return new Map(
    found.tasks.filter(({ command }) => command !== '<NONEXISTENT>').map(({ taskId, hash }) => [taskId, hash])
  )
}

/** The files directly at the root that git keeps. */
export function trackedRootFiles(): string[] {
  return gitFiles().filter((path) => !path.includes('/'))
}

function gitFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 1 << 26
  })
  return listed.toString().split('\0').filter(Boolean)
}
