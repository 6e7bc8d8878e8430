import type { AbortOptions, PeerId } from '@libp2p/interface'
import { ChannelClosedError, UnreachableError } from '../errors.ts'
import type { IdentityState } from '../identity/verify-evidence.ts'
import type { Did } from '../interface/did.ts'
import type { Channel, Sessions } from '../interface/session.ts'
import type { SecureChannel } from './channel.ts'
import { type ChannelHost, ChannelOpener } from './channel-opener.ts'
import { Connector, type Host, SESSION_LIMITS, type SessionComponents, type SessionLimits } from './connector.ts'
import { type GroupBackend, GroupSessions } from './group-sessions.ts'
import { type Claimed, type Known, matchesTag } from './handshake.ts'
import type { Recognised } from './handshake-runner.ts'
import type { Accepted } from './open-channel.ts'
import type { GuestRequest, SessionDevice, SessionGroup } from './seams.ts'
import type { Session } from './session.ts'
import { SessionTable } from './session-table.ts'

/** The sessions of one node, shared by all its groups. */
export interface SessionManager {
  /** Take part for a group: be found by its members, and open channels to them. One attachment per group. */
  attach(group: SessionGroup): Promise<AttachedSessions>
  /**
   * Make sure that there is a session with a device of the group at that peer, and that it is a current device of a current member.
   *
   * @returns the device
   * @throws {UnreachableError} when there is none: not reached, refused, or no member
   */
  ensure(peer: PeerId, group: SessionGroup, options?: AbortOptions): Promise<Did>
  /** The current device of a current member with which a session stands at that peer. */
  deviceAt(peer: PeerId, group: SessionGroup): Did | undefined
  /** All of them, where a peer hosts several. */
  devicesAt(peer: PeerId, group: SessionGroup): Did[]
  /**
   * Open a channel by an invitation, as somebody who is no member yet.
   *
   * @throws {UnreachableError} when the peer can't be reached or does not honour it
   */
  openAsGuest(request: GuestRequest): Promise<Channel>
  /** End all sessions and take no more. */
  stop(): Promise<void>
}

export interface AttachedSessions extends Sessions {
  /** No more of this group. The sessions stay for others. */
  detach(): Promise<void>
}

/** Channels that only settle membership: nothing is said on them. */
const ATTACH_PROTOCOL = '/walytis-identities/attach/1.0.0'
/** Channels of those who come by an invitation. */
const GUEST_PROTOCOL = '/walytis-identities/guest/1.0.0'

/** Sessions of a node. Nothing is registered with libp2p before the first group attaches. */
export function createSessionManager(
  components: SessionComponents,
  limits: SessionLimits = SESSION_LIMITS
): SessionManager {
  return new Manager(components, limits)
}

class Manager implements SessionManager, Host, ChannelHost, GroupBackend {
  readonly #groups = new Map<Did, GroupSessions>()
  readonly #table: SessionTable
  readonly #connector: Connector
  readonly #opener: ChannelOpener
  /** One attempt at a time per peer and device: 200 groups that ask for the same pair share one handshake. */
  readonly #flights = new Map<string, Promise<unknown>>()
  #listening: Promise<unknown> = Promise.resolve()

  constructor(components: SessionComponents, limits: SessionLimits) {
    this.#table = new SessionTable(() => this.#refresh())
    this.#connector = new Connector(components, limits, this, this.#table)
    this.#opener = new ChannelOpener(components, limits, this, this.#table)
  }

