/** A process with one system, whose functions are called from here as if it were none. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endPeer } from '../process.ts'

/** What the process is told. */
export interface Call {
  readonly id: number
  readonly name: string
  readonly given: readonly unknown[]
}

/** What it answers; 0 says that it is there. */
export interface Outcome {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** Runs `body` with a process for the system, which is ended afterwards. */
export async function withSystem<System, T>(name: string, body: (system: Required<System>) => Promise<T>): Promise<T> {
  const child = fork(fileURLToPath(new URL('./process.ts', import.meta.url)), [name], {
    // peers print what they like; standard output is for the results
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced'
  })
  const gone = once(child, 'exit').then(([code]) => {
    throw new RangeError(`the process of ${name} ended with ${code}`)
  })
  gone.catch(() => undefined)
  let last = 0
  const ask = async (call: string, ...given: unknown[]): Promise<unknown> => {
    const id = ++last
    child.send({ id, name: call, given } satisfies Call)
    const { value, error } = await Promise.race([outcome(id), gone])
    if (error !== undefined) throw new RangeError(error)
    return value
  }
  const outcome = async (id: number): Promise<Outcome> => {
    for (;;) {
      const [received] = (await once(child, 'message')) as [Outcome]
      if (received.id === id) return received
    }
  }
  await Promise.race([outcome(0), gone])
  const system = new Proxy({}, { get: (_, call) => (typeof call === 'string' ? ask.bind(undefined, call) : undefined) })
  try {
    return await body(system as Required<System>)
  } finally {
    await endPeer(child)
  }
}
