import { encode } from '@ipld/dag-cbor'
import { isPeerId, type PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { isMultiaddr, type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { decodeCanonical, hasFields, isCount } from '../canonical.ts'
import type { BatchOperation, PeerAddresses, Store } from '../interface/index.ts'
import { namingFailures } from '../storage/open-store.ts'

/**
 * The peers of each chain, with addresses where they were reached: what a node dials after a restart. Kept in the node's
 * store, bounded per chain; those not seen for longest give way.
 */
export class AddressBook {
  private readonly store: Store
  private readonly rows: ReturnType<typeof openRows>
  private readonly now: () => number
  private readonly dropped: (peer: string) => void
  private readonly chains = new Map<string, Map<string, RememberedPeer>>()
  /** Who has named those that were never met, since the node started. */
  private readonly namers = new Map<string, string>()

  /** @param dropped told of peers that were never met and are remembered no longer */
  constructor(store: Store, now: () => number, dropped: (peer: string) => void = () => {}) {
    this.store = store
    this.rows = openRows(store)
    this.now = now
    this.dropped = dropped
  }

  /** The peers of a chain, seen last first. */
  async list(chain: string): Promise<RememberedPeer[]> {
    return [...(await this.load(chain)).values()].sort((a, b) => b.seen - a.seen)
  }

  /** Whether the peer is known for the chain, as far as the chain's peers were listed before. */
  has(chain: string, peer: string): boolean {
    return this.chains.get(chain)?.has(peer) ?? false
  }

  /** Remember a peer that takes part. Fresh addresses come first; older ones are kept up to the limit. */
  async remember(chain: string, peer: string, addresses: readonly string[]): Promise<void> {
    await this.put(chain, peer, addresses, this.now())
  }

  /**
   * Remember where a peer is said to be. Until it was met it is the first to give way, so that nobody can talk the peers out
   * of the book that are known to take part; and one namer has room for a few of them only.
   *
   * @returns whether the peer is remembered
   */
  async rememberHearsay(chain: string, peer: string, addresses: readonly string[], namer: string): Promise<boolean> {
    const peers = await this.load(chain)
    const known = peers.get(peer)
    if (known === undefined) {
      const named = [...peers.values()].filter(
        (one) => one.seen === 0 && this.namers.get(rowKey(chain, one.peer)) === namer
      )
      if (named.length >= MAX_NAMED) return false
      this.namers.set(rowKey(chain, peer), namer)
    }
    await this.put(chain, peer, addresses, known?.seen ?? 0)
    return this.has(chain, peer)
  }

  /** Forget a peer wherever it is only hearsay, in the chains that are open. */
  async forgetUnmet(peer: string): Promise<void> {
    for (const [chain, peers] of this.chains) {
      const known = peers.get(peer)
      if (known?.seen === 0) await this.drop(chain, peers, known)
    }
  }

  private async put(chain: string, peer: string, addresses: readonly string[], seen: number): Promise<void> {
    const peers = await this.load(chain)
    const known = peers.get(peer)
    const merged = [...new Set([...addresses, ...(known?.addresses ?? [])])].slice(0, MAX_ADDRESSES)
    const entry = { peer, addresses: merged, seen }
    peers.set(peer, entry)
    if (seen > 0) this.namers.delete(rowKey(chain, peer))
    const row: Uint8Array = encode({ v: 1, addresses: entry.addresses, seen: entry.seen })
    await this.guard(() => this.rows.put(rowKey(chain, peer), row))
    if (peers.size <= MAX_PEERS) return
    await this.drop(
      chain,
      peers,
      [...peers.values()].reduce((a, b) => (b.seen < a.seen ? b : a))
    )
  }

  private async drop(chain: string, peers: Map<string, RememberedPeer>, { peer, seen }: RememberedPeer): Promise<void> {
    peers.delete(peer)
    this.namers.delete(rowKey(chain, peer))
    await this.guard(() => this.rows.del(rowKey(chain, peer)))
    if (seen === 0) this.dropped(peer)
  }

  /** The same rows, for the batch that makes a chain a held one. */
  operations(chain: string, peers: readonly PeerAddresses[]): BatchOperation[] {
    return peers.slice(0, MAX_PEERS).map(({ peer, addresses }) => {
      const value: Uint8Array = encode({ v: 1, addresses: addresses.slice(0, MAX_ADDRESSES), seen: this.now() })
      return { type: 'put', sublevel: this.rows, key: rowKey(chain, peer), value }
    })
  }

  async forget(chain: string): Promise<void> {
    for (const { peer } of this.chains.get(chain)?.values() ?? []) this.namers.delete(rowKey(chain, peer))
    this.chains.delete(chain)
    await this.guard(() => this.rows.clear(rangeOf(chain)))
  }

  private async load(chain: string): Promise<Map<string, RememberedPeer>> {
    const known = this.chains.get(chain)
    if (known !== undefined) return known
    const peers = new Map<string, RememberedPeer>()
    for (const [key, value] of await this.guard(() => this.rows.iterator(rangeOf(chain)).all())) {
      const peer = key.slice(rowKey(chain, '').length)
      const row = decodeRow(value)
      if (row !== undefined) peers.set(peer, { peer, ...row })
    }
    // another call may have loaded it meanwhile
    const loaded = this.chains.get(chain) ?? peers
    this.chains.set(chain, loaded)
    return loaded
  }

  private guard<T>(operation: () => Promise<T>): Promise<T> {
    return namingFailures(this.store, operation)
  }
}

export interface RememberedPeer extends PeerAddresses {
  /** Milliseconds since 1970; 0 when it was never met. */
  readonly seen: number
}

const MAX_PEERS = 64
/** Peers of a chain that were never met, of one namer. */
const MAX_NAMED = 16
const MAX_ADDRESSES = 16

function openRows(store: Store) {
  return store.sublevel<string, Uint8Array>('walytis-peers', { keyEncoding: 'utf8', valueEncoding: 'view' })
}

const rangeOf = (chain: string) => ({ gte: rowKey(chain, ''), lt: rowKey(chain, '\uffff') })

const rowKey = (chain: string, peer: string): string => `${chain}/${peer}`

function decodeRow(bytes: Uint8Array): { addresses: string[]; seen: number } | undefined {
  const row = decodeCanonical(bytes, 64 * 1024)
  if (!hasFields(row, ['v', 'addresses', 'seen']) || row.v !== 1 || !isCount(row.seen) || !Array.isArray(row.addresses))
    return undefined
  const addresses = row.addresses.filter((address): address is string => typeof address === 'string')
  return { addresses, seen: row.seen }
}

/** A peer id from text; undefined when it is none. */
export function parsePeerId(text: string): PeerId | undefined {
  try {
    const id = peerIdFromString(text)
    return isPeerId(id) ? id : undefined
  } catch {
    // not a peer id
    return undefined
  }
}

/** Those of the texts that are multiaddrs, at most 16. */
export function parseAddresses(texts: readonly string[]): Multiaddr[] {
  return texts.slice(0, MAX_ADDRESSES).flatMap((text) => {
    try {
      const address = multiaddr(text)
      return isMultiaddr(address) ? [address] : []
    } catch {
      // not a multiaddr
      return []
    }
  })
}
