/** Hypercore's encrypted streams over TCP on loopback. */
import { createServer, connect as openSocket, type Socket } from 'node:net'
import Hypercore, { type ProtocolStream } from 'hypercore'

/** A server, or one connection to it. */
export interface Connections {
  readonly port: number
  readonly stream: ProtocolStream | undefined
  close(): void
}

/** Listens; every stream is handed over once its handshake is done. */
export async function serve(opened: (stream: ProtocolStream) => unknown): Promise<Connections> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const stream = encrypted(socket, false)
    stream.noiseStream.opened.then(() => opened(stream))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new RangeError('no port')
  return {
    port: address.port,
    stream: undefined,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  }
}

/** Connects; resolves once the handshake is done. */
export async function connectTo(port: number): Promise<Connections> {
  const socket = openSocket(port, '127.0.0.1')
  const stream = encrypted(socket, true)
  await stream.noiseStream.opened
  return { port, stream, close: () => socket.destroy() }
}

function encrypted(socket: Socket, isInitiator: boolean): ProtocolStream {
  socket.setNoDelay(true)
  // the processes are ended while they are connected, which is no failure here
  socket.on('error', () => socket.destroy())
  const stream = Hypercore.createProtocolStream(isInitiator)
  stream.on('error', () => socket.destroy())
  socket.pipe(stream).pipe(socket)
  return stream
}
