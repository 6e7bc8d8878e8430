/** Running turbo and reading what became of each task. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run, tool } from './run.ts'
import { root } from './workspace.ts'

/** One task of a turbo run. */
export interface TaskResult {
  /** For example `walytis#build` or `//#check:pack`. */
  id: string
  ok: boolean
  cached: boolean
}

interface Summary {
  tasks: { taskId: string; cache: { status: 'HIT' | 'MISS' }; execution?: { exitCode: number | null } }[]
}

/** Runs turbo and returns the outcome of each task; a task that was not run because one before it failed is not ok. */
export async function turbo(args: string[], options: { cwd?: string; echo?: boolean } = {}): Promise<TaskResult[]> {
  const { cwd = root, echo = true } = options
  const runs = join(cwd, '.turbo', 'runs')
  rmSync(runs, { recursive: true, force: true })
  const { code, output } = await run(tool('turbo'), ['run', ...args, '--summarize'], { cwd, echo, timeout: 1_500_000 })
  const [file] = readdirSyncOrNone(runs)
  if (file === undefined) return [{ id: `turbo run ${args.join(' ')}\n${output}`, ok: false, cached: false }]
  const { tasks } = JSON.parse(readFileSync(join(runs, file), 'utf8')) as Summary
  const results = tasks.map(({ taskId, cache, execution }) => {
    return { id: taskId, ok: execution?.exitCode === 0, cached: cache.status === 'HIT' }
  })
  if (code !== 0 && results.every(({ ok }) => ok)) results.push({ id: 'turbo', ok: false, cached: false })
  return results
}

function readdirSyncOrNone(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
