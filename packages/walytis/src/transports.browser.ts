import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'

/** The twin of `transports.ts` in browsers, which have neither TCP nor mDNS: transports are the caller's choice. */

export const DEFAULT_LISTEN: readonly string[] = []

export function defaultTransports(): NonNullable<Libp2pOptions['transports']> {
  return []
}

export function localDiscovery(
  _found: (peer: PeerId, addresses: readonly Multiaddr[]) => void
): NonNullable<Libp2pOptions['peerDiscovery']> {
  return []
}
