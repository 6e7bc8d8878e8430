/** The other process of `live.ts`: joins the chain, says when a block is stored here, and echoes. */
import { fileURLToPath } from 'node:url'
import { lpStream } from '@libp2p/utils'
import { createWalytis } from 'walytis'

/** A protocol that sends back what it gets. */
export const echoProtocol = '/bench/echo/1.0.0'

/** What this process says: that it is ready, and for each block when it was stored, in nanoseconds of the machine's clock. */
export type FromPeer = { kind: 'ready'; peer: string } | { kind: 'arrived'; at: string }

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [storage = '', invitation = ''] = process.argv.slice(2)
  const node = await createWalytis({ storage, listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } })
  await node.libp2p.handle(echoProtocol, async (stream) => {
    const frames = lpStream(stream)
    for (;;) await frames.write(await frames.read())
  })
  const chain = await node.join(invitation)
  chain.addEventListener('block:added', () => say({ kind: 'arrived', at: process.hrtime.bigint().toString() }))
  say({ kind: 'ready', peer: node.peerId.toString() })
}

function say(what: FromPeer): void {
  process.send?.(what)
}
