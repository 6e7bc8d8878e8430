import { isGlobalUnicast, isPrivateIp } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'

/** From where an address leads somewhere: this machine (0), the local network (1), anywhere (2). */
type Reach = 0 | 1 | 2

/** Names that are resolved on this machine, or on the local network (RFC 6761, 6762, 8375, and what routers use). */
const HOST_NAMES = /(^|\.)localhost\.?$/i
const LOCAL_NAMES = /^[^.]+\.?$|\.(local|lan|internal|intranet|home|corp|home\.arpa)\.?$/i

/**
 * Those of the addresses that are no nearer than their speaker: who comes from far away has no say about this machine or its
 * network, and could only have its services knocked at. What leads through a relay that this node is connected to needs no
 * dial of its own, so it passes, wherever the relay is.
 *
 * @param speaker where the speaker's connections come from
 * @param isConnected whether this node is connected to a peer
 */
export function withinReach(
  addresses: readonly Multiaddr[],
  speaker: readonly Multiaddr[],
  isConnected: (relay: string) => boolean
): Multiaddr[] {
  const nearest = Math.min(2, ...speaker.map((address) => (isRelayed(address) ? 2 : reachOf(address))))
  return addresses.filter((address) => {
    const relay = isRelayed(address) ? relayOf(address) : undefined
    return reachOf(address) >= nearest || (relay !== undefined && isConnected(relay))
  })
}

const isRelayed = (address: Multiaddr): boolean => address.getComponents().some(({ name }) => name === 'p2p-circuit')

/** The one relay on the way. */
function relayOf(address: Multiaddr): string | undefined {
  const components = address.getComponents()
  const circuit = components.findIndex(({ name }) => name === 'p2p-circuit')
  const [relay, ...others] = components.slice(0, circuit).filter(({ name }) => name === 'p2p')
  return others.length === 0 ? relay?.value : undefined
}

function reachOf(address: Multiaddr): Reach {
  const component = address.getComponents().find(({ name }) => name !== 'ip6zone')
  const value = component?.value ?? ''
  switch (component?.name) {
    case 'ip4':
      if (/^(127|0)\./.test(value)) return 0
      return isPrivateIp(value) === false ? 2 : 1
    case 'ip6':
      // what stands for an IPv4 address could be any
      if (/^::/.test(value)) return 0
      return isGlobalUnicast(address) && isPrivateIp(value) === false ? 2 : 1
    case 'dns':
    case 'dns4':
    case 'dns6':
      if (HOST_NAMES.test(value)) return 0
      return LOCAL_NAMES.test(value) ? 1 : 2
    default:
      // within the process or the machine, or (dnsaddr) a name for whatever addresses its owner likes
      return 0
  }
}
