import { describe, expect, it } from 'vitest'
import { createStaticAccess } from '../../src/membership/access.ts'
import type { ChainEntry } from '../../src/sync/chain-entry.ts'
import { SyncNetwork } from '../../src/sync/network.ts'
import { type Actor, alice, bob } from '../../src/testing/actors.ts'
import { MemoryNetwork } from '../../src/testing/memory-network.ts'
import { createChain, openLocalNode, replicate } from '../support/local-chains.ts'

const CHAINS = 50
const TEN_MINUTES = 600_000

describe('R35 two nodes with fifty chains in common', () => {
  it('say nothing for ten minutes in which nothing happens, and wake up seldom', async () => {
    const network = new MemoryNetwork(1)
    let messages = 0
    network.tap = () => messages++
    const [atAlice, atBob] = [await openLocalNode(), await openLocalNode()]
    const start = async (actor: Actor): Promise<SyncNetwork> => {
      const sync = new SyncNetwork({
        host: network.host(actor.peerId),
        timers: network.timers,
        random: () => network.chance(),
        randomBytes: (length) => network.bytes(length),
        joined: () => {},
        records: () => {}
      })
      await sync.start()
      return sync
    }
    const [alices, bobs] = [await start(alice), await start(bob)]
    const entries: ChainEntry[] = []
    for (let i = 0; i < CHAINS; i++) {
      const chain = await createChain(atAlice)
      const same = await replicate(chain, atBob, bob)
      const access = createStaticAccess(new Uint8Array(32).fill(i))
      entries.push(alices.add({ id: chain.blockchain.id, replica: chain.replica, access }))
      bobs.add({ id: same.blockchain.id, replica: same.replica, access })
    }
    network.connect(alice.peerId, bob.peerId)
    expect(await network.run(async () => entries.every(({ peers }) => peers.length === 1))).toBe(true)

    const began = network.timers.now()
    messages = 0
    let awakenings = 0
    while (network.timers.now() - began < TEN_MINUTES) {
      if (!network.deliver()) {
        network.skip(TEN_MINUTES)
        awakenings++
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(messages).toBe(0)
    // a look at deadlines every five seconds, for all chains at once
    expect(awakenings).toBeLessThan(2 * (TEN_MINUTES / 5_000) + 20)
    for (const sync of [alices, bobs]) await sync.stop()
    for (const node of [atAlice, atBob]) await node.stop()
  })
})
