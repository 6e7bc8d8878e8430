/** The other process of `live.ts`: joins the chain, says when a block is stored here, and echoes. */
import { createWalytis } from 'walytis'
import { serveEcho } from './echo.ts'
import { local } from './local.ts'
import { say, sayArrived } from './process.ts'

const [storage = '', invitation = ''] = process.argv.slice(2)
const node = await createWalytis({ ...local, storage })
await serveEcho(node)
const chain = await node.join(invitation)
chain.addEventListener('block:added', sayArrived)
say({ kind: 'ready', address: String(node.getMultiaddrs()[0]) })
