import type { PeerId } from '@libp2p/interface'
import { MemoryLevel } from 'memory-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blockIdOf } from '../../src/block/id.ts'
import { createStaticAccess } from '../../src/membership/access.ts'
import type { ManagedChain } from '../../src/replica.ts'
import type { ChainEntry } from '../../src/sync/chain-entry.ts'
import { headsDigest } from '../../src/sync/comparison.ts'
import type { Frames } from '../../src/sync/framing.ts'
import { ANSWER_DEADLINE, MAX_SESSIONS } from '../../src/sync/limits.ts'
import { decodeMessage, encodeMessage, type SyncMessage } from '../../src/sync/messages.ts'
import { SyncNetwork } from '../../src/sync/network.ts'
import { Rendezvous } from '../../src/sync/rendezvous.ts'
import { type Actor, alice, bob, createActor } from '../../src/testing/actors.ts'
import { MemoryNetwork } from '../../src/testing/memory-network.ts'
import { FaultyStore } from '../support/faulty-store.ts'
import { bytes, createChain, type LocalNode, openLocalNode, replicate } from '../support/local-chains.ts'

const KEY = new Uint8Array(32).fill(7)
const access = createStaticAccess(KEY)
const mallory = createActor('mallory')

describe('sync with a peer who plays false, beside an honest one', () => {
  const nodes: LocalNode[] = []
  const syncs: SyncNetwork[] = []
  let network: MemoryNetwork
  let alices: ManagedChain
  let bobs: ManagedChain
  let entry: ChainEntry
  let sync: SyncNetwork

  beforeEach(async () => {
    network = new MemoryNetwork(1)
    alices = await createChain(await node())
    bobs = await replicate(alices, await node(), bob)
    sync = await startSync(alice)
    entry = sync.add({ id: alices.blockchain.id, replica: alices.replica, access })
    const other = await startSync(bob)
    other.add({ id: bobs.blockchain.id, replica: bobs.replica, access })
  })

  afterEach(async () => {
    for (const one of syncs.splice(0)) await one.stop()
    for (const one of nodes.splice(0)) await one.stop()
  })

  async function node(store?: FaultyStore): Promise<LocalNode> {
    const opened = await openLocalNode(undefined, store)
    nodes.push(opened)
    return opened
  }

  async function startSync(actor: Actor): Promise<SyncNetwork> {
    const started = new SyncNetwork({
      host: network.host(actor.peerId),
      timers: network.timers,
      random: () => network.chance(),
      randomBytes: (length) => network.bytes(length),
      joined: () => {},
      records: () => {}
    })
    await started.start()
    syncs.push(started)
    return started
  }

  /** Somebody connects to alice, who finds that they take no streams. */
  async function connect(peerId: PeerId): Promise<void> {
    network.host(peerId)
    network.connect(peerId, alice.peerId)
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Honest traffic still gets through, in both directions. */
  async function stillWorks(): Promise<void> {
    network.connect(alice.peerId, bob.peerId)
    const before = await alices.blockchain.count()
    await alices.blockchain.add(bytes('from alice'))
    await bobs.blockchain.add(bytes('from bob'))
    const isLevel = async (): Promise<boolean> =>
      (await alices.blockchain.count()) >= before + 2 && (await bobs.blockchain.count()) >= before + 2
    expect(await network.run(isLevel)).toBe(true)
  }

  /** Mallory, who holds the key, opens a stream by hand and shows that she does. */
  async function open(): Promise<{ frames: Frames; said: SyncMessage[]; ended: Promise<void> }> {
    await connect(mallory.peerId)
    const frames = network.open(mallory.peerId, alice.peerId)
    const nonce = new Uint8Array(32).fill(9)
    const rendezvous = new Rendezvous('initiator', mallory.peerId.toString(), alice.peerId.toString(), nonce)
    const said: SyncMessage[] = []
    const listen = async (): Promise<void> => {
      try {
        for (;;) {
          const message = decodeMessage(await frames.read())
          if (message !== undefined) said.push(message)
          if (message?.type === 'hello') {
            rendezvous.open(message.nonce)
            await frames.write([
              encodeMessage({ type: 'tags', tags: rendezvous.announce(alices.blockchain.id, [KEY]) })
            ])
          }
        }
      } catch {
        // the stream has ended
      }
    }
    await frames.write([encodeMessage({ type: 'hello', nonce })])
    const ended = listen()
    expect(await network.run(async () => said.some(({ type }) => type === 'heads'), 500)).toBe(true)
    return { frames, said, ended }
  }

  const chainId = () => alices.replica.chain

  it('F15 a thousand strangers who greet and fall silent hold no more streams than there are, and keep nobody out', async () => {
    for (let i = 0; i < 1_000; i++) {
      const { peerId } = createActor(`sybil ${i}`)
      await connect(peerId)
      await network.open(peerId, alice.peerId).write([encodeMessage({ type: 'hello', nonce: network.bytes(32) })])
    }
    expect(network.streamsOf(alice.peerId)).toBeLessThanOrEqual(MAX_SESSIONS)
    await stillWorks()
    expect(entry.peers.map(String)).toEqual([bob.peerId.toString()])
  })

  it('F16 one that does not even greet is given up in time', async () => {
    await connect(mallory.peerId)
    network.open(mallory.peerId, alice.peerId)
    expect(network.streamsOf(alice.peerId)).toBe(1)
    await network.run(async () => network.streamsOf(alice.peerId) === 0, 100)
    expect(network.streamsOf(alice.peerId)).toBe(0)
    await stillWorks()
  })

  it('F16 one that owes an answer and gives none is given up in time', async () => {
    const { frames, ended } = await open()
    const digest = headsDigest([])
    await frames.write([
      encodeMessage({ type: 'heads', chain: chainId(), round: 1, heads: [], digest, count: 0, partial: false })
    ])
    await stillWorks()
    const silentSince = network.timers.now()
    expect(await network.run(async () => !entry.peers.some((peer) => peer.equals(mallory.peerId)), 500)).toBe(true)
    await ended
    expect(network.timers.now() - silentSince).toBeLessThanOrEqual(2 * ANSWER_DEADLINE)
  })

  it('R34 one that names heads nobody has, again and again, is answered no faster than it listens', async () => {
    const { frames, said } = await open()
    const heads = Array.from({ length: 256 }, (_, i) => blockIdOf(Uint8Array.of(i)))
    for (let round = 1; round <= 200; round++) {
      await frames.write([
        encodeMessage({
          type: 'heads',
          chain: chainId(),
          round,
          heads,
          digest: headsDigest(heads),
          count: 1e9,
          partial: false
        })
      ])
    }
    await stillWorks()
    // a round begun is a round answered: no amplification
    expect(said.length).toBeLessThan(3 * 200)
    expect(network.mostUnread).toBeLessThan(8 * 1024 * 1024)
  })

  it('F21 a store that never answers holds up its own chain only: others are announced, compared and written to', async () => {
    const store = new FaultyStore(new MemoryLevel())
    const stuck = await createChain(await node(store))
    const copy = await replicate(stuck, await node(), bob)
    const other = createStaticAccess(new Uint8Array(32).fill(8))
    const stuckEntry = sync.add({ id: stuck.blockchain.id, replica: stuck.replica, access: other })
    syncs[1]?.add({ id: copy.blockchain.id, replica: copy.replica, access: other })
    store.judge = () => 'hang'
    network.connect(alice.peerId, bob.peerId)
    await copy.blockchain.add(bytes('for the chain that is stuck'))
    await stillWorks()
    // who asks for it is told that it takes too long
    const asking = sync.sync(stuckEntry, [bob.peerId], async () => {})
    let answer: Awaited<typeof asking> | undefined
    void asking.then((result) => {
      answer = result
    })
    expect(await network.run(async () => answer !== undefined, 2_000)).toBe(true)
    expect(answer?.level).toBe(false)
    // a disk that hangs for ever can't be closed either
    nodes.splice(
      nodes.findIndex((one) => one.store === store),
      1
    )
  })

  it('F21 keys that never come hold up their own chain only', async () => {
    const never = { ...access, keys: () => new Promise<Uint8Array[]>(() => {}) }
    const locked = await createChain(await node())
    sync.remove(alices.blockchain.id)
    sync.add({ id: locked.blockchain.id, replica: locked.replica, access: never })
    entry = sync.add({ id: alices.blockchain.id, replica: alices.replica, access })
    await stillWorks()
  })
})
