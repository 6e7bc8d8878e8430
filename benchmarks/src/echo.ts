/** The yardstick for everything that crosses the wire: echoes on one open libp2p stream. */
import { randomBytes } from 'node:crypto'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import type { Walytis } from 'walytis'

const protocol = '/bench/echo/1.0.0'
const size = 256

/** Lets a node send back what it gets. */
export async function serveEcho(node: Walytis): Promise<void> {
  await node.libp2p.handle(protocol, async (stream) => {
    const frames = lpStream(stream)
    try {
      for (;;) await frames.write(await frames.read())
    } catch (error) {
      // The other side is done: the only way in which this loop ends.
      if (stream.status === 'open') throw error
    }
  })
}

/** Opens one stream to a node that serves echoes; the function it returns sends 256 bytes and waits for them. */
export async function openEcho(node: Walytis, address: string): Promise<() => Promise<void>> {
  const frames = lpStream(await node.libp2p.dialProtocol(multiaddr(address), protocol))
  const bytes = randomBytes(size)
  return async () => {
    await frames.write(bytes)
    await frames.read()
  }
}
