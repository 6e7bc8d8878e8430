/*
 * The local server of one process: on loopback only, for pages that it has served itself and that hold a key. Owns the HTTP server and all
 * connections.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import * as v from 'valibot'
import { WebSocketServer } from 'ws'
import { type Face, serveChannel } from './channel.ts'
import type { PageFile } from './files.ts'
import { MAX_FRAME_BYTES, parseFrame, SUBPROTOCOL } from './frames.ts'
import { Doorkeeper, isOwnHost, isOwnOrigin } from './guard.ts'

export interface PageServerInit<C, S, E> {
  readonly face: Face<C, S, E>
  readonly files: ReadonlyMap<string, PageFile>
  /** 0: any that is free. */
  readonly port?: number | undefined
  /** The one origin that may show this page inside its own. Default: none. */
  readonly framedBy?: string | undefined
  /** Origins that this page may show inside itself. Default: none. */
  readonly frames?: (() => readonly string[]) | undefined
  /** Told when a link has been used, so that another can be shown. */
  readonly onLinkUsed?: (() => void) | undefined
  /** Most bytes that wait to be taken by one page. Default 4 MiB. */
  readonly maxQueuedBytes?: number | undefined
  /** How long a connection may take to show its key, in milliseconds. Default 10 s. */
  readonly helloMs?: number | undefined
}

/** A running server. */
export interface PageServer {
  readonly port: number
  readonly origin: string
  /** A link to the page that can be used once. Its secret stands behind `#`, which browsers send nowhere. */
  link(): string
  stop(): Promise<void>
}

const MAX_BODY_BYTES = 1024
/** Most connections at a time: some for each page, and no program of this computer can take all that the process may have. */
const MAX_CONNECTIONS = 256
const tokenBody = v.strictObject({ token: v.pipe(v.string(), v.maxLength(128)) })

/** Start serving a page on 127.0.0.1. */
export async function startPageServer<C, S, E>(init: PageServerInit<C, S, E>): Promise<PageServer> {
  const server = new LoopbackServer(init)
  await server.listen(init.port ?? 0)
  return server
}

class LoopbackServer<C, S, E> implements PageServer {
  readonly #init: PageServerInit<C, S, E>
  readonly #http: Server
  readonly #sockets: WebSocketServer
  readonly #doorkeeper = new Doorkeeper()
  readonly #run = randomBytes(12).toString('base64url')
  #port = 0

  constructor(init: PageServerInit<C, S, E>) {
    this.#init = init
    this.#http = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 10_000, headersTimeout: 10_000 })
    this.#http.maxConnections = MAX_CONNECTIONS
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_FRAME_BYTES,
      handleProtocols: () => SUBPROTOCOL,
      clientTracking: true
    })
    this.#http.on('request', (request, response) => void this.#answer(request, response))
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  get port(): number {
    return this.#port
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async listen(port: number): Promise<void> {
    this.#http.listen(port, '127.0.0.1')
    await once(this.#http, 'listening')
    const address = this.#http.address()
    if (address !== null && typeof address === 'object') this.#port = address.port
  }

  link(): string {
    return `${this.origin}/#link=${this.#doorkeeper.link()}`
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate()
    const closed = once(this.#http, 'close')
    this.#http.close()
    this.#http.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host, origin } = request.headers
    this.#setHeaders(response)
    if (!isOwnHost(host, this.#port)) return refuse(response, 421, 'This server answers to 127.0.0.1 only.')
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    if (path === '/session') {
      if (request.method !== 'POST') return refuse(response, 405, 'Only POST.')
      if (!isOwnOrigin(origin, host, this.#port)) return refuse(response, 403, 'Pages of other origins may not.')
      return await this.#exchange(request, response)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET.')
    const file = this.#init.files.get(path)
    if (file === undefined) return refuse(response, 404, 'There is nothing here.')
    response.setHeader('Content-Type', file.type)
    response.setHeader('Content-Length', file.bytes.byteLength)
    response.setHeader('Cache-Control', file.immutable ? 'private, max-age=31536000, immutable' : 'no-cache')
    response.end(request.method === 'HEAD' ? undefined : file.bytes)
  }

  async #exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request)
    if (body === undefined) {
      response.once('finish', () => request.destroy())
      return refuse(response, 413, 'That is too much.')
    }
    const parsed = parseFrame(tokenBody, body)
    if (parsed === undefined) return refuse(response, 400, 'That is no token.')
    const key = this.#doorkeeper.exchange(parsed.token)
    if (key === undefined) return refuse(response, 401, 'This link has been used already, or is of an earlier start.')
    response.setHeader('Content-Type', 'application/json')
    response.setHeader('Cache-Control', 'no-store')
    response.end(JSON.stringify({ key }))
    this.#init.onLinkUsed?.()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host, origin } = request.headers
    const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/)
    const allowed =
      request.url === '/channel' && isOwnOrigin(origin, host, this.#port) && protocols.includes(SUBPROTOCOL)
    socket.on('error', () => undefined)
    if (!allowed) return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    this.#sockets.handleUpgrade(request, socket, head, (accepted) =>
      serveChannel({
        socket: accepted,
        face: this.#init.face,
        run: this.#run,
        holds: (key) => this.#doorkeeper.holds(key),
        helloMs: this.#init.helloMs ?? 10_000,
        maxQueuedBytes: this.#init.maxQueuedBytes ?? 4 * 1024 * 1024
      })
    )
  }

  #setHeaders(response: ServerResponse): void {
    const frames = this.#init.frames?.() ?? []
    const policy = {
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self' blob:",
      'media-src': "'self' blob:",
      'connect-src': `'self' ws://127.0.0.1:${this.#port} ws://localhost:${this.#port}`,
      'frame-src': frames.length === 0 ? "'none'" : frames.join(' '),
      'frame-ancestors': this.#init.framedBy ?? "'none'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'require-trusted-types-for': "'script'"
    }
    const line = Object.entries(policy).map(([name, value]) => `${name} ${value}`)
    response.setHeader('Content-Security-Policy', line.join('; '))
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Referrer-Policy', 'no-referrer')
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
    response.setHeader('Permissions-Policy', 'camera=(self), microphone=(), geolocation=()')
    if (this.#init.framedBy === undefined) response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
  }
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('Cache-Control', 'no-store')
  if (status === 413) response.setHeader('Connection', 'close')
  response.end(`${sentence}\n`)
}

/** A request's body as text; undefined when it is too large. What comes after that is not kept, and the answer ends the connection. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  const read = Promise.withResolvers<string | undefined>()
  request.on('data', (piece: Buffer) => {
    size += piece.byteLength
    if (size > MAX_BODY_BYTES) read.resolve(undefined)
    else pieces.push(piece)
  })
  request.on('end', () => read.resolve(Buffer.concat(pieces).toString('utf8')))
  request.on('error', () => read.resolve(undefined))
  return await read.promise
}
