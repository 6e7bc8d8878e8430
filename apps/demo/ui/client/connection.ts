/*
 * The page's connection to its device: exchanges the link for a key, keeps a WebSocket open, and goes on where it was after an interruption.
 */
import type { ServerFrame } from '../../src/server/frames.ts'

/** `refused`: the link is used or of an earlier start, so a new one is needed. */
export type ConnectionStatus = 'connecting' | 'open' | 'lost' | 'refused'

/** What the device answered instead of a result. */
class CallError extends Error {
  override readonly name: string

  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

export interface ConnectionInit<S, E> {
  onStatus(status: ConnectionStatus): void
  onSnapshot(state: S): void
  onEvent(event: E): void
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

const KEY = 'endra-key'
const SUBPROTOCOL = 'endra-page.1'
const UNAUTHORIZED = 4001
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 3000

export class Connection<S, E> {
  readonly #init: ConnectionInit<S, E>
  readonly #pending = new Map<number, Pending>()
  #socket: WebSocket | undefined
  #ready = false
  #calls = 0
  #run = ''
  #seq = 0
  #wait = FIRST_WAIT_MS
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(init: ConnectionInit<S, E>) {
    this.#init = init
  }

  /** Use the link in the address, where there is one, and connect. */
  async start(): Promise<void> {
    window.addEventListener('hashchange', () => void this.#takeLink())
    window.addEventListener('online', () => this.retry())
    await this.#takeLink()
    if (this.#socket === undefined) this.#connect()
  }

  /** Try again now. */
  retry(): void {
    if (this.#socket === undefined) this.#connect()
  }

  async call(method: string, argument: unknown): Promise<unknown> {
    const socket = this.#socket
    if (socket === undefined || !this.#ready) {
      throw new CallError('DisconnectedError', 'This page has lost its device for a moment. Try again.')
    }
    this.#calls += 1
    const id = this.#calls
    return await new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      socket.send(JSON.stringify({ type: 'call', id, method, argument }))
    })
  }

  async #takeLink(): Promise<void> {
    const token = /^#link=([\w-]+)$/.exec(location.hash)?.[1]
    if (token === undefined) return
    // Not into the history, and not into a screenshot.
    history.replaceState(history.state, '', location.pathname)
    const response = await fetch('/session', { method: 'POST', body: JSON.stringify({ token }) }).catch(() => undefined)
    // A link that was used before is no harm to a page that has its key.
    if (response?.ok !== true) return
    const { key } = (await response.json()) as { key: string }
    localStorage.setItem(KEY, key)
    this.#drop()
    this.#connect()
  }

  #connect(): void {
    clearTimeout(this.#timer)
    const key = localStorage.getItem(KEY)
    if (key === null) {
      this.#init.onStatus('refused')
      return
    }
    const socket = new WebSocket(`ws://${location.host}/channel`, SUBPROTOCOL)
    this.#socket = socket
    socket.onopen = () => {
      const resume = this.#run === '' ? {} : { resume: { run: this.#run, seq: this.#seq } }
      socket.send(JSON.stringify({ type: 'hello', key, ...resume }))
    }
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#take(JSON.parse(String(data)) as ServerFrame<S, E>)
    }
    socket.onclose = ({ code }) => {
      if (this.#socket !== socket) return
      this.#drop()
      if (code === UNAUTHORIZED) {
        this.#init.onStatus('refused')
        return
      }
      this.#init.onStatus('lost')
      this.#timer = setTimeout(() => this.#connect(), this.#wait)
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS)
    }
  }

  /** Give up the connection there is; whoever waits for an answer over it is told. */
  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#ready = false
    const error = new CallError('DisconnectedError', 'This page has lost its device for a moment. Try again.')
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    socket?.close()
  }

  #take(frame: ServerFrame<S, E>): void {
    if (frame.type === 'event') {
      this.#seq = frame.seq
      this.#init.onEvent(frame.event)
      return
    }
    if (frame.type === 'snapshot' || frame.type === 'resumed') {
      this.#ready = true
      this.#wait = FIRST_WAIT_MS
      if (frame.type === 'snapshot') {
        this.#run = frame.run
        this.#seq = frame.seq
        this.#init.onSnapshot(frame.state)
      }
      this.#init.onStatus('open')
      return
    }
    const pending = this.#pending.get(frame.id)
    this.#pending.delete(frame.id)
    if (frame.type === 'result') pending?.resolve(frame.value)
    else pending?.reject(new CallError(frame.error.name, frame.error.message))
  }
}
