import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it } from 'vitest'
import type { Walytis } from '../../src/interface/index.ts'
import { createInvitation, decodeInvitation } from '../../src/membership/invitation.ts'
import { defaultTransports as browserTransports } from '../../src/transports.browser.ts'
import { all } from '../support/local-chains.ts'
import { bytes, nextEvent, TestNodes, textsOf, untilText } from '../support/nodes.ts'

const isRelayed = (address: Multiaddr): boolean => address.toString().includes('/p2p-circuit')
const WAIT = { timeout: 20_000, interval: 20 }

describe('nodes that do not meet over TCP', () => {
  const nodes = new TestNodes()
  afterEach(() => nodes.stop())

  /** Resolves once the node can be reached through a relay. */
  const untilRelayed = ({ libp2p }: Walytis): Promise<Multiaddr[]> =>
    new Promise((resolve) => {
      const check = () => {
        const relayed = libp2p.getMultiaddrs().filter(isRelayed)
        if (relayed.length > 0) resolve(relayed)
      }
      libp2p.addEventListener('self:peer:update', check)
      check()
    })

  const connections = (node: Walytis, peer: PeerId) => node.libp2p.getConnections(peer)

  it('sync over WebSockets, with the transports of a browser', async () => {
    const alice = await nodes.start({ listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    const bob = await nodes.start({ listen: [], libp2p: { transports: browserTransports() } })
    const notes = await alice.create()
    await notes.add(bytes('over a web socket'))
    const same = await bob.join(await notes.invite())
    expect(await textsOf(same)).toEqual(['over a web socket'])
    await same.add(bytes('and back'))
    await untilText(notes, 'and back')
    expect(connections(bob, alice.peerId).map(({ remoteAddr }) => remoteAddr.toString())).toEqual([
      expect.stringContaining('/ws')
    ])
  })

  it('sync through a relay when neither can be reached, and hold no more than the relay lets them', async () => {
    const relay = await nodes.start({ relay: true })
    const bootstrap = relay.getMultiaddrs().map(String)
    const [alice, bob] = [await nodes.start({ listen: [], bootstrap }), await nodes.start({ listen: [], bootstrap })]
    await untilRelayed(alice)
    const notes = await alice.create()
    await notes.add(bytes('through a third'))
    const same = await bob.join(await notes.invite())
    expect(await textsOf(same)).toEqual(['through a third'])
    await same.add(bytes('and back'))
    await untilText(notes, 'and back')
    for (const { limits, remoteAddr } of connections(bob, alice.peerId)) {
      expect(isRelayed(remoteAddr)).toBe(true)
      expect(limits?.bytes).toBeGreaterThan(0)
    }
    // the relay carries bytes, and nothing of the chain is its own
    expect(await all(relay.list())).toEqual([])
  })

  it('are reached through a member that serves as a relay, and through no stranger', async () => {
    const [alice, stranger] = [await nodes.start(), await nodes.start({ relay: true })]
    const identified = new Promise<void>((resolve) => {
      alice.libp2p.addEventListener('peer:identify', ({ detail: { peerId } }) => {
        if (peerId.equals(stranger.peerId)) resolve()
      })
    })
    await alice.dial(stranger.getMultiaddrs())
    await identified
    const member = await nodes.start({ relay: true })
    await member.join(await (await alice.create()).invite())
    const relayed = await untilRelayed(alice)
    expect(connections(alice, stranger.peerId)).toHaveLength(1)
    for (const address of relayed) expect(address.toString()).toContain(`/p2p/${member.peerId}/p2p-circuit`)
  })

  it('hear of each other from a third, all through one relay on their own machine', async () => {
    const relay = await nodes.start({ relay: true })
    const bootstrap = relay.getMultiaddrs().map(String)
    const start = async (): Promise<Walytis> => {
      const node = await nodes.start({ listen: [], bootstrap })
      await untilRelayed(node)
      return node
    }
    const [alice, bob, carol] = [await start(), await start(), await start()]
    const notes = await alice.create()
    const bobs = await bob.join(await notes.invite())
    await carol.join(await notes.invite())
    while (!bobs.getPeers().some((peer) => peer.equals(carol.peerId))) await nextEvent(bobs, 'peer:joined')
  })

  it('go on where they were when the relay cuts them off again and again', { timeout: 60_000 }, async () => {
    const relay = await nodes.start({ relay: { bytes: 64 * 1024 } })
    const bootstrap = relay.getMultiaddrs().map(String)
    const [alice, bob] = [await nodes.start({ listen: [], bootstrap }), await nodes.start({ listen: [], bootstrap })]
    await untilRelayed(alice)
    const notes = await alice.create()
    await Promise.all(Array.from({ length: 60 }, (_, i) => notes.add(new Uint8Array(2048).fill(i))))
    let cuts = 0
    bob.libp2p.addEventListener('peer:disconnect', ({ detail }) => {
      if (detail.equals(alice.peerId)) cuts++
    })
    const same = await bob.join(await notes.invite())
    expect(await same.count()).toBe(60)
    expect(cuts).toBeGreaterThan(1)
  })

  it('leave the relay for a direct connection where there is one', async () => {
    const relay = await nodes.start({ relay: true })
    const alice = await nodes.start({ bootstrap: relay.getMultiaddrs().map(String) })
    const bob = await nodes.start({ listen: [] })
    const relayed = await untilRelayed(alice)
    const notes = await alice.create()
    const details = decodeInvitation((await notes.invite()).toString())
    const addresses = relayed.map((address) => address.decapsulate(`/p2p/${alice.peerId}`))
    const same = await bob.join(createInvitation({ ...details, addresses }))
    await expect.poll(() => connections(bob, alice.peerId).map(({ direct }) => direct), WAIT).toEqual([true])
    await notes.add(bytes('without the relay'))
    await relay.stop()
    await untilText(same, 'without the relay')
  })
})
