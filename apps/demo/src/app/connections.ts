/*
 * The device's connections as a service inside libp2p: shows them, tells when they change, and can cut them all off for a while.
 */
import type { Connection, Libp2pEvents, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionView } from './view.ts'

/** The part of a libp2p node that this needs. */
interface Components {
  readonly events: TypedEventTarget<Libp2pEvents>
  readonly connectionManager: { getConnections(): Connection[] }
}

export class Connections {
  #components: Components | undefined
  #cut = false
  readonly #changed: () => void

  /** @param changed told after each change, often several times in a row */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Options for the node that is to be watched. */
  options() {
    const closed = (): boolean => this.#cut
    return {
      connectionGater: {
        denyDialPeer: closed,
        denyDialMultiaddr: closed,
        denyInboundConnection: closed,
        denyOutboundConnection: closed
      },
      services: { demoConnections: (components: Components) => this.#watch(components) }
    }
  }

  get cut(): boolean {
    return this.#cut
  }

  /** Let nobody in and call nobody from now on, or do so again. */
  async setCut(cut: boolean): Promise<void> {
    this.#cut = cut
    const open = cut ? (this.#components?.connectionManager.getConnections() ?? []) : []
    for (const connection of open) connection.abort(new DOMException('The network is cut off', 'AbortError'))
    this.#changed()
  }

  list(): ConnectionView[] {
    const connections = this.#components?.connectionManager.getConnections() ?? []
    return connections
      .filter(({ status }) => status === 'open')
      .map(({ remotePeer, remoteAddr, direction, timeline }) => {
        const address = remoteAddr.toString()
        return { peer: remotePeer.toString(), address, kind: kindOf(address), direction, since: timeline.open }
      })
  }

  #watch(components: Components): this {
    this.#components = components
    for (const type of ['connection:open', 'connection:close'] as const) {
      components.events.addEventListener(type, this.#changed)
    }
    return this
  }
}

/** How far a connection goes, by the address of its other end. */
export function kindOf(address: string): ConnectionView['kind'] {
  if (address.includes('/p2p-circuit')) return 'relay'
  if (/^\/(ip4\/127\.|ip6\/::1\/|memory\/)/.test(address)) return 'this computer'
  if (/^\/(ip4\/(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)|ip6\/f[cde])/.test(address))
    return 'local network'
  return 'internet'
}
