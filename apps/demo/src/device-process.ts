/*
 * The demo's side of a device: a child process, and calls to it. Owned by the story, which starts, kills and stops them.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { DeviceError, DeviceExitedError, StepTimeoutError } from './errors.ts'
import type { Argument, CallName, Report, Request, Result } from './protocol.ts'

export interface DeviceProcessInit {
  /** Path of the device program. */
  readonly program: string
  readonly name: string
  /** Its folder. */
  readonly storage: string
  readonly passphraseFile: string
  readonly listen: string
  readonly announce: string
  readonly debug: boolean
  /** How long a call may take, in milliseconds. */
  readonly deadlineMs: number
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

export class DeviceProcess {
  readonly name: string
  readonly storage: string
  readonly pid: number
  readonly #child: ChildProcess
  readonly #deadlineMs: number
  readonly #pending = new Map<number, Pending>()
  /** The last that the process wrote to its standard error. */
  readonly #lastWords: () => string
  #calls = 0

  private constructor(init: DeviceProcessInit, child: ChildProcess, pid: number, lastWords: () => string) {
    this.name = init.name
    this.storage = init.storage
    this.pid = pid
    this.#child = child
    this.#deadlineMs = init.deadlineMs
    this.#lastWords = lastWords
    child.on('message', (report: Report) => this.#take(report))
    child.once('exit', (code, signal) => this.#fail(code, signal))
  }

  /** Start a device and wait until it is ready. `started` gets the child at once, so that nothing survives a failure.
   * @throws {DeviceExitedError} with what the process said, when it gives up */
  static async start(init: DeviceProcessInit, started: (child: ChildProcess) => void): Promise<DeviceProcess> {
    const { program, storage, passphraseFile, listen, announce, debug } = init
    const options = [
      '--storage',
      storage,
      '--passphrase-file',
      passphraseFile,
      '--listen',
      listen,
      '--announce',
      announce
    ]
    const child = fork(program, [...options, ...(debug ? ['--debug'] : []), 'serve'], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc']
    })
    started(child)
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000)
      if (debug) process.stderr.write(text)
    })
    const ready = Promise.withResolvers<Extract<Report, { kind: 'ready' }>>()
    child.once('message', (report: Report) => {
      if (report.kind === 'ready') ready.resolve(report)
    })
    // After `close` nothing more comes on standard error.
    child.once('close', (code, signal) => ready.reject(new DeviceExitedError(init.name, endingOf(code, signal, said))))
    child.once('error', (error) => ready.reject(error))
    const { pid } = await withDeadline(ready.promise, `The start of ${init.name}`, init.deadlineMs)
    return new DeviceProcess(init, child, pid, () => said)
  }

  /** @throws {DeviceError} what the device failed with
   * @throws {StepTimeoutError}
   * @throws {DeviceExitedError} */
  async call<N extends CallName>(name: N, argument: Argument<N>): Promise<Result<N>> {
    this.#calls += 1
    const request: Request = { id: this.#calls, call: name, argument }
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(request.id, { resolve, reject })
      this.#child.send(request, (error) => {
        if (error !== null) reject(new DeviceExitedError(this.name, error.message))
      })
    })
    try {
      return (await withDeadline(answer, `${this.name}: ${name}`, this.#deadlineMs)) as Result<N>
    } finally {
      this.#pending.delete(request.id)
    }
  }

  /** End the process as a crash or a dead battery would. */
  async kill(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  /** Close the application, and wait until its process has ended by itself.
   * @throws {DeviceExitedError} when it didn't end well */
  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit')
    await this.call('stop', {})
    const [code, signal] = await withDeadline(exited, `The end of ${this.name}`, this.#deadlineMs)
    if (code !== 0) throw new DeviceExitedError(this.name, endingOf(code, signal, this.#lastWords()))
  }

  #take(report: Report): void {
    if (report.kind === 'ready') return
    const pending = this.#pending.get(report.id)
    if (report.kind === 'result') pending?.resolve(report.value)
    else pending?.reject(new DeviceError(this.name, report.error))
  }

  #fail(code: number | null, signal: string | null): void {
    const error = new DeviceExitedError(this.name, endingOf(code, signal, this.#lastWords()))
    for (const { reject } of this.#pending.values()) reject(error)
  }
}

/** What is known of why a process ended: by which signal or code, and what it said. */
function endingOf(code: number | null, signal: string | null, said: string): string {
  return said.trim() || (signal === null ? `exit code ${code}` : `signal ${signal}`)
}

async function withDeadline<T>(work: Promise<T>, what: string, deadlineMs: number): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new StepTimeoutError(what, deadlineMs)), deadlineMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
