/** Starting the processes of the log benchmarks, and telling them what to do. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Order, Outcome } from './commands.ts'

/** How long a process may take for one command, in milliseconds. */
const patience = 600_000

/** One process with one system. */
export class Actor {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve(outcome: Outcome): void; reject(error: unknown): void }>()
  readonly #arrivals: { resolve(at: bigint): void }[] = []
  #last = 0

  constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (outcome: Outcome) => this.#take(outcome))
    child.once('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new RangeError(`the process ended with ${code}`))
    })
  }

  /** Milliseconds, or megabytes, as the command says. */
  async measure(order: Order): Promise<number> {
    return (await this.tell(order)).value ?? Number.NaN
  }

  async ask(order: Order): Promise<string> {
    return (await this.tell(order)).text ?? ''
  }

  async tell(order: Order): Promise<Outcome> {
    const id = ++this.#last
    const outcome = Promise.withResolvers<Outcome>()
    this.#waiting.set(id, outcome)
    this.#child.send({ id, ...order })
    const timer = setTimeout(() => outcome.reject(new RangeError(`"${order.type}" takes too long`)), patience)
    try {
      return await outcome.promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }

  /** When the next entry arrives there, in nanoseconds of the machine's clock. Ask before it is sent. */
  nextArrival(): Promise<bigint> {
    const arrival = Promise.withResolvers<bigint>()
    this.#arrivals.push(arrival)
    return arrival.promise
  }

  /** End it in good order, or by force. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    const force = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    this.#child.send({ id: ++this.#last, type: 'close' })
    await ended
    clearTimeout(force)
  }

  #take(outcome: Outcome): void {
    if (outcome.id === -1) this.#arrivals.shift()?.resolve(BigInt(outcome.text ?? 0))
    else if (outcome.error !== undefined) this.#waiting.get(outcome.id)?.reject(new RangeError(outcome.error))
    else this.#waiting.get(outcome.id)?.resolve(outcome)
  }
}

/** A process with a system in a folder; ready for its first command. */
export async function startActor(system: string, folder: string): Promise<Actor> {
  // peers print progress and warnings; standard output is for the results
  const child = fork(fileURLToPath(new URL('./actor.ts', import.meta.url)), [system, folder], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning', '--disable-warning=DEP0169']
  })
  await once(child, 'message')
  return new Actor(child)
}

/** A process whose log is made; with what others need to find it. */
export async function startWriter(system: string, folder: string): Promise<{ actor: Actor; where: string }> {
  const actor = await startActor(system, folder)
  await actor.tell({ type: 'start' })
  return { actor, where: await actor.ask({ type: 'create' }) }
}

/** Another process that is connected to the writer and has nothing yet. */
export async function startReader(system: string, folder: string, where: string): Promise<Actor> {
  const actor = await startActor(system, folder)
  await actor.tell({ type: 'start' })
  await actor.tell({ type: 'connect', where })
  return actor
}
