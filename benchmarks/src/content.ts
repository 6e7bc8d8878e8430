/**
 * A large content: from when a node asks for it until it is verified, on its disk and read; beside as many bytes over a bare
 * libp2p stream between the same two processes.
 */
import { once } from 'node:events'
import { byteStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { createWalytis } from 'walytis'
import { rawProtocol } from './content-bytes.ts'
import { compare, interleave, type Line } from './harness.ts'
import { local } from './local.ts'
import { withFolders } from './logs/folders.ts'
import { elapsed, endPeer, type FromPeer, startPeer } from './process.ts'

const MiB = 1024 * 1024

/** Measures it: with 64 MiB, or 256 MiB when there is time. */
export function measureContent({ long }: { long: boolean }): Promise<Line[]> {
  const size = (long ? 256 : 64) * MiB
  return withFolders(async (folder) => {
    const peer = startPeer('content-peer.ts', [await folder('alice'), String(size)])
    try {
      // it has written the whole content by then, which takes its time on a busy machine
      const [ready] = (await once(peer, 'message', { signal: AbortSignal.timeout(300_000) })) as [FromPeer]
      if (ready.kind !== 'ready') throw new RangeError(`${ready.kind} before anything was asked for`)
      const [address = '', chain = ''] = ready.address.split(' ')
      const parts = {
        ours: async () => await fetchContent(await folder('bob'), address, chain, size),
        raw: async () => await readRaw(address, size)
      }
      const { ours, raw } = await interleave(parts, { rounds: 3 })
      const name = `large content, ${size / MiB} MiB`
      return [compare(name, 'ms', ours, raw, 'the same bytes over a bare libp2p stream', { atMost: 2.5 })]
    } finally {
      await endPeer(peer)
    }
  })
}

async function fetchContent(storage: string, address: string, chain: string, size: number): Promise<number> {
  const node = await createWalytis({ ...local, storage })
  try {
    const [addresses = '', peer = ''] = address.split('/p2p/')
    const copy = await node.replicate(chain, { peers: [{ peer, addresses: [addresses] }] })
    for await (const block of copy.blocks()) {
      return await elapsed(async () => count(block.stream(), size))
    }
    throw new RangeError('the chain has no content')
  } finally {
    await node.stop()
  }
}

async function readRaw(address: string, size: number): Promise<number> {
  const node = await createWalytis(local)
  try {
    const connection = await node.libp2p.dial(multiaddr(address))
    return await elapsed(async () => {
      const input = byteStream(await connection.newStream(rawProtocol))
      let received = 0
      for (let next = await input.read(); next !== null; next = await input.read()) received += next.byteLength
      check(received, size)
    })
  } finally {
    await node.stop()
  }
}

async function count(source: AsyncIterable<Uint8Array>, size: number): Promise<void> {
  let received = 0
  for await (const piece of source) received += piece.length
  check(received, size)
}

function check(received: number, size: number): void {
  if (received !== size) throw new RangeError(`${received} bytes came, of ${size}`)
}
