import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Ran {
  readonly code: number | null
  readonly signal: string | null
  readonly out: string
  readonly err: string
}

/** Path of a program of the demo, as it is written: Node runs it without a build. */
export const programOf = (name: string): string => fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url))

/** Node 22 says of every file of TypeScript that running it is new. */
const NODE_OPTIONS = '--disable-warning=ExperimentalWarning'

/** So that only the first of many processes compiles what all of them load. */
const NODE_COMPILE_CACHE = join(tmpdir(), 'node-compile-cache')

/** A program while it runs. */
export interface RunningProgram {
  kill(signal: NodeJS.Signals): boolean
  /** Told all that it has written so far, each time that it writes. */
  onOutput(listener: (text: string) => void): void
  /** Type something. */
  say(text: string): void
}

/** Run a program of the demo to its end. `started` gets the process, to send it signals. */
export async function run(
  name: string,
  options: readonly string[],
  started?: (child: RunningProgram) => void
): Promise<Ran> {
  const child = spawn(process.execPath, [programOf(name), ...options], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS, NODE_COMPILE_CACHE, ENDRA_DEBUG: '' }
  })
  let out = ''
  let err = ''
  const listeners: ((text: string) => void)[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    for (const listener of listeners) listener(out)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  started?.({
    kill: (signal) => child.kill(signal),
    onOutput: (listener) => void listeners.push(listener),
    say: (text) => void child.stdin.write(text)
  })
  if (started === undefined) child.stdin.end()
  const [code, signal] = await once(child, 'close')
  return { code, signal, out, err }
}
