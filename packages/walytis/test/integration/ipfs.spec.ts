import { randomBytes } from 'node:crypto'
import { withBitswap } from '@helia/bitswap'
import { withLibp2pLight } from '@helia/libp2p'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { byteStream } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { createHeliaLight, type Helia } from 'helia'
import { exporter } from 'ipfs-unixfs-exporter'
import type { CID } from 'multiformats/cid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contentIdOf } from '../../src/block/id.ts'
import type { Walytis } from '../../src/interface/index.ts'
import { bytes, TestNodes } from '../support/nodes.ts'
import { startRawPeer } from '../support/raw-peer.ts'

/** An IPFS node that knows nothing of walytis. */
async function plainHelia(): Promise<Helia & { libp2p: Libp2p }> {
  const light = withLibp2pLight(createHeliaLight(), {
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() }
  })
  const helia = withBitswap(light)
  await helia.start()
  return helia
}

async function joined(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(piece)
  return Buffer.concat(parts)
}

describe('IPFS', () => {
  const nodes = new TestNodes()
  let alice: Walytis
  let helia: Helia & { libp2p: Libp2p }

  beforeEach(async () => {
    alice = await nodes.start()
    helia = await plainHelia()
  })

  afterEach(async () => {
    await helia.stop()
    await nodes.stop()
  })

  const get = (cid: CID, signal: AbortSignal = AbortSignal.timeout(20_000)): Promise<Buffer> =>
    joined(helia.blockstore.get(cid, { signal }))

  it('reads blocks and contents of a public chain by CID over Bitswap, small and large', async () => {
    const news = await alice.create({ access: 'public' })
    const large = randomBytes(1_500_000)
    const first = await news.add(bytes('extra, extra'))
    const second = await news.add(large)
    await helia.libp2p.dial(alice.getMultiaddrs())
    const record = await news.record(first.id)
    expect((await get(first.id)).equals(record?.block.bytes ?? new Uint8Array())).toBe(true)
    expect((await get(contentIdOf(bytes('extra, extra')))).toString()).toBe('extra, extra')
    const root = (await news.record(second.id))?.block.content as CID
    const file = await exporter(root, helia.blockstore, { signal: AbortSignal.timeout(20_000) })
    if (file.type !== 'file') return expect.unreachable(`it is a ${file.type}`)
    expect(Number(file.size)).toBe(large.length)
    expect((await joined(file.content())).equals(large)).toBe(true)
    // read through, not stored twice
    expect(await alice.store.keys({ gte: '!helia-blocks!', lt: '!helia-blocks"' }).all()).toEqual([])
  })

  it('reads them from a member that has got them by sync, and that was restarted', async () => {
    const news = await alice.create({ access: 'public' })
    const large = randomBytes(600_000)
    const { id } = await news.add(large)
    const bob = await nodes.start()
    const bobs = await bob.replicate(news.id, { peers: [peerOf(alice)] })
    await (await bobs.get(id)).content({ signal: AbortSignal.timeout(20_000) })
    await bobs.close()
    const again = await bob.open(news.id)
    await alice.stop()
    await helia.libp2p.dial(bob.getMultiaddrs())
    const root = (await again.record(id))?.block.content as CID
    const file = await exporter(root, helia.blockstore, { signal: AbortSignal.timeout(20_000) })
    if (file.type !== 'file') return expect.unreachable(`it is a ${file.type}`)
    expect((await joined(file.content())).equals(large)).toBe(true)
  })

  it('finds nothing of a chain by invitation, in Bitswap or in the blockstore', async () => {
    const secret = await alice.create()
    const news = await alice.create({ access: 'public' })
    const small = await secret.add(bytes('for us alone'))
    const large = await secret.add(randomBytes(600_000))
    const open = await news.add(bytes('for all'))
    const root = (await secret.record(large.id))?.block.content as CID
    const hidden = [small.id, large.id, contentIdOf(bytes('for us alone')), root]
    await helia.libp2p.dial(alice.getMultiaddrs())
    const ending = new AbortController()
    const asking = hidden.map((cid) => get(cid, ending.signal).then(String, () => undefined))
    // asked after the others, and answered: so Alice has seen and not served them
    expect((await get(open.id)).length).toBeGreaterThan(0)
    expect((await get(contentIdOf(bytes('for all')))).toString()).toBe('for all')
    ending.abort()
    expect(await Promise.all(asking)).toEqual(hidden.map(() => undefined))
    for (const cid of hidden) expect(await alice.helia.blockstore.has(cid)).toBe(false)
  })

  it('is not asked for anything of a chain by invitation', async () => {
    const secret = await alice.create()
    const { id } = await secret.add(randomBytes(600_000))
    const root = (await secret.record(id))?.block.content as CID
    const bob = await nodes.start()
    const bobs = await bob.join(await secret.invite())
    await alice.stop()
    const said: Uint8Array[] = []
    const spy = await startRawPeer()
    try {
      const other = contentIdOf(bytes('something else'))
      const asked = new Promise<void>((resolve) => {
        void spy.handle('/ipfs/bitswap/1.2.0', async (stream) => {
          const incoming = byteStream(stream)
          for (let next = await incoming.read(); next !== null; next = await incoming.read()) {
            said.push(next.subarray())
            if (Buffer.concat(said).includes(other.multihash.digest)) resolve()
          }
        })
      })
      await spy.dial(bob.getMultiaddrs())
      const ending = new AbortController()
      const reading = (await bobs.get(id)).content({ signal: ending.signal })
      const refused = expect(reading).rejects.toThrow()
      // what Bob's application asks IPFS for is heard
      const elsewhere = joined(bob.helia.blockstore.get(other, { signal: ending.signal })).catch(() => undefined)
      await asked
      ending.abort()
      await Promise.all([refused, elsewhere])
      expect(Buffer.concat(said).includes(root.multihash.digest)).toBe(false)
    } finally {
      await spy.stop()
    }
  })
})

function peerOf(node: Walytis): { peer: string; addresses: string[] } {
  return { peer: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }
}
