import { afterEach, describe, expect, it } from 'vitest'
import { createStaticAccess } from '../../src/membership/access.ts'
import type { ManagedChain } from '../../src/replica.ts'
import { ANSWER_DEADLINE } from '../../src/sync/limits.ts'
import { SyncNetwork } from '../../src/sync/network.ts'
import { type Actor, createActor } from '../../src/testing/actors.ts'
import { MemoryNetwork } from '../../src/testing/memory-network.ts'
import { bytes, createChain, type LocalNode, openLocalNode, replicate } from '../support/local-chains.ts'

/** A node of the simulation: its real store and chain, and the real sync over the network in memory. */
interface Simulated {
  readonly actor: Actor
  readonly node: LocalNode
  readonly chain: ManagedChain
  readonly sync: SyncNetwork
}

const KEY = new Uint8Array(32).fill(7)
const SEEDS = Number(process.env['WALYTIS_SEEDS'] ?? 100)
const FIRST_SEED = Number(process.env['WALYTIS_SEED'] ?? 1)

describe('sync in a simulated network', () => {
  const running: Simulated[] = []

  afterEach(async () => {
    for (const { sync, node } of running.splice(0)) {
      await sync.stop()
      await node.stop()
    }
  })

  async function startNodes(network: MemoryNetwork, names: string[]): Promise<Simulated[]> {
    const nodes: Simulated[] = []
    for (const name of names) {
      const actor = createActor(name)
      const node = await openLocalNode()
      const first = nodes[0]
      const chain = first === undefined ? await createChain(node, actor) : await replicate(first.chain, node, actor)
      const sync = new SyncNetwork({
        host: network.host(actor.peerId),
        timers: network.timers,
        random: () => network.chance(),
        randomBytes: (length) => network.bytes(length),
        joined: () => {},
        records: () => {}
      })
      await sync.start()
      const access = createStaticAccess(KEY)
      sync.add({ id: chain.blockchain.id, replica: chain.replica, access })
      nodes.push({ actor, node, chain, sync })
    }
    running.push(...nodes)
    return nodes
  }

  const headsOf = async ({ chain }: Simulated): Promise<string> => (await chain.replica.heads()).join()

  async function areLevel(nodes: Simulated[]): Promise<boolean> {
    const heads = await Promise.all(nodes.map(headsOf))
    return heads.every((one) => one === heads[0])
  }

  /** Some of the nodes write some blocks, while messages go on being delivered. */
  async function writeSome(network: MemoryNetwork, nodes: Simulated[], count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const { chain, actor } = network.pick(nodes) as Simulated
      await chain.blockchain.add(bytes(`${actor.name} ${i} ${network.chance()}`))
      for (let j = Math.floor(network.chance() * 4); j > 0; j--) network.deliver()
    }
  }

  it(`F4 heals after partitions: equal heads on every node (${SEEDS} seeds)`, { timeout: 120_000 }, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const network = new MemoryNetwork(seed)
      const nodes = await startNodes(network, ['alice', 'bob', 'carol', 'dave'])
      const peers = nodes.map(({ actor }) => actor.peerId)
      const cut = 1 + Math.floor(network.chance() * 3)
      network.partition([peers.slice(0, cut), peers.slice(cut)])
      await writeSome(network, nodes, 8)
      network.partition([peers.slice(0, 1), peers.slice(1, 3), peers.slice(3)])
      await writeSome(network, nodes, 8)
      network.partition([peers])
      const healed = network.timers.now()
      const isLevel = await network.run(() => areLevel(nodes))
      expect(isLevel, `seed ${seed}: ${await Promise.all(nodes.map(headsOf))}`).toBe(true)
      // within the pauses of reopening streams: nobody was cut off, and no deadline had to help
      expect(network.timers.now() - healed, `seed ${seed}`).toBeLessThan(ANSWER_DEADLINE)
      const counts = await Promise.all(nodes.map(({ chain }) => chain.blockchain.count()))
      expect(counts, `seed ${seed}`).toEqual([16, 16, 16, 16])
      for (const { sync, node } of running.splice(0)) {
        await sync.stop()
        await node.stop()
      }
    }
  })

  it(`F5 survives connections that break in the middle of everything (${SEEDS / 2} seeds)`, {
    timeout: 120_000
  }, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS / 2; seed++) {
      const network = new MemoryNetwork(seed)
      const nodes = await startNodes(network, ['alice', 'bob', 'carol'])
      const peers = nodes.map(({ actor }) => actor.peerId)
      network.partition([peers])
      for (let round = 0; round < 6; round++) {
        await writeSome(network, nodes, 3)
        const [a, b] = [network.pick(peers), network.pick(peers)]
        if (a === undefined || b === undefined || a.equals(b)) continue
        network.disconnect(a, b)
        await writeSome(network, nodes, 1)
        if (network.chance() < 0.5) network.connect(a, b)
      }
      network.partition([peers])
      const healed = network.timers.now()
      const isLevel = await network.run(() => areLevel(nodes))
      expect(isLevel, `seed ${seed}: ${await Promise.all(nodes.map(headsOf))}`).toBe(true)
      // within the pauses of reopening streams: nobody was cut off, and no deadline had to help
      expect(network.timers.now() - healed, `seed ${seed}`).toBeLessThan(ANSWER_DEADLINE)
      for (const { sync, node } of running.splice(0)) {
        await sync.stop()
        await node.stop()
      }
    }
  })
})
