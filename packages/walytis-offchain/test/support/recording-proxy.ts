import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy on loopback that keeps every byte which passes: what somebody on the way between two devices has. */
export class RecordingProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #passed: Buffer[][] = []
  target = 0

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (near) => {
      const far = connect({ port: this.target, host: '127.0.0.1' })
      this.#pass(near, far)
      this.#pass(far, near)
    })
  }

  static async start(): Promise<RecordingProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new RecordingProxy(server)
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** What has passed, one value for each direction of each connection. */
  recordings(): Buffer[] {
    return this.#passed.map((pieces) => Buffer.concat(pieces))
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #pass(from: Socket, to: Socket): void {
    const pieces: Buffer[] = []
    this.#passed.push(pieces)
    this.#sockets.add(from)
    from.on('data', (data: Buffer) => {
      pieces.push(data)
      to.write(data)
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
  }
}
