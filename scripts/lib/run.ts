/** Running other programs from the scripts. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './workspace.ts'

/** How a program ended, and what it printed (standard output and error in the order of arrival). */
export interface Finished {
  code: number
  output: string
}

/** Options of {@link run}. */
export interface RunOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Also print what the program prints. */
  echo?: boolean
  /** After this many milliseconds the program is killed, which counts as a failure. */
  timeout?: number
}

/** Runs a program without standard input and resolves when it ended; never rejects for an exit code. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  const { cwd = root, env = process.env, echo = false, timeout = 600_000 } = options
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout, killSignal: 'SIGKILL' })
    let output = ''
    const take = (target: NodeJS.WriteStream) => (chunk: Buffer) => {
      output += chunk.toString()
      if (echo) target.write(chunk)
    }
    child.stdout.on('data', take(process.stdout))
    child.stderr.on('data', take(process.stderr))
    child.once('error', (error) => resolve({ code: 127, output: `${command}: ${error.message}` }))
    child.once('close', (code, signal) => {
      resolve({ code: code ?? 1, output: signal === null ? output : `${output}\n${command} ended by ${signal}` })
    })
  })
}

/** The path of a tool that the workspace's root depends on. */
export function tool(name: string): string {
  return join(root, 'node_modules', '.bin', name)
}
