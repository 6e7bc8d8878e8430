import type { AbortOptions, Connection, Stream } from '@libp2p/interface'
import { CHANNEL_PROTOCOL, MESSAGE_LIMIT } from '../constants.ts'
import { HandshakeError } from '../errors.ts'
import type { Did } from '../interface/did.ts'
import { type ChannelInit, SecureChannel } from './channel.ts'
import { asError, type SessionComponents, type SessionLimits, withDeadline } from './connector.ts'
import { FramedStream } from './framed-stream.ts'
import { FRAME_OVERHEAD } from './frames.ts'
import { type Accepted, type OpenerStance, openAsInitiator, openAsResponder } from './open-channel.ts'
import { decodeOpenEnvelope, type OpenEnvelope } from './opening.ts'
import type { SessionGroup } from './seams.ts'
import type { Session } from './session.ts'
import type { SessionTable } from './session-table.ts'

/** Whom channels that others open are handed to. */
export interface ChannelHost {
  groupsOf(device: Did): SessionGroup[]
  takes(group: SessionGroup, protocol: string): boolean
  /** Resolves when the handler is done with the channel. */
  handle(channel: SecureChannel, accepted: Accepted): Promise<void>
}

/** Opens channels on sessions, both ways, each on a stream of its own. */
export class ChannelOpener {
  readonly #components: SessionComponents
  readonly #limits: SessionLimits
  readonly #host: ChannelHost
  readonly #table: SessionTable

  constructor(components: SessionComponents, limits: SessionLimits, host: ChannelHost, table: SessionTable) {
    this.#components = components
    this.#limits = limits
    this.#host = host
    this.#table = table
  }

  async start(): Promise<void> {
    await this.#components.libp2p.handle(CHANNEL_PROTOCOL, (stream, connection) => this.#receive(stream, connection), {
      maxInboundStreams: this.#limits.channelStreams,
      maxOutboundStreams: this.#limits.channelStreams,
      runOnLimitedConnection: true
    })
  }

  async stop(): Promise<void> {
    await this.#components.libp2p.unhandle(CHANNEL_PROTOCOL)
  }

  /**
   * @throws {HandshakeError} when the other side refuses
   * @throws {NotMemberError} when the other side shows no membership
   */
  async open(
    session: Session,
    protocol: string,
    stance: OpenerStance,
    options: AbortOptions = {}
  ): Promise<SecureChannel> {
    const limited = withDeadline(options, this.#limits.openingTime)
    const stream = await this.#components.libp2p.dialProtocol(session.peer, CHANNEL_PROTOCOL, {
      ...limited,
      maxOutboundStreams: this.#limits.channelStreams,
      runOnLimitedConnection: true
    })
    const framed = framedFor(stream)
    try {
      const { keys, member } = await openAsInitiator(session, framed, protocol, stance, this.#components, limited)
      const permitted = 'group' in stance ? stillMembers(stance.group, session, member) : () => true
      return this.#channel({ session, stream: framed, keys, role: 'initiator', protocol, member, permitted })
    } catch (error) {
      framed.abort(asError(error))
      throw error
    }
  }

  async #receive(stream: Stream, connection: Connection): Promise<void> {
    const framed = framedFor(stream)
    try {
      const limited = withDeadline({}, this.#limits.openingTime)
      const first = await framed.read(limited)
      const envelope = first === undefined ? undefined : decodeOpenEnvelope(first)
      const session = envelope === undefined ? undefined : this.#table.get(envelope.session)
      if (envelope === undefined || session === undefined || !session.peer.equals(connection.remotePeer)) {
        throw new HandshakeError('no-session')
      }
      const accepted = await this.#accept(session, framed, envelope, limited)
      const { keys, group, member, protocol, invitation } = accepted
      const permitted = invitation === undefined ? stillMembers(group, session, member) : () => true
      const channel = this.#channel({ session, stream: framed, keys, role: 'responder', protocol, member, permitted })
      await this.#serve(channel, accepted)
    } catch (error) {
      // every refusal is the same reset, whatever the reason
      framed.abort(asError(error))
    }
  }

  async #accept(
    session: Session,
    framed: FramedStream,
    envelope: OpenEnvelope,
    options: AbortOptions
  ): Promise<Accepted> {
    const groups = this.#host.groupsOf(session.local)
    const takes = (group: SessionGroup, protocol: string) => this.#host.takes(group, protocol)
    return openAsResponder(session, framed, envelope, groups, takes, this.#components, options)
  }

  /** Run the handler, then bring the stream to its end. */
  async #serve(channel: SecureChannel, accepted: Accepted): Promise<void> {
    try {
      await this.#host.handle(channel, accepted)
      await channel.close()
      await channel.drain(withDeadline({}, this.#limits.openingTime))
    } catch (error) {
      channel.abort(asError(error))
    }
  }

  #channel(init: Omit<ChannelInit, 'now'>): SecureChannel {
    return new SecureChannel({ ...init, now: this.#components.now })
  }
}

function framedFor(stream: Stream): FramedStream {
  return new FramedStream(stream, MESSAGE_LIMIT + FRAME_OVERHEAD)
}

/**
 * Whether both sides are still who they were when the channel was opened. This side counts once it was known as a member: while it
 * attaches to a group that it doesn't hold yet, its own state says nothing.
 */
function stillMembers(group: SessionGroup, { remote }: Session, member: Did): () => boolean {
  const own = group.memberOf(group.device.did)
  return () => group.memberOf(remote) === member && (own === undefined || group.memberOf(group.device.did) === own)
}
