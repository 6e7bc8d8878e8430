import type { AbortOptions, PeerId } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { AccessDeniedError } from '../../src/errors.ts'
import type { AccessControl, Walytis } from '../../src/interface/index.ts'

const PUSH = '/test/roster-push/1.0.0'
const PULL = '/test/roster-pull/1.0.0'

/** Who may hold the chain, and the key by which they find each other, from some rotation on. */
interface Roster {
  readonly rotation: number
  readonly key: string
  readonly members: readonly string[]
}

/**
 * Access by a list of peers. Each rotation has a new key and a new list, and goes at once to those of the list who can be reached;
 * who was away asks for it on return. There is no old key that still opens anything: whoever was left out can't even tell
 * that the others still hold the chain.
 */
export class RotatingAccess implements AccessControl {
  readonly #node: Walytis
  #roster: Roster

  private constructor(node: Walytis, roster: Roster) {
    this.#node = node
    this.#roster = roster
  }

  static async start(node: Walytis, roster: Roster): Promise<RotatingAccess> {
    const access = new RotatingAccess(node, roster)
    await node.libp2p.handle(PUSH, async (stream, { remotePeer }) => {
      const roster = await lpStream(stream).read()
      if (access.permits(remotePeer)) access.#adopt(decode(roster.subarray()))
      await stream.close()
    })
    await node.libp2p.handle(PULL, async (stream, { remotePeer }) => {
      if (access.permits(remotePeer)) await lpStream(stream).write(encode(access.#roster))
      await stream.close()
    })
    return access
  }

  get roster(): Roster {
    return this.#roster
  }

  keys = async (): Promise<Uint8Array[]> => [Buffer.from(this.#roster.key, 'hex')]

  async authorize(peer: PeerId): Promise<void> {
    if (!this.permits(peer)) throw new AccessDeniedError()
  }

  permits(peer: PeerId): boolean {
    return this.#roster.members.includes(peer.toString())
  }

  /** From now on only these, by a new key. */
  async rotate(members: readonly PeerId[], options?: AbortOptions): Promise<void> {
    const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')
    this.#roster = { rotation: this.#roster.rotation + 1, key, members: members.map(String) }
    const others = members.filter((peer) => !peer.equals(this.#node.peerId))
    await Promise.all(others.map((peer) => this.#push(peer, options)))
  }

  /** Ask a member for the rotations that were missed. */
  async pull(peer: PeerId, options: AbortOptions = {}): Promise<void> {
    const stream = await this.#node.libp2p.dialProtocol(peer, PULL, options)
    const roster = await lpStream(stream).read(options)
    if (this.permits(peer)) this.#adopt(decode(roster.subarray()))
    await stream.close()
  }

  async #push(peer: PeerId, options?: AbortOptions): Promise<void> {
    // who is away will pull
    if (this.#node.libp2p.getConnections(peer).length === 0) return
    const stream = await this.#node.libp2p.dialProtocol(peer, PUSH, { ...options })
    await lpStream(stream).write(encode(this.#roster))
    await stream.close()
  }

  #adopt(roster: Roster): void {
    if (roster.rotation > this.#roster.rotation) this.#roster = roster
  }
}

const encode = (roster: Roster): Uint8Array => Buffer.from(JSON.stringify(roster))
const decode = (bytes: Uint8Array): Roster => JSON.parse(Buffer.from(bytes).toString())
