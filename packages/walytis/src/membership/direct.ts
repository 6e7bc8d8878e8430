import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Milliseconds that reaching a relayed peer directly may take. */
const UPGRADE_DEADLINE = 10_000

const isRelayed = (address: Multiaddr): boolean => address.getComponents().some(({ name }) => name === 'p2p-circuit')

const withPeer = (address: Multiaddr, peer: PeerId): Multiaddr =>
  address.getComponents().some(({ name }) => name === 'p2p') ? address : address.encapsulate(`/p2p/${peer}`)

/** Relayed connections are slow and soon cut: where the peer has an address of its own, it is tried once for each of them. */
export async function connectDirectly(libp2p: Libp2p, peer: PeerId): Promise<void> {
  const relayed = libp2p.getConnections(peer)
  if (relayed.length === 0 || relayed.some(({ limits }) => limits === undefined)) return
  const { addresses } = await libp2p.peerStore.get(peer)
  const direct = addresses.map(({ multiaddr }) => multiaddr).filter((address) => !isRelayed(address))
  if (direct.length === 0) return
  await libp2p.dial(
    direct.map((address) => withPeer(address, peer)),
    { signal: AbortSignal.timeout(UPGRADE_DEADLINE) }
  )
  // what runs on them starts again on the direct one, where it was
  await Promise.all(relayed.map((connection) => connection.close()))
}
