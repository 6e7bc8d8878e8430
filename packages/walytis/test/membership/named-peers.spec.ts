import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PeerId, PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../src/interface/index.ts'
import { NamedPeers } from '../../src/membership/named-peers.ts'
import { AddressBook } from '../../src/membership/peers.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { alice, bob, carol, createActor } from '../../src/testing/actors.ts'
import { startRawPeer } from '../support/raw-peer.ts'

const CHAIN = 'chain'
const ADDRESS = '/ip4/1.2.3.4/tcp/9'

interface Signed {
  readonly peer: PeerId
  readonly key: PrivateKey
  readonly record: Uint8Array
}

async function signedRecord(
  addresses: readonly string[] = [ADDRESS],
  { of, seqNumber }: { of?: Pick<Signed, 'peer' | 'key'>; seqNumber?: bigint } = {}
): Promise<Signed> {
  const key = of?.key ?? (await generateKeyPair('Ed25519'))
  const peer = of?.peer ?? peerIdFromPrivateKey(key)
  const init = { peerId: peer, multiaddrs: addresses.map((address) => multiaddr(address)) }
  const record = new PeerRecord(seqNumber === undefined ? init : { ...init, seqNumber })
  return { peer, key, record: (await RecordEnvelope.seal(record, key)).marshal() }
}

