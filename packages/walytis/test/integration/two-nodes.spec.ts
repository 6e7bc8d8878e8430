import type { PeerId } from '@libp2p/interface'
import { memory } from '@libp2p/memory'
import { afterEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/local-chains.ts'
import { bytes, nextEvent, TestNodes, textsOf, untilText } from '../support/nodes.ts'

describe('nodes over TCP', () => {
  const nodes = new TestNodes()
  afterEach(() => nodes.stop())

  it('join by an invitation, with progress, and hold the same blocks', async () => {
    const [alice, bob] = [await nodes.start(), await nodes.start()]
    const notes = await alice.create({ name: 'notes' })
    for (const text of ['one', 'two', 'three']) await notes.add(bytes(text))
    const progress: number[] = []
    const same = await bob.join(`  ${await notes.invite()}\n`, {
      onProgress: ({ detail }) => void progress.push(detail.received)
    })
    expect(same.id).toBe(notes.id)
    expect(same.settings.name).toBe('notes')
    expect(await textsOf(same)).toEqual(['one', 'two', 'three'])
    expect(progress.at(-1)).toBe(4)
    expect(await same.heads()).toEqual(await notes.heads())
  })

  it('get new blocks live, both ways, and tell of it by events', async () => {
    const [alice, bob] = [await nodes.start(), await nodes.start()]
    const notes = await alice.create()
    const same = await bob.join(await notes.invite())
    const added = new Promise((resolve) =>
      same.addEventListener('block:added', ({ detail }) => resolve(detail.peer?.toString()), { once: true })
    )
    await notes.add(bytes('from alice'))
    expect(await added).toBe(alice.peerId.toString())
    await same.add(bytes('from bob'))
    await untilText(notes, 'from bob')
    expect(await same.sync()).toEqual({ level: true, peers: [{ peer: alice.peerId, level: true }], missed: [] })
    expect(notes.getPeers()).toEqual([bob.peerId])
  })

  it('forward what they accepted: a third gets blocks through the second', async () => {
    const [alice, bob] = [await nodes.start(), await nodes.start()]
    const connectionGater = { denyDialPeer: (peer: PeerId) => peer.equals(alice.peerId) }
    const carol = await nodes.start({ listen: [], libp2p: { connectionGater } })
    const notes = await alice.create()
    const bobs = await bob.join(await notes.invite())
    const carols = await carol.join(await bobs.invite())
    await notes.add(bytes('for everybody'))
    await untilText(carols, 'for everybody')
    await carols.add(bytes('from the edge'))
    await untilText(notes, 'from the edge')
    expect(carols.getPeers()).toEqual([bob.peerId])
  })

  it('learn of each other through a common partner', async () => {
    const [alice, bob, carol] = [await nodes.start(), await nodes.start(), await nodes.start()]
    const notes = await alice.create()
    const bobs = await bob.join(await notes.invite())
    const carols = await carol.join(await notes.invite())
    for (const chain of [bobs, carols]) while (chain.getPeers().length < 2) await nextEvent(chain, 'peer:joined')
    expect(bobs.getPeers().map(String).sort()).toEqual([alice.peerId, carol.peerId].map(String).sort())
    const left = nextEvent(bobs, 'peer:left')
    await alice.stop()
    await left
    await carols.add(bytes('without alice'))
    await untilText(bobs, 'without alice')
  })

  it('find each other again after a restart on another port, and catch up on what both wrote apart', async () => {
    await using folder = await temporaryFolder()
    const alice = await nodes.start()
    const bob = await nodes.start({ storage: folder.path })
    const notes = await alice.create()
    const { id } = await bob.join(await notes.invite())
    const [before, peerId] = [bob.getMultiaddrs().join(), bob.peerId]
    const left = nextEvent(notes, 'peer:left')
    await bob.stop()
    await left
    await notes.add(bytes('while bob was away'))

    const again = await nodes.start({ storage: folder.path })
    expect(again.peerId.equals(peerId)).toBe(true)
    expect(again.getMultiaddrs().join()).not.toBe(before)
    const same = await again.open(id)
    await same.add(bytes('back'))
    await untilText(same, 'while bob was away')
    await untilText(notes, 'back')
    expect((await same.sync()).level).toBe(true)
    expect(await same.heads()).toEqual(await notes.heads())
  })

  it('reconcile long histories that grew apart', async () => {
    await using folder = await temporaryFolder()
    const alice = await nodes.start()
    const bob = await nodes.start({ storage: folder.path })
    const notes = await alice.create()
    const { id } = await bob.join(await notes.invite())
    await bob.stop()
    await Promise.all(Array.from({ length: 300 }, (_, i) => notes.add(bytes(`alice ${i}`))))

    const lonely = await nodes.start({
      storage: folder.path,
      libp2p: { connectionGater: { denyDialMultiaddr: () => true } }
    })
    const apart = await lonely.open(id)
    await Promise.all(Array.from({ length: 300 }, (_, i) => apart.add(bytes(`bob ${i}`))))
    await lonely.stop()

    const again = await nodes.start({ storage: folder.path })
    const same = await again.open(id)
    const result = await same.sync()
    expect(result.level).toBe(true)
    expect(await same.count()).toBe(600)
    expect(await notes.count()).toBe(600)
    expect(await same.heads()).toEqual(await notes.heads())
  })

  it('share many chains over one stream, also chains that are opened later', async () => {
    await using folder = await temporaryFolder()
    const [alice, bob] = [await nodes.start({ storage: folder.path }), await nodes.start()]
    const chains = await Promise.all(Array.from({ length: 20 }, (_, i) => alice.create({ name: `chain ${i}` })))
    const theirs = []
    for (const chain of chains) theirs.push(await bob.join(await chain.invite()))
    const streams = alice.libp2p.getConnections().flatMap(({ streams }) => streams)
    expect(streams.filter(({ protocol }) => protocol === '/walytis/sync/1.0.0')).toHaveLength(1)
    const first = chains[0]
    if (first === undefined) return expect.unreachable()
    await first.close()
    const left = theirs[0]
    await left?.add(bytes('while it was closed'))
    const reopened = await alice.open(first.id)
    await untilText(reopened, 'while it was closed')
  })

  it('serve a public chain to whoever knows its id', async () => {
    const [alice, bob] = [await nodes.start(), await nodes.start()]
    const board = await alice.create({ access: 'public' })
    await board.add(bytes('for all'))
    const peers = [{ peer: alice.peerId.toString(), addresses: alice.getMultiaddrs().map(String) }]
    const same = await bob.replicate(board.id, { peers })
    expect(await textsOf(same)).toEqual(['for all'])
    await same.add(bytes('thanks'))
    await untilText(board, 'thanks')
  })

  it('take other transports from experts', async () => {
    const libp2p = { transports: [memory()] }
    const [alice, bob] = [
      await nodes.start({ listen: ['/memory/alice'], libp2p }),
      await nodes.start({ listen: ['/memory/bob'], libp2p })
    ]
    const notes = await alice.create()
    await notes.add(bytes('in memory'))
    expect(await textsOf(await bob.join(await notes.invite()))).toEqual(['in memory'])
  })
})
