/**
 * A process that makes a chain of so many blocks, or opens the one that it made before, says an invitation, and serves it until it is
 * killed.
 *
 * Arguments: folder, blocks, bytes of each, port (any when left out).
 */
import { createWalytis } from '../../src/walytis.ts'

const [folder, blocks, size, wanted = '0'] = process.argv.slice(2)
const listen = [`/ip4/127.0.0.1/tcp/${wanted}`]
const node = await createWalytis({ storage: folder, listen, discovery: { mdns: false } })
let chain: Awaited<ReturnType<typeof node.create>> | undefined
for await (const { id } of node.list()) chain = await node.open(id)
if (chain === undefined) {
  const made = await node.create()
  const content = new Uint8Array(Number(size))
  for (let i = 0; i < Number(blocks); i += 100) {
    const some = Math.min(100, Number(blocks) - i)
    await Promise.all(Array.from({ length: some }, (_, j) => made.add(content.slice().fill((i + j) % 251))))
  }
  chain = made
}
const port = node.getMultiaddrs()[0]?.toString().split('/')[4]
process.stdout.write(`${port} ${await chain.invite({ uses: 10 })}\n`)
