import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AppMessage, AppOrder } from '../../src/app/orders.ts'
import { programOf } from './run.ts'

/** A device with its page, as a process of its own. */
export interface AppProcess {
  /** A link to its page that can be used once. */
  link(): Promise<string>
  setCut(cut: boolean): void
  kill(): Promise<void>
  /** Ask it to end; gives its exit code. */
  stop(): Promise<number | null>
}

/** Start a device on a folder, where it is reached by others at this computer only. */
export async function startApp(folder: string, ...options: string[]): Promise<AppProcess> {
  const given = ['--folder', folder, '--no-mdns', '--listen', '/ip4/127.0.0.1/tcp/0', ...options]
  const child: ChildProcess = fork(programOf('app'), given, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
  })
  const exited = once(child, 'exit')
  const links: ((link: string) => void)[] = []
  const ready = Promise.withResolvers<void>()
  child.on('message', (message: AppMessage) => {
    if (message.kind === 'ready') ready.resolve()
    if (message.kind === 'link') links.shift()?.(message.link)
  })
  const order = (message: AppOrder): void => void child.send(message)
  const link = async (): Promise<string> => {
    await ready.promise
    const asked = new Promise<string>((resolve) => links.push(resolve))
    order({ kind: 'link' })
    return await asked
  }
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    const [code] = await exited
    return code
  }
  return {
    link,
    setCut: (cut) => order({ kind: 'call', id: 0, method: 'setCut', argument: { cut } }),
    kill: async () => void (await end('SIGKILL')),
    stop: async () => await end('SIGTERM')
  }
}
