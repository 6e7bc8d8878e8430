import { identify, identifyPush } from '@libp2p/identify'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'

export interface Libp2pDefaults {
  readonly privateKey: PrivateKey
  readonly listen: readonly string[]
  readonly mdns: boolean
  /** Told of every announcement on the local network, known peers included. */
  found(peer: PeerId, addresses: readonly Multiaddr[]): void
  /** What the caller sets itself, which goes before. */
  readonly overrides: Partial<Libp2pOptions>
}

/** One yamux window covers what the sync protocol lets be under way for a chain. */
const STREAM_WINDOW_BYTES = 1024 * 1024
/** Peers behind one address, such as a home's router, come back together after it restarts. */
const INBOUND_CONNECTIONS_PER_SECOND = 32

/** How a node talks: TCP, noise, yamux, identify, ping, and mDNS when wanted. */
export function libp2pOptions({ privateKey, listen, mdns: withMdns, found, overrides }: Libp2pDefaults): Libp2pOptions {
  return {
    privateKey,
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES } })],
    peerDiscovery: withMdns ? [announcedTo(found)] : [],
    ...overrides,
    addresses: { listen: [...listen], ...overrides.addresses },
    connectionManager: { inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND, ...overrides.connectionManager },
    services: { identify: identify(), identifyPush: identifyPush(), ping: ping(), ...overrides.services }
  }
}

/** libp2p tells of each peer once only; a peer that came back on another port shows in the module's own events. */
function announcedTo(found: Libp2pDefaults['found']): ReturnType<typeof mdns> {
  return (components) => {
    const discovery = mdns()(components)
    discovery.addEventListener('peer', ({ detail: { id, multiaddrs } }) => found(id, multiaddrs))
    return discovery
  }
}
