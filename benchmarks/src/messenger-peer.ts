/** The other process of `messenger.ts`: Bob, who joins the chat and says when a message is stored here; and echoes. */
import { randomBytes } from 'node:crypto'
import { createEndra } from 'endra'
import { createWalytis } from 'walytis'
import { serveEcho } from './echo.ts'
import { local } from './local.ts'
import { say, sayArrived } from './process.ts'

const [storage = '', invitation = ''] = process.argv.slice(2)
const endra = await createEndra({ ...local, storage, key: randomBytes(32) })
const echoes = await createWalytis(local)
await serveEcho(echoes)
const bob = await endra.profiles.create({ name: 'Bob' })
const chat = await bob.chats.join(invitation)
chat.addEventListener('message:added', sayArrived)
say({ kind: 'ready', address: String(echoes.getMultiaddrs()[0]) })
