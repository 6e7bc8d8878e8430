/**
 * A process that joins a chain, says how many blocks have come, kills itself at a number of them, and says how many there are when all have
 * come.
 *
 * Arguments: folder, invitation, number of blocks.
 */
import { createWalytis } from '../../src/walytis.ts'

const [folder, invitation, limit] = process.argv.slice(2)
const node = await createWalytis({ storage: folder, listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } })
const chain = await node.join(invitation ?? '', {
  onProgress: ({ detail }) => {
    if (detail.phase !== 'receiving') return
    process.stdout.write(`received ${detail.received} ${detail.expected}\n`)
    if (detail.received >= Number(limit)) process.kill(process.pid, 'SIGKILL')
  }
})
process.stdout.write(`complete ${await chain.count()}\n`)
await node.stop()
