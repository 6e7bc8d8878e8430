/** OrbitDB: an event log that anybody may write to, on a Helia node of the same make as ours. */
import { join } from 'node:path'
import { withBitswap } from '@helia/bitswap'
import { withLibp2pLight } from '@helia/libp2p'
import * as dagCbor from '@ipld/dag-cbor'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createOrbitDB, IPFSAccessController, type OrbitDatabase } from '@orbitdb/core'
import { LevelBlockstore } from 'blockstore-level'
import { LevelDatastore } from 'datastore-level'
import { createHeliaLight } from 'helia'
import type { Log, Reopened } from '../src/logs/contract.ts'

type Open = (address: string) => Promise<OrbitDatabase>

export async function start(folder: string): Promise<Log> {
  return (await node(folder)).log
}

/** Opens the database on a node that runs. */
export async function reopen(folder: string, where: string): Promise<Reopened> {
  const { log, open } = await node(folder)
  const began = performance.now()
  await open(JSON.parse(where).database)
  return { log, opened: performance.now() - began }
}

async function node(folder: string): Promise<{ log: Log; open: Open }> {
  const blockstore = new LevelBlockstore(join(folder, 'blocks'))
  const datastore = new LevelDatastore(join(folder, 'data'))
  await Promise.all([blockstore.open(), datastore.open()])
  const helia = withBitswap(
    withLibp2pLight(createHeliaLight({ blockstore, datastore, codecs: [dagCbor] }), {
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }) }
    })
  )
  await helia.start()
  const orbitdb = await createOrbitDB({ ipfs: helia, directory: join(folder, 'orbitdb') })
  let database: OrbitDatabase | undefined
  const current = (): OrbitDatabase => {
    if (database === undefined) throw new RangeError('no database yet')
    return database
  }
  const open: Open = async (address) => {
    const AccessController = IPFSAccessController({ write: ['*'] })
    database = await orbitdb.open(address, { type: 'events', AccessController })
    return database
  }
  const log: Log = {
    create: async () => {
      const { address } = await open('bench')
      return JSON.stringify({ database: address, address: String(helia.libp2p.getMultiaddrs()[0]) })
    },
    append: (entry) => current().add(entry),
    connect: async (where) => {
      await helia.libp2p.dial(multiaddr(JSON.parse(where).address))
    },
    follow: async (where, count) => {
      const followed = await open(JSON.parse(where).database)
      // one update for each head that was joined with all its ancestors: a single writer has one
      await new Promise((resolve) => followed.events.once('update', resolve))
      let stored = 0
      for await (const _ of followed.log.traverse()) stored++
      if (stored < count) throw new RangeError(`${stored} of ${count} entries`)
    },
    onArrival: (listener) => current().events.on('update', listener),
    readAll: async () => {
      let count = 0
      for await (const _ of current().iterator()) count++
      return count
    },
    close: async () => {
      await orbitdb.stop()
      await helia.stop()
      await Promise.all([blockstore.close(), datastore.close()])
    }
  }
  return { log, open }
}