describe('peers that partners name', () => {
  let store: Store
  let libp2p: Libp2p
  let book: AddressBook
  let suggested: string[]
  let named: NamedPeers
  /** Where the connections of each partner come from. */
  let connected: Map<string, string[]>
  let dropping: Promise<void>[]
  let now = 0

  beforeEach(async () => {
    now = 1
    store = await openStore(undefined)
    libp2p = await startRawPeer()
    connected = new Map()
    dropping = []
    book = new AddressBook(
      store,
      () => now,
      (peer) => dropping.push(named.dropped(peer))
    )
    suggested = []
    named = new NamedPeers({
      libp2p,
      book,
      isOpen: (chain) => chain === CHAIN,
      suggest: (peer) => suggested.push(peer.toString()),
      connectedAt: (peer) => (connected.get(peer.toString()) ?? []).map((address) => multiaddr(address)),
      isKnown: (peer) => book.has(CHAIN, peer.toString())
    })
  })

  afterEach(async () => {
    await libp2p.stop()
    await store.close()
  })

  const partner = (index: number): PeerId => createActor(`partner ${index}`).peerId

  const listed = async (peer: PeerId): Promise<string[] | undefined> =>
    (await book.list(CHAIN)).find((one) => one.peer === peer.toString())?.addresses

  it('are remembered by what they have signed themselves, for chains that are open', async () => {
    const { peer, record } = await signedRecord()
    const forged = new Uint8Array(record)
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    await named.take(CHAIN, [forged, record], bob.peerId)
    await named.take('another', [(await signedRecord()).record], bob.peerId)
    expect(await book.list(CHAIN)).toEqual([{ peer: peer.toString(), addresses: [ADDRESS], seen: 0 }])
    expect(suggested).toEqual([peer.toString()])
  })

  it('can not push those out of the address book who take part', async () => {
    for (const { peerId } of [alice, carol]) await book.remember(CHAIN, peerId.toString(), [ADDRESS])
    now = 2
    for (let i = 0; i < 70; i++) await named.take(CHAIN, [(await signedRecord()).record], partner(i % 5))
    const kept = (await book.list(CHAIN)).map(({ peer }) => peer)
    expect(kept).toHaveLength(64)
    expect(kept.slice(0, 2).sort()).toEqual([alice, carol].map(({ peerId }) => peerId.toString()).sort())
    const reopened = await new AddressBook(store, () => now).list(CHAIN)
    expect(reopened.map(({ peer }) => peer).sort()).toEqual([...kept].sort())
  })

  it('R34 named in a flood are heard as far as there is room, and later again', async () => {
    const records = Array.from({ length: 16 }, () => new Uint8Array(4096).fill(1))
    const { record, peer } = await signedRecord()
    const flood = Array.from({ length: 100 }, () => named.take(CHAIN, records, bob.peerId))
    await named.take(CHAIN, [record], bob.peerId)
    expect(suggested).toEqual([])
    // another partner is heard meanwhile
    await named.take(CHAIN, [record], carol.peerId)
    await Promise.all(flood)
    await named.take(CHAIN, [record], bob.peerId)
    expect(suggested).toEqual([peer.toString(), peer.toString()])
  })

  it('R2 are not said to be elsewhere by who signs in their place', async () => {
    await book.remember(CHAIN, alice.peerId.toString(), [ADDRESS])
    const mallory = await generateKeyPair('Ed25519')
    const { record } = await signedRecord(['/ip4/6.6.6.6/tcp/9'], { of: { peer: alice.peerId, key: mallory } })
    const unknown = await signedRecord(['/ip4/6.6.6.6/tcp/9'], { of: { peer: carol.peerId, key: mallory } })
    await named.take(CHAIN, [record, unknown.record], bob.peerId)
    expect(await book.list(CHAIN)).toEqual([{ peer: alice.peerId.toString(), addresses: [ADDRESS], seen: now }])
    expect(suggested).toEqual([])
  })

  it('R34 are not said to be where they were long ago, when they have said something newer themselves', async () => {
    const newer = await signedRecord(['/ip4/1.1.1.1/tcp/2'], { seqNumber: 2n })
    const older = await signedRecord(['/ip4/1.1.1.1/tcp/1'], { of: newer, seqNumber: 1n })
    await libp2p.peerStore.consumePeerRecord(newer.record)
    await named.take(CHAIN, [older.record, newer.record], bob.peerId)
    expect(await listed(newer.peer)).toEqual(['/ip4/1.1.1.1/tcp/2'])
  })

  it('R34 have one partner name only a few whom nobody has met, and leave room for those of others', async () => {
    const records = await Promise.all(Array.from({ length: 20 }, () => signedRecord()))
    for (const { record } of records) await named.take(CHAIN, [record], bob.peerId)
    expect(suggested).toEqual(records.slice(0, 16).map(({ peer }) => peer.toString()))
    const other = await signedRecord()
    await named.take(CHAIN, [other.record], carol.peerId)
    expect(await book.list(CHAIN)).toHaveLength(17)
    // those that were met, or could not be reached, make room
    await book.remember(CHAIN, `${records[0]?.peer}`, [ADDRESS])
    await named.failed(records[1]?.peer as PeerId, 10)
    for (const { record } of records.slice(16)) await named.take(CHAIN, [record], bob.peerId)
    expect(suggested.slice(17)).toEqual(records.slice(16, 18).map(({ peer }) => peer.toString()))
  })

  it('R34 are forgotten, in the peer store too, when they were never met and can not be reached', async () => {
    const [met, unmet, back] = [await signedRecord(), await signedRecord(), await signedRecord()]
    for (const { record, peer } of [met, unmet, back]) {
      await named.take(CHAIN, [record], bob.peerId)
      expect(await libp2p.peerStore.has(peer)).toBe(false)
      // dialled
      await libp2p.peerStore.merge(peer, { multiaddrs: [multiaddr(ADDRESS)] })
    }
    await book.remember(CHAIN, met.peer.toString(), [ADDRESS])
    connected.set(back.peer.toString(), [ADDRESS])
    for (const { peer } of [met, unmet, back]) await named.failed(peer, 9)
    expect(await book.list(CHAIN)).toHaveLength(3)
    for (const { peer } of [met, unmet, back]) await named.failed(peer, 10)
    await Promise.all(dropping)
    expect((await book.list(CHAIN)).map(({ peer }) => peer)).toEqual([met.peer.toString()])
    expect(await new AddressBook(store, () => now).list(CHAIN)).toHaveLength(1)
    expect(await libp2p.peerStore.has(met.peer)).toBe(true)
    expect(await libp2p.peerStore.has(unmet.peer)).toBe(false)
    // it has come by itself meanwhile
    expect(await libp2p.peerStore.has(back.peer)).toBe(true)
  })

  it('R34 leave the peer store with the address book when others take their place', async () => {
    const first = await signedRecord()
    await named.take(CHAIN, [first.record], bob.peerId)
    await libp2p.peerStore.merge(first.peer, { multiaddrs: [multiaddr(ADDRESS)] })
    for (let i = 0; i < 64; i++) await book.remember(CHAIN, partner(i).toString(), [ADDRESS])
    await Promise.all(dropping)
    expect(book.has(CHAIN, first.peer.toString())).toBe(false)
    expect(await libp2p.peerStore.has(first.peer)).toBe(false)
  })

  it.each([
    ['far away', ['/ip4/5.6.7.8/tcp/1'], 'world'],
    ['the local network', ['/ip4/192.168.1.7/tcp/1'], 'network'],
    ['the local network and far away', ['/ip4/5.6.7.8/tcp/1', '/ip4/10.0.0.7/tcp/1'], 'network'],
    ['this machine', ['/ip6/::1/tcp/1'], 'host'],
    ['a relay of the local network', [`/ip4/192.168.1.7/tcp/1/p2p/${alice.peerId}/p2p-circuit`], 'world'],
    ['nowhere any more', [], 'world']
  ])('R34 are only where a partner from %s may know', async (_, from, reach) => {
    const world = [ADDRESS, '/ip6/2606:4700::1/tcp/1', '/dns4/example.org/tcp/443/wss']
    const network = [
      '/ip4/192.168.1.1/tcp/80',
      '/ip6/fe80::1/tcp/80',
      '/ip6/64:ff9b::7f00:1/tcp/80',
      '/dns4/router.lan/tcp/80'
    ]
    const host = [
      '/ip4/127.0.0.1/tcp/9',
      '/ip4/0.0.0.0/tcp/9',
      '/ip6/::ffff:7f00:1/tcp/9',
      '/dns4/localhost/tcp/9',
      '/dnsaddr/example.org',
      '/unix/%2Fvar%2Frun%2Fdocker.sock'
    ]
    connected.set(bob.peerId.toString(), from)
    const { peer, record } = await signedRecord([...host, ...network, ...world])
    await named.take(CHAIN, [record], bob.peerId)
    const allowed = { world, network: [...network, ...world], host: [...host, ...network, ...world] }[reach]
    expect(await listed(peer)).toEqual(allowed)
  })

  it('may be behind a relay that this node is connected to, wherever that is, and not behind another nearby', async () => {
    const through = (relay: PeerId) => `/ip4/192.168.1.7/tcp/1/p2p/${relay}/p2p-circuit`
    connected.set(bob.peerId.toString(), [through(alice.peerId)])
    connected.set(alice.peerId.toString(), ['/ip4/192.168.1.7/tcp/1'])
    const { peer, record } = await signedRecord([
      through(alice.peerId),
      through(carol.peerId),
      '/ip4/192.168.1.7/tcp/2'
    ])
    await named.take(CHAIN, [record], bob.peerId)
    expect(await listed(peer)).toEqual([through(alice.peerId)])
  })
})
