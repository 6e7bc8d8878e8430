import type { Connection, PeerId, Topology } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Acquaintance, RelayUse } from '../src/relays.ts'
import { createActor } from '../src/testing/actors.ts'

const GRACE = 120_000

describe('relays that a node is reached through', () => {
  let topology: Topology
  /** Relays that a reservation was asked of, in order. */
  let asked: string[]
  let full: Set<string>
  let known: Map<string, Acquaintance>
  let use: RelayUse

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    asked = []
    full = new Set()
    known = new Map()
    const reserve = async (peer: string | undefined): Promise<void> => {
      asked.push(names.get(peer ?? '') ?? 'nobody')
      if (full.has(peer ?? '')) throw new RangeError('full')
    }
    use = new RelayUse((peer) => known.get(peer.toString()))
    // libp2p's part, by hand
    const [service] = Object.values(use.service())
    service?.({
      logger: defaultLogger(),
      registrar: {
        register: async (_: string, registered: Topology) => {
          topology = registered
          return 'id'
        },
        unregister: () => {}
      },
      transportManager: {
        listen: async ([address]: Multiaddr[]) => reserve(address?.toString().split('/')[6]),
        getTransports: () => [{ reservationStore: { addRelay: (peer: PeerId) => reserve(peer.toString()) } }]
      }
    } as never)
    await use.start()
  })

  afterEach(() => {
    use.stop()
    vi.useRealTimers()
  })

  const names = new Map<string, string>()
  function peerOf(name: string): PeerId {
    const { peerId } = createActor(name)
    names.set(peerId.toString(), name)
    return peerId
  }

  async function connect(name: string, as: Acquaintance): Promise<void> {
    const remotePeer = peerOf(name)
    known.set(remotePeer.toString(), as)
    const remoteAddr = multiaddr(`/ip4/127.0.0.1/tcp/9/p2p/${remotePeer}`)
    topology.onConnect?.(remotePeer, { remotePeer, remoteAddr } as Connection)
    await settled()
  }

  const disconnect = (name: string) => topology.onDisconnect?.(peerOf(name))

  /** All that was asked has been answered. */
  const settled = () => new Promise((resolve) => setImmediate(resolve))

  it('are never strangers, until the node comes to know them', async () => {
    await connect('stranger', undefined)
    expect(asked).toEqual([])
    known.set(peerOf('stranger').toString(), 'peer')
    use.consider(peerOf('stranger'))
    expect(asked).toEqual(['stranger'])
  })

  it('are three at a time, and another for one that stays away', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await connect(name, 'peer')
    expect(asked).toEqual(['a', 'b', 'c'])
    disconnect('b')
    await vi.advanceTimersByTimeAsync(GRACE - 1)
    expect(asked).toEqual(['a', 'b', 'c'])
    await vi.advanceTimersByTimeAsync(1)
    await settled()
    expect(asked).toEqual(['a', 'b', 'c', 'd'])
    // all places are taken again
    await connect('b', 'peer')
    expect(asked).toEqual(['a', 'b', 'c', 'd'])
    disconnect('a')
    await vi.advanceTimersByTimeAsync(GRACE)
    await settled()
    expect(asked.slice(4)).toEqual(['e'])
  })

  it('keep their place over a restart', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await connect(name, 'peer')
    disconnect('b')
    await vi.advanceTimersByTimeAsync(GRACE - 1)
    await connect('b', 'peer')
    await vi.advanceTimersByTimeAsync(2 * GRACE)
    await settled()
    expect(asked).toEqual(['a', 'b', 'c', 'b'])
  })

  it('that the caller named find a place whoever else has one', async () => {
    for (const name of ['a', 'b', 'c']) await connect(name, 'peer')
    for (const name of ['x', 'y', 'z', 'w']) await connect(name, 'named')
    expect(asked).toEqual(['a', 'b', 'c', 'x', 'y', 'z'])
  })

  it('that the caller named leave none to others where they suffice', async () => {
    for (const name of ['x', 'y', 'z']) await connect(name, 'named')
    await connect('a', 'peer')
    expect(asked).toEqual(['x', 'y', 'z'])
  })

  it('that are full hold no place, and are not asked over and over', async () => {
    for (const name of ['a', 'b']) full.add(peerOf(name).toString())
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await connect(name, 'peer')
    expect(asked).toEqual(['a', 'b', 'c', 'd', 'e'])
    full.clear()
    disconnect('c')
    await vi.advanceTimersByTimeAsync(GRACE)
    await settled()
    expect(asked.slice(5)).toEqual(['f'])
    disconnect('a')
    disconnect('d')
    await vi.advanceTimersByTimeAsync(GRACE)
    await connect('a', 'peer')
    expect(asked.slice(6)).toEqual(['a'])
  })

  it('are let go when the node stops', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await connect(name, 'peer')
    disconnect('b')
    use.stop()
    await vi.advanceTimersByTimeAsync(GRACE)
    await settled()
    expect(asked).toEqual(['a', 'b', 'c'])
  })
})
