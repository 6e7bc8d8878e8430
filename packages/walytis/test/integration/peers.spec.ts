import type { Libp2p, PeerId } from '@libp2p/interface'
import { afterEach, describe, expect, it } from 'vitest'
import { AccessDeniedError } from '../../src/errors.ts'
import type { AccessControl, Walytis } from '../../src/interface/index.ts'
import { temporaryFolder } from '../support/local-chains.ts'
import { bytes, nextEvent, TestNodes, untilText } from '../support/nodes.ts'
import { startRawPeer } from '../support/raw-peer.ts'

/** Nobody else's nodes may be found by these tests, nor these by anybody else's. */
const discovery = () => ({ mdns: true, mdnsServiceTag: `_walytis-${crypto.randomUUID()}._udp.local` })

const portOf = (node: Walytis): string | undefined => node.getMultiaddrs()[0]?.toString().split('/')[4]

describe('the peers of a chain', () => {
  const nodes = new TestNodes()
  const raw: Libp2p[] = []

  afterEach(async () => {
    await Promise.all(raw.splice(0).map((peer) => peer.stop()))
    await nodes.stop()
  })

  it('are met again when the connection is lost', async () => {
    const [alice, bob] = [await nodes.start(), await nodes.start()]
    const notes = await alice.create()
    const same = await bob.join(await notes.invite())
    for (let i = 0; i < 2; i++) {
      const [left, joined] = [nextEvent(same, 'peer:left'), nextEvent(same, 'peer:joined')]
      for (const connection of alice.libp2p.getConnections(bob.peerId)) connection.abort(new AccessDeniedError())
      await left
      await joined
      await notes.add(bytes(`after loss ${i}`))
      await untilText(same, `after loss ${i}`)
    }
  })

  it('are found by a third when they come back on another port to who can not be reached', async () => {
    await using folder = await temporaryFolder()
    const alice = await nodes.start({ storage: folder.path })
    const [bob, carol] = [await nodes.start({ listen: [] }), await nodes.start()]
    const notes = await alice.create()
    const bobs = await bob.join(await notes.invite())
    const carols = await carol.join(await notes.invite())
    while (bobs.getPeers().length < 2 || carols.getPeers().length < 2) {
      await Promise.race([nextEvent(bobs, 'peer:joined'), nextEvent(carols, 'peer:joined')])
    }
    const { peerId } = alice
    const [before, left] = [portOf(alice), nextEvent(bobs, 'peer:left')]
    await alice.stop()
    await left

    const again = await nodes.start({ storage: folder.path })
    expect(portOf(again)).not.toBe(before)
    await again.open(notes.id)
    while (!bobs.getPeers().some((peer) => peer.equals(peerId))) await nextEvent(bobs, 'peer:joined')
  })

  it('are found by mDNS when they come back on another port, and nobody else is dialled that is', {
    timeout: 60_000
  }, async () => {
    await using folder = await temporaryFolder()
    const shared = { discovery: discovery() }
    const dialled = new Set<string>()
    const watch = { denyDialPeer: (peer: PeerId) => dialled.add(peer.toString()) === undefined }
    const bob = await nodes.start({ ...shared, listen: [], libp2p: { connectionGater: watch } })
    const alice = await nodes.start({ ...shared, storage: folder.path })
    const { peerId } = alice
    const notes = await alice.create()
    const bobs = await bob.join(await notes.invite())
    const [before, left] = [portOf(alice), nextEvent(bobs, 'peer:left')]
    await alice.stop()
    await left

    // strangers are announced as well, and connect
    const found = new Promise<void>((resolve) => {
      bob.libp2p.addEventListener('peer:discovery', ({ detail }) => {
        if (stranger !== undefined && detail.id.equals(stranger.peerId)) resolve()
      })
    })
    let stranger: Walytis | undefined
    stranger = await nodes.start(shared)
    await found
    // she dials nobody herself
    const denied = { denyDialMultiaddr: () => true }
    const joined = nextEvent(bobs, 'peer:joined', 40_000)
    const again = await nodes.start({ ...shared, storage: folder.path, libp2p: { connectionGater: denied } })
    expect(portOf(again)).not.toBe(before)
    await again.open(notes.id)
    await joined
    expect(bobs.getPeers()).toEqual([peerId])
    expect([...dialled]).toEqual([peerId.toString()])
  })

  it('are the only ones who are dialled, whoever connects, is lost, or is named', async () => {
    const dialled = new Set<string>()
    const watch = { denyDialPeer: (peer: PeerId) => dialled.add(peer.toString()) === undefined }
    const bob = await nodes.start({ libp2p: { connectionGater: watch } })
    const [alice, carol] = [await nodes.start(), await nodes.start()]
    const notes = await alice.create()
    const bobs = await bob.join(await notes.invite())
    const stranger = await startRawPeer()
    raw.push(stranger)
    const identified = new Promise((resolve) => bob.libp2p.addEventListener('peer:identify', resolve, { once: true }))
    await stranger.dial(bob.getMultiaddrs())
    await identified
    const gone = new Promise((resolve) => bob.libp2p.addEventListener('peer:disconnect', resolve, { once: true }))
    await stranger.hangUp(bob.peerId)
    await gone
    // carol is named by alice: a peer of the chain
    const joined = nextEvent(bobs, 'peer:joined')
    await carol.join(await notes.invite())
    await joined
    await bobs.sync()
    dialled.delete(carol.peerId.toString())
    expect([...dialled]).toEqual([alice.peerId.toString()])
  })

  it('are told apart by what kept this node from being level with them', { timeout: 60_000 }, async () => {
    const [alice, bob, carol] = [await nodes.start(), await nodes.start(), await nodes.start()]
    let isPermitted = true
    const accessControl: AccessControl = {
      keys: async () => [new Uint8Array(32).fill(1)],
      authorize: async () => {
        if (!isPermitted) throw new AccessDeniedError()
      },
      permits: () => isPermitted
    }
    const open = { ...accessControl, authorize: async () => {}, permits: () => true }
    const notes = await alice.create({ accessControl })
    const peers = [{ peer: alice.peerId.toString(), addresses: alice.getMultiaddrs().map(String) }]
    const bobs = await bob.replicate(notes.id, { peers, accessControl: open })
    const gone = { peer: carol.peerId.toString(), addresses: carol.getMultiaddrs().map(String) }
    await carol.stop()
    await bobs.addPeers([gone])
    expect(await bobs.sync()).toMatchObject({
      level: true,
      peers: [{ peer: alice.peerId, level: true }],
      missed: [{ reason: 'unreachable' }]
    })
    const left = nextEvent(bobs, 'peer:left')
    isPermitted = false
    await notes.add(bytes('not for bob'))
    await bobs.add(bytes('not from bob'))
    await left
    const [refusing, refused] = await Promise.all([notes.sync({ peer: bob.peerId }), bobs.sync({ peer: alice.peerId })])
    expect(refusing).toEqual({ level: false, peers: [], missed: [{ peer: bob.peerId, reason: 'refused' }] })
    // by design a peer is not told that it is refused
    expect(refused).toEqual({ level: false, peers: [], missed: [{ peer: alice.peerId, reason: 'absent' }] })
  })
})
