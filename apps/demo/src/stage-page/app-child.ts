/*
 * The demo's side of one device with a page: its process, and what can be asked of it. Owned by `live-stage.ts`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { AppMethods } from '../app/methods.ts'
import type { AppMessage, AppOrder } from '../app/orders.ts'
import { DeviceError, DeviceExitedError } from '../errors.ts'
import type { ArgumentOf, ResultOf } from '../server/methods.ts'

export interface AppChildInit {
  readonly name: string
  readonly program: string
  readonly options: readonly string[]
  /** Something about it changed. */
  onChange(): void
  /** It ended, by whatever. */
  onExit(): void
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

export class AppChild {
  readonly #init: AppChildInit
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #pending = new Map<number, Pending>()
  readonly #ready = Promise.withResolvers<void>()
  #links: ((link: string) => void)[] = []
  #calls = 0

  constructor(init: AppChildInit) {
    this.#init = init
    this.#child = fork(init.program, [...init.options], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#exited = once(this.#child, 'exit')
    this.#child.on('message', (message: AppMessage) => this.#take(message))
    this.#child.once('exit', (code, signal) => {
      const error = new DeviceExitedError(init.name, signal === null ? `exit code ${code}` : `signal ${signal}`)
      for (const { reject } of this.#pending.values()) reject(error)
      this.#ready.reject(error)
      init.onExit()
    })
    // whoever waits for it is told; nobody may be waiting
    this.#ready.promise.catch(() => undefined)
  }

  /** Resolves when its page can be opened. @throws {DeviceExitedError} */
  async ready(): Promise<void> {
    await this.#ready.promise
  }

  /** Ask what a page could ask. @throws {DeviceError} @throws {DeviceExitedError} */
  async call<N extends keyof AppMethods>(
    method: N,
    argument: ArgumentOf<AppMethods[N]>
  ): Promise<ResultOf<AppMethods[N]>> {
    this.#calls += 1
    const id = this.#calls
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }))
    this.#order({ kind: 'call', id, method, argument })
    try {
      return (await answer) as ResultOf<AppMethods[N]>
    } finally {
      this.#pending.delete(id)
    }
  }

  /** A link to its page that can be used once. */
  async link(): Promise<string> {
    await this.ready()
    const link = new Promise<string>((resolve) => this.#links.push(resolve))
    this.#order({ kind: 'link' })
    return await link
  }

  /** End it as a crash would, or ask it to end. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#child.kill(signal)
    await this.#exited
  }

  #order(order: AppOrder): void {
    this.#child.send(order, (error) => {
      if (error === null || order.kind !== 'call') return
      this.#pending.get(order.id)?.reject(new DeviceExitedError(this.#init.name, error.message))
    })
  }

  #take(message: AppMessage): void {
    if (message.kind === 'ready') this.#ready.resolve()
    else if (message.kind === 'changed') this.#init.onChange()
    else if (message.kind === 'link') this.#links.shift()?.(message.link)
    else if (message.kind === 'result') this.#pending.get(message.id)?.resolve(message.value)
    else this.#pending.get(message.id)?.reject(new DeviceError(this.#init.name, message.error))
  }
}
