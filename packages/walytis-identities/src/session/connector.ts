import type { AbortOptions, Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { SESSION_PROTOCOL } from '../constants.ts'
import { HandshakeError } from '../errors.ts'
import type { IdentityState } from '../identity/verify-evidence.ts'
import { FramedStream } from './framed-stream.ts'
import type { Claimed, Known } from './handshake.ts'
import { HANDSHAKE_MESSAGE_LIMIT } from './handshake-messages.ts'
import { type Established, initiate, type Recognised, type RunnerComponents, respond } from './handshake-runner.ts'
import type { Role } from './key-schedule.ts'
import type { SessionDevice } from './seams.ts'
import { Session } from './session.ts'
import type { SessionTable } from './session-table.ts'

/** What sessions need of the node. */
export interface SessionComponents extends RunnerComponents {
  readonly libp2p: Pick<Libp2p, 'handle' | 'unhandle' | 'dialProtocol' | 'peerId'>
  /** Milliseconds; only differences count. */
  readonly now: () => number
}

/** Bounds, in milliseconds and numbers. */
export interface SessionLimits {
  readonly handshakeTime: number
  readonly openingTime: number
  /** Handshakes that others have begun and not finished. */
  readonly pendingPerPeer: number
  readonly pending: number
  readonly sessionStreams: number
  readonly channelStreams: number
}

export const SESSION_LIMITS: SessionLimits = {
  handshakeTime: 15_000,
  openingTime: 15_000,
  pendingPerPeer: 4,
  pending: 256,
  sessionStreams: 64,
  channelStreams: 1024
}

/** Whom to receive, and whether their keys are still good. */
export interface Host {
  recognise(claimed: Claimed): Recognised | undefined
  /** Whether the evidence includes the latest key event that is known of the device. */
  isCurrent(remote: IdentityState): boolean
}

/**
 * Makes handshakes, both ways. When two nodes dial each other at once, the one whose peer id sorts first lets its own attempt finish before
 * it answers the other's, so that one session comes of it.
 */
export class Connector {
  readonly #components: SessionComponents
  readonly #limits: SessionLimits
  readonly #host: Host
  readonly #table: SessionTable
  readonly #dialling = new Map<string, Promise<unknown>>()
  readonly #pending = new Map<string, number>()

  constructor(components: SessionComponents, limits: SessionLimits, host: Host, table: SessionTable) {
    this.#components = components
    this.#limits = limits
    this.#host = host
    this.#table = table
  }

  async start(): Promise<void> {
    await this.#components.libp2p.handle(SESSION_PROTOCOL, (stream, connection) => this.#receive(stream, connection), {
      maxInboundStreams: this.#limits.sessionStreams,
      maxOutboundStreams: this.#limits.sessionStreams,
      runOnLimitedConnection: true
    })
  }

  async stop(): Promise<void> {
    await this.#components.libp2p.unhandle(SESSION_PROTOCOL)
  }

  /**
   * A new session between `device` and a device of that peer. Callers make one attempt at a time per peer and device.
   *
   * @throws {HandshakeError} when it is refused
   */
  async dial(peer: PeerId, device: SessionDevice, known: Known, options: AbortOptions = {}): Promise<Session> {
    const key = flightKey(peer, device)
    const before = this.#table.at(peer)
    const attempt = this.#initiate(peer, device, known, options)
    this.#dialling.set(key, attempt)
    try {
      return await attempt
    } catch (error) {
      // the other side may have refused because its own attempt came through meanwhile
      const theirs = this.#since(before, peer, device).find(
        ({ remote }) => known.target === undefined || remote === known.target
      )
      if (theirs === undefined) {
        throw error
      }
      return theirs
    } finally {
      this.#dialling.delete(key)
    }
  }

  async #initiate(peer: PeerId, device: SessionDevice, known: Known, options: AbortOptions): Promise<Session> {
    const { libp2p } = this.#components
    const before = this.#table.at(peer)
    const limited = withDeadline(options, this.#limits.handshakeTime)
    const stream = await libp2p.dialProtocol(peer, SESSION_PROTOCOL, {
      ...limited,
      maxOutboundStreams: this.#limits.sessionStreams,
      runOnLimitedConnection: true
    })
    const framed = new FramedStream(stream, HANDSHAKE_MESSAGE_LIMIT)
    const ends = { initiator: libp2p.peerId.toString(), responder: peer.toString() }
    const admit = (remote: IdentityState) => this.#assertCurrent(remote)
    try {
      if (this.#since(before, peer, device).length > 0) {
        throw new HandshakeError('connected')
      }
      const established = await initiate(framed, ends, { device, known, admit }, this.#components, limited)
      return this.#register(established, 'initiator', peer, framed, before)
    } catch (error) {
      framed.abort(asError(error))
      throw error
    }
  }

  async #receive(stream: Stream, connection: Connection): Promise<void> {
    const peer = connection.remotePeer
    const framed = new FramedStream(stream, HANDSHAKE_MESSAGE_LIMIT)
    const leave = this.#enter(peer)
    if (leave === undefined) {
      framed.abort(new HandshakeError('busy'))
      return
    }
    const ends = { initiator: peer.toString(), responder: this.#components.libp2p.peerId.toString() }
    const before = this.#table.at(peer)
    const reception = {
      recognise: (claimed: Claimed) => this.#host.recognise(claimed),
      admit: async (remote: IdentityState, { device }: Recognised) => {
        this.#assertCurrent(remote)
        await this.#giveWay(peer, device, remote, before)
      }
    }
    try {
      const limited = withDeadline({}, this.#limits.handshakeTime)
      const established = await respond(framed, ends, reception, this.#components, limited)
      this.#register(established, 'responder', peer, framed, before)
    } catch (error) {
      // every refusal is the same reset, whatever the reason
      framed.abort(asError(error))
    } finally {
      leave()
    }
  }

  /**
   * @param before the sessions that stood when the other side began: who begins although one stands has forgotten it
   * @throws {HandshakeError} when a session with that device has come up meanwhile
   */
  async #giveWay(
    peer: PeerId,
    device: SessionDevice,
    remote: IdentityState,
    before: readonly Session[]
  ): Promise<void> {
    if (this.#components.libp2p.peerId.toString() < peer.toString()) {
      // whether it fails is for whoever dialled to handle
      await this.#dialling.get(flightKey(peer, device))?.catch(() => undefined)
    }
    if (this.#since(before, peer, device).some((session) => session.remote === remote.did)) {
      throw new HandshakeError('connected')
    }
  }

  #since(before: readonly Session[], peer: PeerId, device: SessionDevice): Session[] {
    return this.#table.at(peer, device.did).filter((session) => !before.includes(session))
  }

  #register(
    { keys, local, remote }: Established,
    role: Role,
    peer: PeerId,
    stream: FramedStream,
    before: readonly Session[]
  ): Session {
    const { now } = this.#components
    const session = new Session({ keys, role, local, remote: remote.did, peer, stream, now })
    this.#table.add(session, before)
    return session
  }

  #assertCurrent(remote: IdentityState): void {
    if (!this.#host.isCurrent(remote)) {
      throw new HandshakeError('retired-keys')
    }
  }

  /** Count a handshake in; undefined when there are too many. @returns what counts it out */
  #enter(peer: PeerId): (() => void) | undefined {
    const name = peer.toString()
    const ofPeer = this.#pending.get(name) ?? 0
    const all = [...this.#pending.values()].reduce((sum, count) => sum + count, 0)
    if (ofPeer >= this.#limits.pendingPerPeer || all >= this.#limits.pending) {
      return undefined
    }
    this.#pending.set(name, ofPeer + 1)
    return () => {
      const left = (this.#pending.get(name) ?? 1) - 1
      if (left === 0) {
        this.#pending.delete(name)
      } else {
        this.#pending.set(name, left)
      }
    }
  }
}

/** The caller's signal, and a deadline. */
export function withDeadline({ signal }: AbortOptions, time: number): { signal: AbortSignal } {
  const deadline = AbortSignal.timeout(time)
  return { signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]) }
}

/** What was thrown, as an error for the stream's log. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new HandshakeError('failed', { cause: thrown })
}

function flightKey(peer: PeerId, device: SessionDevice): string {
  return `${peer.toString()} ${device.did}`
}
