import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { RecordingProxy } from './recording-proxy.ts'

/** What the proxy keeps of a connection that carries a text in clear: for showing that the search finds it. */
export async function recordPlanted(text: string): Promise<Buffer[]> {
  const server = createServer((socket) => socket.resume().end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await RecordingProxy.start()
  try {
    const address = server.address()
    if (address !== null && typeof address !== 'string') proxy.forwardTo(address.port)
    const socket = connect({ port: proxy.port, host: '127.0.0.1' })
    socket.resume().end(`some bytes before ${text} and after`)
    await once(socket, 'close')
    return proxy.recordings()
  } finally {
    await proxy.stop()
    server.close()
  }
}
