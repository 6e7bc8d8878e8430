import { afterEach, describe, expect, it } from 'vitest'
import { ClosedError } from '../../src/errors.ts'
import { createStaticAccess } from '../../src/membership/access.ts'
import type { Frames } from '../../src/sync/framing.ts'
import { MAX_SESSIONS } from '../../src/sync/limits.ts'
import { encodeMessage } from '../../src/sync/messages.ts'
import { SyncNetwork } from '../../src/sync/network.ts'
import { type Actor, alice, bob, createActor } from '../../src/testing/actors.ts'
import { MemoryNetwork } from '../../src/testing/memory-network.ts'
import { bytes, createChain, type LocalNode, openLocalNode, replicate } from '../support/local-chains.ts'

const access = createStaticAccess(new Uint8Array(32).fill(7))

describe('the streams of a node', () => {
  const nodes: LocalNode[] = []
  const syncs: SyncNetwork[] = []

  afterEach(async () => {
    for (const sync of syncs.splice(0)) await sync.stop()
    for (const node of nodes.splice(0)) await node.stop()
  })

  async function startSync(
    network: MemoryNetwork,
    actor: Actor,
    open?: (attempt: number, openReally: () => Promise<Frames>) => Promise<Frames>
  ): Promise<SyncNetwork> {
    const host = network.host(actor.peerId)
    let attempts = 0
    const openNow = host.open.bind(host)
    if (open !== undefined) host.open = (...to) => open(++attempts, () => openNow(...to))
    const sync = new SyncNetwork({
      host,
      timers: network.timers,
      random: () => network.chance(),
      randomBytes: (length) => network.bytes(length),
      joined: () => {},
      records: () => {}
    })
    await sync.start()
    syncs.push(sync)
    return sync
  }

  it('serve all chains but the one whose keys can not be had', async () => {
    const network = new MemoryNetwork(1)
    const [atAlice, atBob] = [await openLocalNode(), await openLocalNode()]
    nodes.push(atAlice, atBob)
    const [sync, bobs] = [await startSync(network, alice), await startSync(network, bob)]
    const locked = await createChain(atAlice)
    const refusing = {
      ...access,
      keys: async () => {
        throw new RangeError('locked')
      }
    }
    sync.add({ id: locked.blockchain.id, replica: locked.replica, access: refusing })
    const chain = await createChain(atAlice)
    const same = await replicate(chain, atBob, bob)
    const entry = sync.add({ id: chain.blockchain.id, replica: chain.replica, access })
    bobs.add({ id: same.blockchain.id, replica: same.replica, access })
    network.connect(alice.peerId, bob.peerId)
    expect(await network.run(async () => entry.peers.length > 0, 200)).toBe(true)
  })

  it('F16 that could not be opened are tried again while the connection lasts', async () => {
    const network = new MemoryNetwork(1)
    const [atAlice, atBob] = [await openLocalNode(), await openLocalNode()]
    nodes.push(atAlice, atBob)
    const attempts: number[] = []
    const unlucky = async (attempt: number, openReally: () => Promise<Frames>): Promise<Frames> => {
      attempts.push(attempt)
      if (attempts.length <= 4) throw new ClosedError('stream')
      return await openReally()
    }
    const [sync, bobs] = [await startSync(network, alice, unlucky), await startSync(network, bob, unlucky)]
    const chain = await createChain(atAlice)
    const same = await replicate(chain, atBob, bob)
    const entry = sync.add({ id: chain.blockchain.id, replica: chain.replica, access })
    bobs.add({ id: same.blockchain.id, replica: same.replica, access })
    network.connect(alice.peerId, bob.peerId)
    expect(await network.run(async () => entry.peers.length > 0, 500)).toBe(true)
    expect(attempts.length).toBe(5)
  })

  it('F15 are not taken up by strangers: who shares a chain still gets through', { timeout: 30_000 }, async () => {
    const network = new MemoryNetwork(1)
    const [atAlice, atBob] = [await openLocalNode(), await openLocalNode()]
    nodes.push(atAlice, atBob)
    const chain = await createChain(atAlice)
    const [sync, bobs] = [await startSync(network, alice), await startSync(network, bob)]
    const same = await replicate(chain, atBob, bob)
    const entry = sync.add({ id: chain.blockchain.id, replica: chain.replica, access })
    for (let i = 0; i < MAX_SESSIONS; i++) {
      const { peerId } = createActor(`stranger ${i}`)
      network.host(peerId)
      network.connect(peerId, alice.peerId)
      // alice finds that a stranger takes no streams
      await new Promise((resolve) => setImmediate(resolve))
      await network.open(peerId, alice.peerId).write([encodeMessage({ type: 'hello', nonce: network.bytes(32) })])
    }
    bobs.add({ id: same.blockchain.id, replica: same.replica, access })
    network.connect(alice.peerId, bob.peerId)
    expect(await network.run(async () => entry.peers.length > 0)).toBe(true)
    await same.blockchain.add(bytes('in spite of them'))
    expect(await network.run(async () => (await chain.blockchain.count()) === 1)).toBe(true)
    // partners are never given up for strangers
    expect(entry.peers.map(String)).toEqual([bob.peerId.toString()])
  })
})
