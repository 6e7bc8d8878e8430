/*
 * One page's connection: lets in whoever shows a key, brings them up to date, answers calls, and tells events. Owned by the server.
 */
import type { WebSocket } from 'ws'
import { explain } from '../explain.ts'
import type { EventLog } from './event-log.ts'
import { CLOSE, callFrame, type ErrorView, helloFrame, MAX_CALLS, parseFrame, type ServerFrame } from './frames.ts'
import { callMethod, type Methods } from './methods.ts'

/** What a server shows: a state, how it changes, and what can be done about it. */
export interface Face<C, S, E> {
  readonly context: C
  readonly methods: Methods<C>
  readonly events: EventLog<E>
  snapshot(): S
}

export interface ChannelInit<C, S, E> {
  readonly socket: WebSocket
  readonly face: Face<C, S, E>
  /** Names this start of the server: event numbers of another mean nothing. */
  readonly run: string
  holds(key: string): boolean
  readonly helloMs: number
  /** Most bytes that wait to be taken by the page. */
  readonly maxQueuedBytes: number
}

/** Serve a connection until it ends. */
export function serveChannel<C, S, E>(init: ChannelInit<C, S, E>): void {
  const { socket, face, run } = init
  let calls = 0
  let unfollow: (() => void) | undefined
  const late = setTimeout(() => socket.close(CLOSE.unauthorized), init.helloMs)

  const send = (frame: ServerFrame<S, E>): undefined => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > init.maxQueuedBytes) {
      unfollow?.()
      socket.close(CLOSE.tooSlow)
      // It doesn't read, so it won't read the farewell either.
      setTimeout(() => socket.terminate(), 1000).unref()
      return
    }
    socket.send(JSON.stringify(frame))
  }
  const refuse = (code: number): undefined => void socket.close(code)
  const welcome = (text: string): undefined => {
    const hello = parseFrame(helloFrame, text)
    if (hello === undefined) return refuse(CLOSE.malformed)
    if (!init.holds(hello.key)) return refuse(CLOSE.unauthorized)
    clearTimeout(late)
    const missed = hello.resume?.run === run ? face.events.since(hello.resume.seq) : undefined
    if (missed === undefined) send({ type: 'snapshot', run, seq: face.events.last, state: face.snapshot() })
    else {
      send({ type: 'resumed' })
      for (const { seq, event } of missed) send({ type: 'event', seq, event })
    }
    unfollow = face.events.follow((seq, event) => send({ type: 'event', seq, event }))
  }
  const answer = async (text: string): Promise<undefined> => {
    const call = parseFrame(callFrame, text)
    if (call === undefined) return refuse(CLOSE.malformed)
    const { id, method, argument } = call
    if (calls >= MAX_CALLS) {
      const error = { name: 'TooManyCallsError', message: 'Too much is under way; wait for something to be answered.' }
      return send({ type: 'failure', id, error })
    }
    calls += 1
    try {
      send({ type: 'result', id, value: (await callMethod(face.methods, face.context, method, argument)) ?? null })
    } catch (error) {
      send({ type: 'failure', id, error: errorView(error) })
    } finally {
      calls -= 1
    }
  }

  socket.on('message', (data, binary) => {
    if (binary) return refuse(CLOSE.malformed)
    const text = String(data)
    if (unfollow === undefined) welcome(text)
    else void answer(text)
  })
  // such as a frame that is too large: the library closes the connection with the code for it
  socket.on('error', () => undefined)
  socket.on('close', () => {
    clearTimeout(late)
    unfollow?.()
  })
}

/** An error's name and one sentence. */
export function errorView(error: unknown): ErrorView {
  const line = explain(error, false)
  const end = line.indexOf(': ')
  return { name: line.slice(0, end), message: line.slice(end + 2) }
}
