import type { PeerId } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import { relayedTransport } from './relays.ts'

/** The twin of `transports.ts` in browsers, which have neither TCP nor mDNS, and can be reached through relays only. */

export const DEFAULT_LISTEN: readonly string[] = []

export function defaultTransports(): NonNullable<Libp2pOptions['transports']> {
  return [webSockets(), relayedTransport()]
}

export function localDiscovery(
  _found: (peer: PeerId, addresses: readonly Multiaddr[]) => void,
  _serviceTag?: string
): NonNullable<Libp2pOptions['peerDiscovery']> {
  return []
}
