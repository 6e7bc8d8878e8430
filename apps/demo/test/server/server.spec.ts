import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { EventLog } from '../../src/server/event-log.ts'
import { CLOSE, SUBPROTOCOL } from '../../src/server/frames.ts'
import { type PageServer, type PageServerInit, startPageServer } from '../../src/server/server.ts'

type Init = PageServerInit<null, { words: number }, string>

let ends: (() => unknown)[]
let events: EventLog<string>
let server: PageServer
let held: PromiseWithResolvers<void>

const files = new Map([
  ['/', { bytes: Buffer.from('<!doctype html>'), type: 'text/html; charset=utf-8', immutable: false }]
])

async function start(more: Partial<Init> = {}): Promise<PageServer> {
  const methods = {
    echo: { argument: v.string(), run: async (_: null, given: unknown) => given },
    wait: { argument: v.null(), run: async () => await held.promise }
  }
  const face = { context: null, methods, events, snapshot: () => ({ words: events.last }) }
  const started = await startPageServer({ face, files, ...more })
  ends.push(() => started.stop())
  return started
}

beforeEach(async () => {
  ends = []
  held = Promise.withResolvers<void>()
  events = new EventLog<string>(5)
  server = await start()
})

afterEach(async () => {
  held.resolve()
  for (const end of ends.reverse()) await end()
})

const tokenOf = (link: string): string => link.split('#link=')[1] ?? ''

interface Answered {
  readonly status: number | undefined
  readonly body: string
  readonly headers: Record<string, unknown>
}

/** A request as any program can make it, whatever it says of itself. */
async function ask(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answered> {
  const asked = request({ host: '127.0.0.1', port: server.port, method, path, headers })
  asked.end(body)
  const [response] = await once(asked, 'response')
  let text = ''
  for await (const piece of response) text += String(piece)
  return { status: response.statusCode, body: text, headers: response.headers }
}

async function keyFor(at: PageServer = server): Promise<string> {
  const body = JSON.stringify({ token: tokenOf(at.link()) })
  const response = await fetch(`${at.origin}/session`, { method: 'POST', headers: { origin: at.origin }, body })
  return ((await response.json()) as { key: string }).key
}

interface Page {
  readonly socket: WebSocket
  next(): Promise<Record<string, unknown>>
  send(frame: unknown): void
}

/** A page that has just connected. */
async function connectPage(at: PageServer = server): Promise<Page> {
  const socket = new WebSocket(`${at.origin.replace('http', 'ws')}/channel`, SUBPROTOCOL, { origin: at.origin })
  ends.push(() => socket.terminate())
  const frames: Record<string, unknown>[] = []
  const waiting: ((frame: Record<string, unknown>) => void)[] = []
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as Record<string, unknown>
    const first = waiting.shift()
    if (first === undefined) frames.push(frame)
    else first(frame)
  })
  await once(socket, 'open')
  const next = async (): Promise<Record<string, unknown>> => {
    const frame = frames.shift()
    return frame ?? (await new Promise((resolve) => waiting.push(resolve)))
  }
  return { socket, next, send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)) }
}

async function closeCode({ socket }: Page): Promise<number> {
  const [code] = await once(socket, 'close')
  return code
}

