import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { PeerAddresses, Walytis } from 'walytis/interface'

/** Most addresses of one peer that are passed on. */
const MAX_ADDRESSES = 16

/** Peers with the addresses that this node knows of them: those of open connections first. */
export async function addressesOf(
  walytis: Walytis,
  peers: Iterable<PeerId>,
  options?: AbortOptions
): Promise<PeerAddresses[]> {
  const known = new Map([...peers].map((peer) => [peer.toString(), peer]))
  return await Promise.all(
    [...known].map(async ([name, peer]) => {
      const open = walytis.libp2p.getConnections(peer).map((connection) => connection.remoteAddr.toString())
      const stored = (await walytis.libp2p.peerStore.has(peer, options))
        ? (await walytis.libp2p.peerStore.get(peer, options)).addresses.map(({ multiaddr }) => multiaddr.toString())
        : []
      return { peer: name, addresses: [...new Set([...stored, ...open])].slice(0, MAX_ADDRESSES) }
    })
  )
}
