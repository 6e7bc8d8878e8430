import type { PeerId } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'

/** How nodes reach each other in Node.js. `transports.browser.ts` is its twin elsewhere. */

/** Where a node listens unless told otherwise: all interfaces, a random port. */
export const DEFAULT_LISTEN: readonly string[] = ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0']

export function defaultTransports(): NonNullable<Libp2pOptions['transports']> {
  return [tcp()]
}

/**
 * Look for peers on the local network. libp2p tells of each peer once only; one that came back on another port shows in the
 * module's own events.
 *
 * @param found told of every announcement, those of known peers included
 */
export function localDiscovery(
  found: (peer: PeerId, addresses: readonly Multiaddr[]) => void
): NonNullable<Libp2pOptions['peerDiscovery']> {
  return [
    (components) => {
      const discovery = mdns()(components)
      discovery.addEventListener('peer', ({ detail: { id, multiaddrs } }) => found(id, multiaddrs))
      return discovery
    }
  ]
}