describe('the page', () => {
  it('is served under a policy that lets it run its own code and nothing else', async () => {
    const { status, headers, body } = await ask('GET', '/', { host: `127.0.0.1:${server.port}` })
    expect({ status, body }).toEqual({ status: 200, body: '<!doctype html>' })
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*/)
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })

  it('F20 is shown inside another page only where that one was named', async () => {
    server = await start({ framedBy: 'http://127.0.0.1:9' })
    const { headers } = await ask('GET', '/', { host: `127.0.0.1:${server.port}` })
    expect(headers['content-security-policy']).toContain('frame-ancestors http://127.0.0.1:9;')
  })

  it.each(['/../package.json', '/%2e%2e/package.json', '/etc/passwd', '/constructor'])(
    'F20 has nothing at %s',
    async (path) => {
      expect(await ask('GET', path, { host: `127.0.0.1:${server.port}` })).toMatchObject({ status: 404 })
    }
  )

  it('F20 answers nobody who was sent here by another name', async () => {
    for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1']) {
      expect(await ask('GET', '/', { host })).toMatchObject({ status: 421 })
      const headers = { host, origin: `http://${host}` }
      const body = JSON.stringify({ token: tokenOf(server.link()) })
      expect(await ask('POST', '/session', headers, body)).toMatchObject({ status: 421 })
    }
  })

  it('F20 listens on loopback only', async () => {
    const socket = connect({ host: '127.0.0.2', port: server.port })
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('the exchange of a link for a key', () => {
  const post = async (origin: string | undefined, body: string): Promise<Answered> =>
    await ask(
      'POST',
      '/session',
      { host: `127.0.0.1:${server.port}`, ...(origin === undefined ? {} : { origin }) },
      body
    )

  it('F20 works once', async () => {
    const body = JSON.stringify({ token: tokenOf(server.link()) })
    expect(await post(server.origin, body)).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    expect(await post(server.origin, body)).toMatchObject({ status: 401 })
  })

  it('F20 works from the page itself only, and an attempt from elsewhere uses nothing up', async () => {
    const body = JSON.stringify({ token: tokenOf(server.link()) })
    for (const origin of [undefined, 'null', 'http://evil.example', `http://localhost:${server.port}`]) {
      expect(await post(origin, body)).toMatchObject({ status: 403 })
    }
    expect(await post(server.origin, body)).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
  })

  it.each(['', '{', '[]', '{"token":7}', '{"token":"x","more":1}'])('F20 refuses the body %s', async (body) => {
    expect(await post(server.origin, body)).toMatchObject({ status: 400 })
  })

  it('F20 refuses a huge body without keeping it', async () => {
    expect(await post(server.origin, JSON.stringify({ token: 'x'.repeat(200_000) }))).toMatchObject({ status: 413 })
  })
})

describe('the channel', () => {
  it.each(['http://evil.example', 'null', 'http://127.0.0.1:1'])('F20 refuses pages of %s', async (origin) => {
    const socket = new WebSocket(`${server.origin.replace('http', 'ws')}/channel`, SUBPROTOCOL, { origin })
    await expect(once(socket, 'open')).rejects.toThrow('403')
  })

  it('F20 refuses a name that was made to point here', async () => {
    const host = `evil.example:${server.port}`
    const options = { origin: `http://${host}`, headers: { host } }
    const socket = new WebSocket(`${server.origin.replace('http', 'ws')}/channel`, SUBPROTOCOL, options)
    await expect(once(socket, 'open')).rejects.toThrow('403')
  })

  it.each(['', 'wrong', 'a'.repeat(128)])('F20 ends with whoever shows the key "%s"', async (key) => {
    const page = await connectPage()
    page.send({ type: 'hello', key })
    expect(await closeCode(page)).toBe(CLOSE.unauthorized)
  })

  it('F20 does not take a link for a key', async () => {
    const page = await connectPage()
    page.send({ type: 'hello', key: tokenOf(server.link()) })
    expect(await closeCode(page)).toBe(CLOSE.unauthorized)
  })

  it('F20 does not wait for ever for a key', async () => {
    const page = await connectPage(await start({ helloMs: 50 }))
    expect(await closeCode(page)).toBe(CLOSE.unauthorized)
  })

  it.each(['', '{', 'null', '[]', '{"type":"call","id":1,"method":"echo","argument":"x"}', '{"type":"hello"}'])(
    'F20 ends with whoever begins with %s',
    async (frame) => {
      const page = await connectPage()
      page.send(frame)
      expect(await closeCode(page)).toBe(CLOSE.malformed)
    }
  )

  it.each(['{', '{"type":"call"}', '{"type":"call","id":-1,"method":"echo"}', '{"type":"hello","key":"x"}'])(
    'F20 ends with a page that says %s',
    async (frame) => {
      const page = await connectPage()
      page.send({ type: 'hello', key: await keyFor() })
      await page.next()
      page.send(frame)
      expect(await closeCode(page)).toBe(CLOSE.malformed)
    }
  )

  it('F20 ends with a page that sends a huge frame', async () => {
    const page = await connectPage()
    page.send({ type: 'hello', key: 'x'.repeat(1024 * 1024) })
    expect(await closeCode(page)).toBe(1009)
  })

  it('tells the state, then what changes, and answers calls', async () => {
    const page = await connectPage()
    page.send({ type: 'hello', key: await keyFor() })
    expect(await page.next()).toMatchObject({ type: 'snapshot', seq: 0, state: { words: 0 } })
    events.add('one')
    expect(await page.next()).toEqual({ type: 'event', seq: 1, event: 'one' })
    page.send({ type: 'call', id: 1, method: 'echo', argument: 'hello' })
    expect(await page.next()).toEqual({ type: 'result', id: 1, value: 'hello' })
    page.send({ type: 'call', id: 2, method: 'echo', argument: 7 })
    expect(await page.next()).toMatchObject({ type: 'failure', id: 2, error: { name: 'InvalidRequestError' } })
    page.send({ type: 'call', id: 3, method: 'nothing', argument: null })
    expect(await page.next()).toMatchObject({ type: 'failure', id: 3, error: { name: 'InvalidRequestError' } })
  })

  it('brings a page that was away up to date by the events that it missed', async () => {
    const key = await keyFor()
    const page = await connectPage()
    page.send({ type: 'hello', key })
    const { run } = await page.next()
    events.add('one')
    page.socket.terminate()
    events.add('two')
    const again = await connectPage()
    again.send({ type: 'hello', key, resume: { run, seq: 1 } })
    expect(await again.next()).toEqual({ type: 'resumed' })
    expect(await again.next()).toEqual({ type: 'event', seq: 2, event: 'two' })
  })

  it('tells everything anew to a page that was away too long, or that comes from another start', async () => {
    const key = await keyFor()
    const page = await connectPage()
    page.send({ type: 'hello', key })
    const { run } = await page.next()
    for (let word = 0; word < 20; word += 1) events.add(String(word))
    for (const resume of [
      { run, seq: 1 },
      { run: 'another', seq: 20 },
      { run, seq: 21 }
    ]) {
      const again = await connectPage()
      again.send({ type: 'hello', key, resume })
      expect(await again.next()).toMatchObject({ type: 'snapshot', seq: 20 })
    }
  })

  it('F20 bounds the calls that are under way', async () => {
    const page = await connectPage()
    page.send({ type: 'hello', key: await keyFor() })
    await page.next()
    for (let id = 0; id <= 64; id += 1) page.send({ type: 'call', id, method: 'wait', argument: null })
    expect(await page.next()).toMatchObject({ type: 'failure', id: 64, error: { name: 'TooManyCallsError' } })
  })

  it('F20 ends with a page that does not take what it is told, and keeps no more for it', async () => {
    const slow = await start({ maxQueuedBytes: 64 * 1024 })
    const page = await connectPage(slow)
    page.send({ type: 'hello', key: await keyFor(slow) })
    await page.next()
    page.socket.pause()
    const closed = closeCode(page)
    // The operating systems' buffers take some megabytes before anything waits here.
    const word = 'x'.repeat(256 * 1024)
    for (let sent = 0; sent < 100; sent += 1) events.add(word)
    page.socket.resume()
    expect([CLOSE.tooSlow, 1006]).toContain(await closed)
  })
})
