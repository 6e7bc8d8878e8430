import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import type { Did, Group } from 'walytis-identities'
import type { MutableBlockchain } from 'walytis-mutability'
import type { ChatConnection } from '../interface/index.ts'

/** What the connection of a chat is read from. */
export interface ConnectionInit {
  readonly chain: Pick<MutableBlockchain, 'getPeers' | 'addEventListener'>
  readonly group: Pick<Group, 'members' | 'sessions'>
  readonly libp2p: Pick<Libp2p, 'getConnections'>
  readonly me: Did
  /** Ends the following. */
  readonly signal: AbortSignal
  changed(): void
}

/** Follows how a chat is connected. */
export class ConnectionState {
  readonly #init: ConnectionInit
  /** Peers that this device was level with since they are connected. */
  readonly #level = new Set<string>()
  #received = 0

  constructor(init: ConnectionInit) {
    this.#init = init
    const { chain, group, signal, changed } = init
    chain.addEventListener('peer:joined', changed, { signal })
    chain.addEventListener('peer:left', ({ detail }) => this.#left(detail.peer), { signal })
    chain.addEventListener('sync:level', ({ detail }) => this.#levelWith(detail.peers), { signal })
    signal.addEventListener('abort', group.sessions.watch(changed), { once: true })
  }

  get now(): ChatConnection {
    const { chain, libp2p } = this.#init
    const peers = chain.getPeers()
    const isLevel = peers.some((peer) => this.#level.has(peer.toString()))
    return {
      state: peers.length === 0 ? 'alone' : isLevel ? 'level' : 'syncing',
      received: this.#received,
      peers: peers.map((peer) => ({ peer: peer.toString(), kind: kindOf(libp2p.getConnections(peer)) })),
      online: this.#online()
    }
  }

  /** A message has come from somebody else. */
  received(): void {
    if (this.now.state === 'syncing') this.#received++
  }

  #online(): Did[] {
    const connected = new Set(this.#init.group.sessions.connected())
    return this.#init.group
      .members()
      .filter(({ devices }) => devices.some((device) => connected.has(device)))
      .map(({ did }) => did)
  }

  #left(peer: PeerId): void {
    this.#level.delete(peer.toString())
    if (this.#init.chain.getPeers().length === 0) this.#received = 0
    this.#init.changed()
  }

  #levelWith(peers: readonly { readonly peer: PeerId; readonly level: boolean }[]): void {
    for (const { peer, level } of peers) if (level) this.#level.add(peer.toString())
    this.#received = 0
    this.#init.changed()
  }
}

/** A peer is reached directly as soon as one of its connections is direct. */
function kindOf(connections: Connection[]): 'direct' | 'relayed' {
  const isRelayed = (connection: Connection): boolean => connection.remoteAddr.toString().includes('/p2p-circuit')
  return connections.length > 0 && connections.every(isRelayed) ? 'relayed' : 'direct'
}
