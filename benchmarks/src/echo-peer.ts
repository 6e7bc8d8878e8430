/** The other process of a benchmark that needs echoes: a node that sends back what it gets. */
import { createWalytis } from 'walytis'
import { serveEcho } from './echo.ts'
import { local } from './local.ts'
import { say } from './process.ts'

const node = await createWalytis(local)
await serveEcho(node)
say({ kind: 'ready', address: String(node.getMultiaddrs()[0]) })
