import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../src/interface/index.ts'
import { NamedPeers } from '../../src/membership/named-peers.ts'
import { AddressBook } from '../../src/membership/peers.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { alice, bob, carol } from '../../src/testing/actors.ts'
import { startRawPeer } from '../support/raw-peer.ts'

const CHAIN = 'chain'
const ADDRESS = '/ip4/127.0.0.1/tcp/9'

async function signedRecord(): Promise<{ peer: PeerId; record: Uint8Array }> {
  const key = await generateKeyPair('Ed25519')
  const peer = peerIdFromPrivateKey(key)
  const record = new PeerRecord({ peerId: peer, multiaddrs: [multiaddr(ADDRESS)] })
  return { peer, record: (await RecordEnvelope.seal(record, key)).marshal() }
}

describe('peers that partners name', () => {
  let store: Store
  let libp2p: Libp2p
  let book: AddressBook
  let suggested: string[]
  let named: NamedPeers
  let now = 0

  beforeEach(async () => {
    now = 1
    store = await openStore(undefined)
    libp2p = await startRawPeer()
    book = new AddressBook(store, () => now)
    suggested = []
    named = new NamedPeers({
      libp2p,
      book,
      isOpen: (chain) => chain === CHAIN,
      suggest: (peer) => suggested.push(peer.toString())
    })
  })

  afterEach(async () => {
    await libp2p.stop()
    await store.close()
  })

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
    for (let i = 0; i < 70; i++) await named.take(CHAIN, [(await signedRecord()).record], bob.peerId)
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
})
