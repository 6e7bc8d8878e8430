import { identify, identifyPush } from '@libp2p/identify'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import { InvalidArgumentError } from './errors.ts'
import { type RelayLimits, type RelayUse, relayServer } from './relays.ts'
import { defaultTransports, localDiscovery } from './transports.ts'

export interface Libp2pDefaults {
  readonly privateKey: PrivateKey
  readonly listen: readonly string[]
  readonly mdns: boolean
  /** Only nodes with the same tag find each other by mDNS. */
  readonly serviceTag: string | undefined
  /** Serve as a relay for others. */
  readonly relay: RelayLimits | undefined
  readonly relayUse: RelayUse
  /** Told of every announcement on the local network, known peers included. */
  found(peer: PeerId, addresses: readonly Multiaddr[]): void
  /** What the caller sets itself, which goes before. */
  readonly overrides: Partial<Libp2pOptions>
}

/** One yamux window covers what the sync protocol lets be under way for a chain. */
const STREAM_WINDOW_BYTES = 1024 * 1024
/** Peers behind one address, such as a home's router, come back together after it restarts. */
const INBOUND_CONNECTIONS_PER_SECOND = 32

/** How a node talks: noise, yamux, identify, ping, the platform's transports, relays, and mDNS when wanted. */
export function libp2pOptions(defaults: Libp2pDefaults): Libp2pOptions {
  const { privateKey, listen, mdns: withMdns, serviceTag, relay, relayUse, found, overrides } = defaults
  return {
    privateKey,
    transports: defaultTransports(),
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES } })],
    peerDiscovery: withMdns ? localDiscovery(found, serviceTag) : [],
    ...overrides,
    addresses: { listen: [...listen], ...overrides.addresses },
    connectionManager: { inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND, ...overrides.connectionManager },
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping(),
      ...(relay === undefined ? {} : relayServer(relay)),
      ...relayUse.service(),
      ...overrides.services
    }
  }
}

/**
 * An address to listen on, as text.
 *
 * @throws {InvalidArgumentError} when the text is no multiaddr
 */
export function listenAddress(given: Multiaddr | string): string {
  try {
    return multiaddr(given).toString()
  } catch (cause) {
    throw new InvalidArgumentError('listen address', `${given} is no multiaddr`, { cause })
  }
}
