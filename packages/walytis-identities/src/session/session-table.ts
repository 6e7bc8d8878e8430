import type { PeerId } from '@libp2p/interface'
import type { Did } from '../interface/did.ts'
import { type Session, sessionName } from './session.ts'

/**
 * The sessions that stand now. One per pair of devices: a newer one retires those that stood when its handshake began (the other side has
 * forgotten them). Two that came up beside each other both stay: were each side to choose, they might choose differently and lose both.
 */
export class SessionTable {
  readonly #byId = new Map<string, Session>()
  readonly #onChange: () => void

  /** @param onChange called after a session came up or ended */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** @param before the sessions with that peer that stood when the handshake began */
  add(session: Session, before: readonly Session[]): void {
    const older = before.filter(({ local, remote }) => local === session.local && remote === session.remote)
    this.#byId.set(session.id, session)
    session.start(() => {
      this.#byId.delete(session.id)
      this.#onChange()
    })
    for (const one of older) {
      one.retire()
    }
    this.#onChange()
  }

  get(id: Uint8Array): Session | undefined {
    return this.#byId.get(sessionName(id))
  }

  /** Sessions with a peer, the newest first; of one local device, when given. */
  at(peer: PeerId, local?: Did): Session[] {
    return this.all().filter((session) => session.peer.equals(peer) && (local === undefined || session.local === local))
  }

  /** The newest first. */
  all(): Session[] {
    return [...this.#byId.values()].reverse()
  }
}
