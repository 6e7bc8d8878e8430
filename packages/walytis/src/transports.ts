import type { PeerId } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import { relayedTransport } from './relays.ts'

/** How nodes reach each other in Node.js. `transports.browser.ts` is its twin elsewhere. */

/** Where a node listens unless told otherwise: all interfaces, a random port. */
export const DEFAULT_LISTEN: readonly string[] = ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0']

/** TCP; WebSockets, by which browsers come in where a node listens for them; and the relays of others. */
export function defaultTransports(): NonNullable<Libp2pOptions['transports']> {
  return [tcp(), webSockets(), relayedTransport()]
}

/**
 * Look for peers on the local network. libp2p tells of each peer once only; one that came back on another port shows in the
 * module's own events.
 *
 * @param found told of every announcement, those of known peers included
 * @param serviceTag only nodes with the same one see each other; undefined: libp2p's own
 */
export function localDiscovery(
  found: (peer: PeerId, addresses: readonly Multiaddr[]) => void,
  serviceTag?: string
): NonNullable<Libp2pOptions['peerDiscovery']> {
  return [
    (components) => {
      const discovery = mdns(serviceTag === undefined ? {} : { serviceTag })(components)
      discovery.addEventListener('peer', ({ detail: { id, multiaddrs } }) => found(id, multiaddrs))
      return discovery
    }
  ]
}
