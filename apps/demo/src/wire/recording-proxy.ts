/*
 * A TCP proxy on loopback that keeps every byte that passes: what somebody on the network between two devices would have.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Everything that passed in one direction of one connection. */
interface Recording {
  readonly pieces: Buffer[]
}

export class RecordingProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #recordings: Recording[] = []
  #target: number | undefined

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#relay(socket))
  }

  static async start(): Promise<RecordingProxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: true })
    const proxy = new RecordingProxy(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get port(): number {
    return portOf(this.#server)
  }

  /** Where connections go from now on: a port of 127.0.0.1. */
  forwardTo(port: number): void {
    this.#target = port
  }

  /** What has passed so far, one value for each direction of each connection. */
  recordings(): Buffer[] {
    return this.#recordings.map(({ pieces }) => Buffer.concat(pieces)).filter((bytes) => bytes.byteLength > 0)
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #relay(near: Socket): void {
    if (this.#target === undefined) {
      near.destroy()
      return
    }
    const far = connect({ port: this.#target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    this.#pass(near, far)
    this.#pass(far, near)
  }

  #pass(from: Socket, to: Socket): void {
    const recording: Recording = { pieces: [] }
    this.#recordings.push(recording)
    this.#sockets.add(from)
    from.on('data', (bytes: Buffer) => recording.pieces.push(bytes))
    from.pipe(to)
    // A device that is killed resets its connections, and so does this.
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      if (from.errored) to.resetAndDestroy()
    })
  }
}

/** A port of 127.0.0.1 that nothing listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port')
  return address.port
}
