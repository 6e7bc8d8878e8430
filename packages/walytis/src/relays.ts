import { circuitRelayServer, circuitRelayTransport, RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection, Logger, PeerId, Topology, Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import { LimitExceededError } from './errors.ts'
import { platformTimers } from './timers.ts'

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

/** Relays that are used at a time: of those that the caller named, and of others while those are fewer. */
const MAX_RELAYS = 3
/** Milliseconds for which a relay that went away keeps its place: longer than a restart takes. */
const RELAY_GRACE = 120_000
/** Listeners that are ever made on relays which the caller did not name: each lasts for the life of the node. */
const MAX_LISTENERS = 256

/** What the node has to do with a peer: its caller named it, it is a peer of an open chain, or nothing. */
export type Acquaintance = 'named' | 'peer' | undefined

interface Serving {
  readonly connection: Connection
  /** Gave no reservation on this connection. */
  hasFailed: boolean
}

interface Used {
  readonly isNamed: boolean
  /** While it is away: gives its place to another. */
  cancelLeaving: (() => void) | undefined
}

/** Has this node reached through relays: those of its connected peers that serve as one, as far as they are known to the node. */
export class RelayUse {
  private readonly known: (peer: PeerId) => Acquaintance
  private readonly timers = platformTimers()
  private readonly serving = new Map<string, Serving>()
  /** Relays that hold a place, connected or not long gone. */
  private readonly used = new Map<string, Used>()
  /** Relays that have a listener, which serves again when they come back. */
  private readonly listened = new Set<string>()
  private listeners = 0
  private components: RelayComponents | undefined
  private topology: string | undefined

  constructor(known: (peer: PeerId) => Acquaintance) {
    this.known = known
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
        this.serving.set(peer.toString(), { connection, hasFailed: false })
        this.consider(peer)
      },
      onDisconnect: (peer) => this.lost(peer)
    })
  }

  stop(): void {
    if (this.topology !== undefined) this.components?.registrar.unregister(this.topology)
    for (const { cancelLeaving } of this.used.values()) cancelLeaving?.()
    this.serving.clear()
    this.used.clear()
  }

  /** Perhaps a peer has become known that serves as a relay. */
  consider(peer: PeerId): void {
    const name = peer.toString()
    const serving = this.serving.get(name)
    const known = this.known(peer)
    if (serving === undefined || known === undefined) return
    const used = this.used.get(name)
    if (used !== undefined) {
      used.cancelLeaving?.()
      used.cancelLeaving = undefined
    } else if (this.hasPlace(known)) this.used.set(name, { isNamed: known === 'named', cancelLeaving: undefined })
    else return
    void this.reserve(peer, serving)
  }

  /** Those that the caller named find a place whoever else has one: he chose them, and peers only happen to serve. */
  private hasPlace(known: Acquaintance): boolean {
    const rivals = [...this.used.values()].filter(({ isNamed }) => isNamed || known === 'peer')
    return rivals.length < MAX_RELAYS
  }

  private lost(peer: PeerId): void {
    const name = peer.toString()
    this.serving.delete(name)
    const used = this.used.get(name)
    if (used === undefined) return
    used.cancelLeaving?.()
    used.cancelLeaving = this.timers.after(RELAY_GRACE, () => {
      this.used.delete(name)
      this.fill()
    })
  }

  /** A place is free: perhaps for a relay that found none. */
  private fill(): void {
    for (const [name, { connection, hasFailed }] of this.serving)
      if (!hasFailed && !this.used.has(name)) this.consider(connection.remotePeer)
  }

  private async reserve(peer: PeerId, serving: Serving): Promise<void> {
    const { components, listened, used } = this
    const name = peer.toString()
    const place = used.get(name)
    try {
      if (listened.has(name)) {
        await reservationsOf(components?.transportManager.getTransports() ?? [])?.addRelay(peer, 'configured')
        return
      }
      if (place?.isNamed !== true && ++this.listeners > MAX_LISTENERS)
        throw new LimitExceededError('relays listened on', MAX_LISTENERS, this.listeners)
      await components?.transportManager.listen([serving.connection.remoteAddr.encapsulate('/p2p-circuit')])
      listened.add(name)
    } catch (error) {
      // full, or gone again: the node is as reachable as it was, and the next connection is another occasion
      components?.logger.forComponent('walytis:relays')('no reservation with %p: %o', peer, error)
      serving.hasFailed = true
      if (used.get(name) !== place) return
      place?.cancelLeaving?.()
      used.delete(name)
      this.fill()
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
