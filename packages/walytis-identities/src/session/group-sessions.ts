import type { AbortOptions, PeerId } from '@libp2p/interface'
import { InvalidArgumentError, NotMemberError, UnreachableError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import type { Channel, Sessions } from '../interface/session.ts'
import type { SecureChannel } from './channel.ts'
import type { SessionGroup } from './seams.ts'
import type { Session } from './session.ts'

/** What the sessions of one group need of the manager. */
export interface GroupBackend {
  /** Sessions of this group's device with current members' devices, the newest first. */
  current(group: SessionGroup): Session[]
  openOn(session: Session, group: SessionGroup, protocol: string, options: AbortOptions): Promise<SecureChannel>
  /** A session with a device of the group at that peer; with `target`, if it is there. */
  connect(peer: PeerId, group: SessionGroup, target: Did | undefined, options: AbortOptions): Promise<Session>
}

type Listener = (device: Did, state: 'up' | 'down') => void
type Handler = (channel: Channel) => Promise<void>

/** `Sessions` of one group. */
export class GroupSessions implements Sessions {
  readonly group: SessionGroup
  readonly #backend: GroupBackend
  readonly #handlers = new Map<string, Handler>()
  readonly #listeners = new Set<Listener>()
  readonly #channels = new Set<SecureChannel>()
  readonly #unwatch: () => void
  #up: readonly Did[] = []

  constructor(group: SessionGroup, backend: GroupBackend) {
    this.group = group
    this.#backend = backend
    this.#unwatch = group.watch(() => this.membersChanged())
  }

  async open(did: Did, protocol: string, options: AbortOptions = {}): Promise<Channel> {
    const targets = this.#devicesBehind(did)
    const failures: unknown[] = []
    const attempt = async (session: Session): Promise<Channel | undefined> => {
      try {
        return await this.#backend.openOn(session, this.group, protocol, options)
      } catch (error) {
        options.signal?.throwIfAborted()
        failures.push(error)
        return undefined
      }
    }
    for (const session of this.#sessionsWith(targets)) {
      const channel = await attempt(session)
      if (channel !== undefined) {
        return channel
      }
    }
    for await (const session of this.#reach(targets, failures, options)) {
      const channel = await attempt(session)
      if (channel !== undefined) {
        return channel
      }
    }
    throw new UnreachableError(did, { cause: failures.at(-1) })
  }

  handle(protocol: string, handler: Handler): () => void {
    if (this.#handlers.has(protocol)) {
      throw new InvalidArgumentError('protocol', `Somebody already takes channels for ${protocol}`)
    }
    this.#handlers.set(protocol, handler)
    return () => {
      if (this.#handlers.get(protocol) === handler) {
        this.#handlers.delete(protocol)
      }
    }
  }

  connected(): Did[] {
    return [...new Set(this.#backend.current(this.group).map(({ remote }) => remote))]
  }

  watch(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  handlerOf(protocol: string): Handler | undefined {
    return this.#handlers.get(protocol)
  }

  /** Keep a channel in view, so that a membership event reaches it. */
  track(channel: SecureChannel): void {
    for (const one of this.#channels) {
      if (one.over) {
        this.#channels.delete(one)
      }
    }
    this.#channels.add(channel)
  }

  /** Sessions or members are not what they were: tell the listeners what became of it. */
  refresh(): void {
    const now = this.connected()
    const before = this.#up
    this.#up = now
    this.#tell(
      now.filter((device) => !before.includes(device)),
      'up'
    )
    this.#tell(
      before.filter((device) => !now.includes(device)),
      'down'
    )
  }

  /** Close what a membership event has closed, before another byte. */
  membersChanged(): void {
    for (const channel of [...this.#channels]) {
      channel.recheck()
    }
    this.refresh()
  }

  detach(reason: Error): void {
    this.#unwatch()
    for (const channel of this.#channels) {
      channel.abort(reason)
    }
    this.#channels.clear()
    this.#handlers.clear()
    this.#listeners.clear()
  }

  /** @throws {NotMemberError} */
  #devicesBehind(did: Did): Did[] {
    const devices = this.group.memberOf(did) === undefined ? this.group.devicesOf(did) : [did]
    const others = devices.filter((device) => device !== this.group.device.did)
    if (others.length === 0) {
      throw new NotMemberError(this.group.did, did)
    }
    return [...others]
  }

  #sessionsWith(targets: readonly Did[]): Session[] {
    return this.#backend.current(this.group).filter(({ remote }) => targets.includes(remote))
  }

  /** New sessions with the targets, at whatever peer they are: first whoever answers there, then each by name. */
  async *#reach(targets: readonly Did[], failures: unknown[], options: AbortOptions): AsyncGenerator<Session> {
    const peers = this.group.peers()
    for (const target of [undefined, ...targets]) {
      for (const peer of peers) {
        try {
          const session = await this.#backend.connect(peer, this.group, target, options)
          if (targets.includes(session.remote)) {
            yield session
          }
        } catch (error) {
          options.signal?.throwIfAborted()
          failures.push(error)
        }
      }
    }
  }

  #tell(devices: readonly Did[], state: 'up' | 'down'): void {
    for (const device of devices) {
      for (const listener of [...this.#listeners]) {
        listener(device, state)
      }
    }
  }
}
