import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { AccessControl } from 'walytis/interface'
import { AccessDeniedError } from '../group-errors.ts'
import type { Did } from '../interface/did.ts'
import type { GroupCore } from './core.ts'

/** What access control asks of sessions. */
export interface PeerSessions {
  /** The current device of a current member with which a session stands at that peer. */
  deviceAt(peer: PeerId): Did | undefined
  /** Make sure that there is one. Resolves to the device; throws when it can't be. */
  ensure(peer: PeerId, options?: AbortOptions): Promise<Did>
  /** Keys by which members find each other, newest first. */
  meetingKeys(): Uint8Array[]
}

/**
 * Who may hold a group's chain: peers on which a current device of a current member has proved itself in a session. It turns false in
 * the same tick as a block that removes the device has been judged, before that block is on the disk.
 */
export class GroupAccess implements AccessControl {
  readonly #rendezvous: Uint8Array
  #core: GroupCore | undefined
  #sessions: PeerSessions | undefined
  #sources: ReadonlySet<string> = new Set()
  readonly #ready = Promise.withResolvers<void>()

  /** @param rendezvous the group's static key */
  constructor(rendezvous: Uint8Array) {
    this.#rendezvous = rendezvous
  }

  /** While the chain is received for the first time nothing is known of members: whoever it is received from may send it. */
  receiveFrom(peers: Iterable<string>): void {
    this.#sources = new Set(peers)
  }

  /** Until the group is ready to answer, only those sources have access; who asks meanwhile waits. */
  attach(core: GroupCore, sessions: PeerSessions): void {
    this.#core = core
    this.#sessions = sessions
    this.#sources = new Set()
    this.#ready.resolve()
  }

  async keys(): Promise<Uint8Array[]> {
    return this.#sessions?.meetingKeys() ?? [this.#rendezvous]
  }

  async authorize(peer: PeerId, options?: AbortOptions): Promise<void> {
    if (this.permits(peer)) {
      return
    }
    try {
      // A chain that is being opened is announced a moment before its group can answer: a refusal then would stand for a while.
      await unlessAborted(this.#ready.promise, options)
      await this.#sessions?.ensure(peer, options)
    } catch (cause) {
      throw new AccessDeniedError(this.#core?.did ?? 'a group', 'no session', { cause })
    }
    if (!this.permits(peer)) {
      throw new AccessDeniedError(this.#core?.did ?? 'a group', 'not a current device')
    }
  }

  permits(peer: PeerId): boolean {
    if (this.#core === undefined) {
      return this.#sources.has(peer.toString())
    }
    return !this.#core.closed && this.#sessions?.deviceAt(peer) !== undefined
  }
}

async function unlessAborted(promise: Promise<void>, { signal }: AbortOptions = {}): Promise<void> {
  signal?.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const stop = (): void => aborted.reject(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    await (signal == null ? promise : Promise.race([promise, aborted.promise]))
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
