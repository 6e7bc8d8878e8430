import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from '@ipld/dag-cbor'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createWalytis } from 'walytis'
import { createGroup, createIdentity, joinGroup, openKeyStore } from 'walytis-identities'
import { domains } from '../../src/domains.ts'
import { privately } from '../../src/index.ts'
import { RecordingProxy } from '../support/recording-proxy.ts'
import { found, foundInFolder, type Needle, needle } from '../support/scan.ts'
import { bytes, event, type Member, stop } from './members.ts'

const COUNT = 20
const CANARY = 'CANARY: the search finds what is there'

let root: string
let proxies: RecordingProxy[]
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'offchain-scan-'))
  proxies = [await RecordingProxy.start(), await RecordingProxy.start()]
})
afterEach(async () => {
  for (const proxy of proxies) await proxy.stop()
  await rm(root, { recursive: true, force: true })
})

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A member that is reached through a proxy alone. */
async function member(name: string, proxy: RecordingProxy | undefined, invitation?: string): Promise<Member> {
  if (proxy === undefined) throw new TypeError('there are two proxies')
  const folder = join(root, name)
  proxy.target = await freePort()
  const walytis = await createWalytis({
    storage: folder,
    listen: [`/ip4/127.0.0.1/tcp/${proxy.target}`],
    discovery: { mdns: false },
    libp2p: { addresses: { announce: [`/ip4/127.0.0.1/tcp/${proxy.port}`] } }
  })
  const keyStore = await openKeyStore({ storage: walytis.store, key: randomBytes(32) })
  const identity = await createIdentity(walytis, keyStore)
  const group =
    invitation === undefined
      ? await createGroup(walytis, keyStore, identity)
      : await joinGroup(walytis, keyStore, identity, invitation)
  return { name, folder, walytis, keyStore, identity, group, chain: await privately(group) }
}

/** Every byte string of at least 32 bytes in what a key store keeps, and the keys that this layer derives from epochs. */
async function secretsOf({ name, keyStore, group }: Member): Promise<Needle[]> {
  const secrets: Needle[] = []
  for await (const record of keyStore.names('')) {
    const value = (await keyStore.get(record)) ?? new Uint8Array()
    for (const secret of byteStrings(value)) secrets.push(needle(`${name}: ${record}`, secret))
  }
  const epoch = await group.epochs.current()
  secrets.push(needle(`${name}: key of details`, epoch.secret(domains.detailsSecret)))
  return secrets
}

function byteStrings(value: Uint8Array): Uint8Array[] {
  const collect = (part: unknown): Uint8Array[] => {
    if (part instanceof Uint8Array) return part.length >= 32 ? [part] : []
    return typeof part === 'object' && part !== null ? Object.values(part).flatMap(collect) : []
  }
  try {
    return collect(decode(value))
  } catch {
    return collect(value)
  }
}

it('R33 R39 a search of every byte of the folders and of the traffic finds no content, no topic and no private key', async () => {
  const alice = await member('alice', proxies[0])
  const bob = await member('bob', proxies[1], (await alice.group.invite()).toString())
  const words = Array.from({ length: COUNT }, () => `plaintext ${randomBytes(12).toString('hex')}`)
  const topics = Array.from({ length: COUNT }, () => `topic ${randomBytes(12).toString('hex')}`)
  for (const [index, word] of words.entries()) {
    const arrived = event(bob.chain, index % 4 === 0 ? 'content:available' : 'block:added')
    // Every fourth is large: it lies in a file, at the end of many chunks.
    const padding = index % 4 === 0 ? 300_000 : 0
    await alice.chain.add(Buffer.concat([randomBytes(padding), bytes(word)]), { topics: [topics[index] ?? ''] })
    await arrived
  }
  const secrets = [...(await secretsOf(alice)), ...(await secretsOf(bob))]
  expect(secrets.length).toBeGreaterThan(8)
  const texts = [...words, ...topics].map((text) => needle(text, bytes(text)))
  // What the search is known to find: a row, which tables compress, a name in clear, and what passes a proxy.
  const canary = needle('canary', bytes(CANARY))
  const id = needle('id', bytes(alice.chain.id))
  await bob.walytis.store.put('canary', CANARY)
  await stop(bob)
  await stop(alice)
  const [proxy] = proxies
  const socket = connect({ port: proxy?.port ?? 0, host: '127.0.0.1' })
  socket.on('error', () => undefined).write(CANARY)
  const holdsCanary = () =>
    proxies.flatMap((one) => one.recordings()).some((piece) => found(piece, [canary]).length > 0)
  await expect.poll(holdsCanary, { timeout: 30_000 }).toBe(true)
  socket.destroy()

  const needles = [...texts, ...secrets, canary, id]
  expect((await foundInFolder(bob.folder, needles)).sort()).toEqual(['canary', 'id'])
  expect(await foundInFolder(alice.folder, needles)).toEqual(['id'])
  const traffic = proxies.flatMap((one) => one.recordings())
  expect(traffic.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(5 * 300_000)
  expect([...new Set(traffic.flatMap((piece) => found(piece, [...texts, ...secrets, id])))]).toEqual([])
})
