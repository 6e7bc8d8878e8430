/**
 * A large content of a private chain: from when a member asks for it until all of it is verified, opened and on its disk; beside as many bytes
 * over a bare libp2p stream between the same two processes, over the same connection. Sealing, which was done before, is told apart.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { byteStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { createWalytis, type Walytis } from 'walytis'
import { createIdentity, joinGroup, openKeyStore } from 'walytis-identities'
import { type PrivateBlock, privately } from 'walytis-offchain'
import { rawProtocol } from './content-bytes.ts'
import { compare, interleave, type Line } from './harness.ts'
import { local } from './local.ts'
import { withFolders } from './logs/folders.ts'
import { elapsed, endPeer, type FromPeer, startPeer } from './process.ts'

const MiB = 1024 * 1024
const rounds = 5
const warmups = 1

/** Measures it: with 64 MiB, or 256 MiB when there is time. */
export function measureSealedContent({ long }: { long: boolean }): Promise<Line[]> {
  const size = (long ? 256 : 64) * MiB
  return withFolders(async (folder) => {
    const given = [await folder('alice'), String(size), String(rounds + warmups)]
    const peer = startPeer('sealed-content-peer.ts', given)
    const node = await createWalytis({ ...local, storage: await folder('bob') })
    try {
      // it has sealed all contents by then, which takes its time on a busy machine
      const [ready] = (await once(peer, 'message', { signal: AbortSignal.timeout(300_000) })) as [FromPeer]
      if (ready.kind !== 'ready') throw new RangeError(`${ready.kind} before anything was asked for`)
      const [address = '', invitation = '', sealing = ''] = ready.address.split(' ')
      const fetching = await reader(node, invitation, size)
      const parts = { ours: fetching, raw: async () => await readRaw(node, address, size) }
      const { ours, raw } = await interleave(parts, { rounds, warmups })
      const yardstick = 'the same bytes over a bare libp2p stream'
      const sealed = sealing.split(',').map(Number).slice(warmups)
      const name = `sealed content, ${size / MiB} MiB`
      return [
        compare(`large content, end to end sealed (${name})`, 'ms', ours, raw, yardstick, { atMost: 2.5 }),
        compare('sealing it before', 'ms', sealed, raw, yardstick, { atMost: 2.5 })
      ]
    } finally {
      await node.stop()
      await endPeer(peer)
    }
  })
}

/** Each round fetches another content: from asking until it is on the disk. */
async function reader(node: Walytis, invitation: string, size: number): Promise<() => Promise<number>> {
  const keyStore = await openKeyStore({ storage: node.store, key: randomBytes(32) })
  const group = await joinGroup(node, keyStore, await createIdentity(node, keyStore), invitation)
  const chain = await privately(group, { fetch: 'on-demand' })
  const blocks: PrivateBlock[] = []
  while (blocks.length < rounds + warmups) {
    await chain.sync()
    blocks.length = 0
    for await (const block of chain.blocks()) if (block.size === size) blocks.push(block)
  }
  return async () => {
    const block = blocks.pop()
    if (block === undefined) throw new RangeError('there are fewer contents than rounds')
    if (block.available) throw new RangeError('it was fetched before it was asked for')
    return await elapsed(() => chain.whenAvailable(block))
  }
}

async function readRaw(node: Walytis, address: string, size: number): Promise<number> {
  const connection = await node.libp2p.dial(multiaddr(address))
  return await elapsed(async () => {
    const input = byteStream(await connection.newStream(rawProtocol))
    let received = 0
    for (let next = await input.read(); next !== null; next = await input.read()) received += next.byteLength
    if (received !== size) throw new RangeError(`${received} bytes came, of ${size}`)
  })
}
