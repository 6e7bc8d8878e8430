import { circuitRelayServer, circuitRelayTransport, RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection, Logger, PeerId, Topology, Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'

/** Circuit relay v2 (libp2p specs, relay/circuit-v2.md): serving it for others, and being reached through it. */

/** What a node that relays for others gives at most. */
export interface RelayLimits {
  /** Peers that may be reached through this node at a time. Default: 64. */
  reservations?: number | undefined
  /** Bytes that one relayed connection carries before it is cut; both directions count. Default: 16 MiB. */
  bytes?: number | undefined
  /** Seconds after which a relayed connection is cut. Default: 600. */
  seconds?: number | undefined
}

type Services = NonNullable<Libp2pOptions['services']>

/** Serve as a relay. Who is cut at a limit connects again, and goes on. */
export function relayServer({ reservations = 64, bytes = 16 * 1024 * 1024, seconds = 600 }: RelayLimits): Services {
  const limits = {
    maxReservations: reservations,
    defaultDataLimit: BigInt(bytes),
    defaultDurationLimit: seconds * 1000
  }
  return { circuitRelay: circuitRelayServer({ reservations: limits }) }
}

/** Dial peers through relays, and be dialled through those that `RelayUse` picks. */
export function relayedTransport(): NonNullable<Libp2pOptions['transports']>[number] {
  // libp2p's own search, which dials whoever turns up, finds nobody
  return circuitRelayTransport({ discoveryFilter: { has: () => true, add: () => {}, remove: () => {} } })
}

/** The slice of libp2p's components that is needed to listen on a relay. */
interface RelayComponents {
  readonly logger: { forComponent(name: string): Logger }
  readonly registrar: {
    register(protocol: string, topology: Topology): Promise<string>
    unregister(id: string): void
  }
  readonly transportManager: {
    listen(addresses: Multiaddr[]): Promise<void>
    getTransports(): Transport[]
  }
}

/** Relays that are used at a time. */
const MAX_RELAYS = 3

/** Has this node reached through relays: those of its connected peers that serve as one, as far as they are known to the node. */
export class RelayUse {
  private readonly isKnown: (peer: PeerId) => boolean
  private readonly serving = new Map<string, Connection>()
  /** Relays that were listened on, connected or not: a listener lasts for the life of the node. */
  private readonly used = new Set<string>()
  private components: RelayComponents | undefined
  private topology: string | undefined

  /** @param isKnown whether the node has to do with the peer: named by the caller, or a peer of an open chain */
  constructor(isKnown: (peer: PeerId) => boolean) {
    this.isKnown = isKnown
  }

  /** As a service of libp2p. */
  service(): Services {
    return {
      relayUse: (components: unknown) => {
        this.components = components as RelayComponents
        return this
      }
    }
  }

  async start(): Promise<void> {
    this.topology = await this.components?.registrar.register(RELAY_V2_HOP_CODEC, {
      onConnect: (peer, connection) => {
        this.serving.set(peer.toString(), connection)
        this.consider(peer)
      },
      onDisconnect: (peer) => void this.serving.delete(peer.toString())
    })
  }

  stop(): void {
    if (this.topology !== undefined) this.components?.registrar.unregister(this.topology)
    this.serving.clear()
  }

  /** Perhaps a peer has become known that serves as a relay. */
  consider(peer: PeerId): void {
    const name = peer.toString()
    const connection = this.serving.get(name)
    if (connection === undefined || !this.isKnown(peer)) return
    if (!this.used.has(name) && this.used.size >= MAX_RELAYS) return
    void this.reserve(peer, connection)
  }

  private async reserve(peer: PeerId, connection: Connection): Promise<void> {
    const { components } = this
    const name = peer.toString()
    try {
      if (this.used.has(name)) {
        await reservationsOf(components?.transportManager.getTransports() ?? [])?.addRelay(peer, 'configured')
        return
      }
      this.used.add(name)
      await components?.transportManager.listen([connection.remoteAddr.encapsulate('/p2p-circuit')])
    } catch (error) {
      // full, or gone again: the node is as reachable as it was, and the next connection is another occasion
      this.used.delete(name)
      components?.logger.forComponent('walytis:relays')('no reservation with %p: %o', peer, error)
    }
  }
}

interface Reservations {
  /** Also makes the listener of that relay announce its addresses again. */
  addRelay(peer: PeerId, type: 'configured'): Promise<unknown>
}

function reservationsOf(transports: readonly Transport[]): Reservations | undefined {
  for (const transport of transports) {
    if ('reservationStore' in transport) return transport.reservationStore as Reservations
  }
  return undefined
}
