/** A process that starts two nodes, lets them talk and stops them. It must then end by itself. */
import { createWalytis } from '../../src/walytis.ts'

const [folder] = process.argv.slice(2)
const init = { listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } }
const alice = await createWalytis({ ...init, storage: folder })
const bob = await createWalytis(init)
const notes = await alice.create()
const same = await bob.join(await notes.invite())
await same.add(new TextEncoder().encode('hello'))
const { level } = await notes.sync()
await Promise.all([alice.stop(), bob.stop()])
// sockets, servers and watchers that are still there would keep the process alive; timers at most for the while they run
const left = process.getActiveResourcesInfo().filter((kind) => !/^(Pipe|TTY|File|CloseReq|Timeout)/.test(kind))
process.stdout.write(`${JSON.stringify({ level, left })}\n`)