  async attach(group: SessionGroup): Promise<AttachedSessions> {
    const sessions = new GroupSessions(group, this)
    const first = this.#groups.size === 0
    this.#groups.set(group.did, sessions)
    await this.#listen(async () => {
      if (first) {
        await this.#connector.start()
        await this.#opener.start()
      }
    })
    sessions.refresh()
    return Object.assign(sessionsOnly(sessions), { detach: () => this.#detach(sessions) })
  }

  async ensure(peer: PeerId, group: SessionGroup, options: AbortOptions = {}): Promise<Did> {
    return (await this.connect(peer, group, undefined, options)).remote
  }

  deviceAt(peer: PeerId, group: SessionGroup): Did | undefined {
    return this.devicesAt(peer, group)[0]
  }

  devicesAt(peer: PeerId, group: SessionGroup): Did[] {
    return this.#memberSessions(peer, group).map(({ remote }) => remote)
  }

  async openAsGuest({ peer, group, device, key, ...options }: GuestRequest): Promise<Channel> {
    const open = (session: Session) => this.#opener.open(session, GUEST_PROTOCOL, { guest: { group, key } }, options)
    return this.#onSession(peer, device, { keys: [key] }, open, options)
  }

  async stop(): Promise<void> {
    for (const sessions of [...this.#groups.values()]) {
      await this.#detach(sessions)
    }
    await Promise.all(this.#table.all().map((session) => session.close()))
  }

  // GroupBackend

  current(group: SessionGroup): Session[] {
    return this.#table
      .all()
      .filter(({ local, remote }) => local === group.device.did && group.memberOf(remote) !== undefined)
  }

  async openOn(session: Session, group: SessionGroup, protocol: string, options: AbortOptions): Promise<SecureChannel> {
    const channel = await this.#opener.open(session, protocol, { group }, options)
    this.#groups.get(group.did)?.track(channel)
    return channel
  }

  async connect(peer: PeerId, group: SessionGroup, target: Did | undefined, options: AbortOptions): Promise<Session> {
    const wanted = ({ remote }: Session) => target === undefined || remote === target
    const standing = this.#memberSessions(peer, group).find(wanted)
    if (standing !== undefined) {
      return standing
    }
    const known: Known = { keys: group.rendezvousKeys(), target }
    return this.#onSession(peer, group.device, known, (session) => this.#settle(session, group, options), options)
  }

  // Host

  recognise(claimed: Claimed): Recognised | undefined {
    for (const { group } of this.#groups.values()) {
      const keys = [...group.rendezvousKeys(), ...group.guestKeys().map(({ key }) => key)]
      const key = keys.find((one) => matchesTag(claimed, one, group.device.did))
      if (key !== undefined) {
        return { device: group.device, key }
      }
    }
    return undefined
  }

  isCurrent({ did, lineage }: IdentityState): boolean {
    return [...this.#groups.values()].every(({ group }) => {
      const latest = group.latestKeyEvent?.(did)
      return latest === undefined || lineage.includes(latest)
    })
  }

  // ChannelHost

  groupsOf(device: Did): SessionGroup[] {
    return [...this.#groups.values()].map(({ group }) => group).filter((group) => group.device.did === device)
  }

  takes(group: SessionGroup, protocol: string): boolean {
    return protocol === ATTACH_PROTOCOL || this.#groups.get(group.did)?.handlerOf(protocol) !== undefined
  }

  async handle(channel: SecureChannel, { group, protocol, invitation }: Accepted): Promise<void> {
    const sessions = this.#groups.get(group.did)
    if (invitation !== undefined) {
      await group.acceptGuest(channel, invitation)
      return
    }
    sessions?.track(channel)
    // the other side may have shown its membership just now
    sessions?.refresh()
    await sessions?.handlerOf(protocol)?.(channel)
  }

  /** Members' devices at that peer with which a session stands. */
  #memberSessions(peer: PeerId, group: SessionGroup): Session[] {
    return this.current(group).filter((session) => session.peer.equals(peer))
  }

  /** Find out that a session's other side is a member, and let it find out that this side is. */
  async #settle(session: Session, group: SessionGroup, options: AbortOptions): Promise<Session> {
    if (group.memberOf(session.remote) === undefined) {
      const channel = await this.#opener.open(session, ATTACH_PROTOCOL, { group }, options)
      await channel.close(options)
      await channel.drain(options)
      this.#groups.get(group.did)?.refresh()
    }
    return session
  }

  /** Use a session with that peer: one that stands, where it will do, else a new one. */
  async #onSession<T>(
    peer: PeerId,
    device: SessionDevice,
    known: Known,
    use: (session: Session) => Promise<T>,
    options: AbortOptions
  ): Promise<T> {
    const key = `${peer.toString()} ${device.did}`
    const before = this.#flights.get(key)
    const work = (async () => {
      await before?.catch(() => undefined)
      options.signal?.throwIfAborted()
      for (const session of this.#table.at(peer, device.did)) {
        if (known.target === undefined || session.remote === known.target) {
          const used = await use(session).catch(() => undefined)
          if (used !== undefined) {
            return used
          }
        }
      }
      options.signal?.throwIfAborted()
      return use(await this.#connector.dial(peer, device, known, options))
    })()
    this.#flights.set(key, work)
    try {
      return await work
    } catch (error) {
      options.signal?.throwIfAborted()
      throw new UnreachableError(peer.toString(), { cause: error })
    } finally {
      if (this.#flights.get(key) === work) {
        this.#flights.delete(key)
      }
    }
  }

  async #detach(sessions: GroupSessions): Promise<void> {
    if (this.#groups.get(sessions.group.did) !== sessions) {
      return
    }
    this.#groups.delete(sessions.group.did)
    sessions.detach(new ChannelClosedError('the group was closed'))
    if (this.#groups.size === 0) {
      await this.#listen(async () => {
        if (this.#groups.size === 0) {
          await this.#connector.stop()
          await this.#opener.stop()
        }
      })
    }
  }

  #refresh(): void {
    for (const sessions of this.#groups.values()) {
      sessions.refresh()
    }
  }

  #listen(change: () => Promise<void>): Promise<void> {
    const done = this.#listening.then(change)
    // the next change waits for this one, whatever became of it; whoever called sees the failure
    this.#listening = done.catch(() => undefined)
    return done
  }
}

function sessionsOnly(sessions: GroupSessions): Sessions {
  return {
    open: (did, protocol, options) => sessions.open(did, protocol, options),
    handle: (protocol, handler) => sessions.handle(protocol, handler),
    connected: () => sessions.connected(),
    watch: (listener) => sessions.watch(listener)
  }
}
