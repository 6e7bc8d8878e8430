/**
 * A member of a group as a process of its own: writes one large file, or fetches it, and serves it to others. The process that starts it kills it,
 * or tells it to kill itself at a point that no scheduling moves.
 *
 * Arguments: role, folder, then for `found` how many invitations; for `join` an invitation; for `write` the bytes, and the bytes sent at which it
 * dies; for `fetch` the bytes received at which it dies.
 * Understands on standard input: `dial ADDRESS`, `end`. Says on standard output, a line each: `invitation TEXT`, `joined`, `address TEXT`,
 * `sealed BYTES MILLISECONDS`, `sent BYTES`, `received BYTES`, `hash HEX`, `peak KIB`: the most memory that it had.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { multiaddr } from '@multiformats/multiaddr'
import { createWalytis } from 'walytis'
import { createGroup, createIdentity, joinGroup, loadGroup, loadIdentity, openKeyStore } from 'walytis-identities'
import { type PrivateBlock, privately } from '../../src/index.ts'

const PIECE = 64 * 1024
const [role, folder, given = '', diesAt = 'never'] = process.argv.slice(2)
if (role === undefined || folder === undefined) throw new TypeError('arguments are missing')

const say = (word: string, ...values: unknown[]): void => void process.stdout.write(`${[word, ...values].join(' ')}\n`)

/** Peak of the resident memory in KiB. What `getrusage` says on Linux is that of the process which started this one. */
function peak(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}

function dieAt(bytes: number, limit: string): void {
  if (limit === 'never' || bytes < Number(limit)) return
  say('peak', peak())
  process.kill(process.pid, 'SIGKILL')
}

/** Each piece differs, so that none can stand for another. */
async function* pieces(size: number): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(PIECE).fill(0x5a)
  for (let start = 0; start < size; start += PIECE) {
    new DataView(piece.buffer).setFloat64(0, start)
    yield piece.subarray(0, Math.min(PIECE, size - start))
  }
}

async function hashOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of source) hash.update(piece)
  return hash.digest('hex')
}

const walytis = await createWalytis({
  storage: folder,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  discovery: { mdns: false },
  libp2p: { connectionManager: { inboundConnectionThreshold: 1000 } }
})
const keyStore = await openKeyStore({ storage: walytis.store, key: new Uint8Array(32).fill(7) })
const names = `${folder}.names`

async function found(): Promise<void> {
  const identity = await createIdentity(walytis, keyStore)
  const group = await createGroup(walytis, keyStore, identity)
  await writeFile(names, `${identity.did} ${group.did}`)
  for (let count = 0; count < Number(given); count++) say('invitation', await group.invite())
  await told()
  await group.close()
}

async function join(): Promise<void> {
  const identity = await createIdentity(walytis, keyStore)
  const group = await joinGroup(walytis, keyStore, identity, given)
  await writeFile(names, `${identity.did} ${group.did}`)
  say('joined')
  await group.close()
}

async function transfer(): Promise<void> {
  const [did = '', groupDid = ''] = (await readFile(names, 'utf8')).split(' ')
  const identity = await loadIdentity(walytis, keyStore, did)
  const group = await loadGroup(walytis, keyStore, groupDid, { member: identity })
  const chain = await privately(group)
  chain.addEventListener('content:progress', ({ detail: { direction, bytes } }) => {
    say(direction === 'sending' ? 'sent' : 'received', bytes)
    dieAt(bytes, direction === 'sending' ? diesAt : role === 'fetch' ? given : 'never')
  })
  const fetched = async (block: PrivateBlock): Promise<void> => {
    say('hash', await hashOf(block.stream()))
    say('peak', peak())
  }
  chain.addEventListener('content:available', ({ detail: { block } }) => void fetched(block))
  if (role === 'write' && (await chain.count()) === 0) {
    const began = performance.now()
    const block = await chain.add(pieces(Number(given)))
    say('sealed', block.size, Math.round(performance.now() - began))
    say('hash', await hashOf(pieces(Number(given))))
  }
  say('address', walytis.getMultiaddrs()[0])
  await told()
  say('peak', peak())
  await chain.close()
  await group.close()
}

/** Resolves when this process is told to end. */
async function told(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, address = ''] = line.split(' ')
    if (word === 'end') return
    // Whoever is not there yet dials itself.
    if (word === 'dial') await walytis.dial(multiaddr(address)).catch(() => say('unreachable', address))
  }
}

await (role === 'found' ? found() : role === 'join' ? join() : transfer())
await keyStore.close()
await walytis.stop()
