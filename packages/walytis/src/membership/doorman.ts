import type { AbortOptions, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { AccessDeniedError, InvitationError } from '../errors.ts'
import type { Signer } from '../interface/index.ts'
import { Pace } from '../pace.ts'
import { Places } from '../places.ts'
import { type Frames, framesOf } from '../sync/framing.ts'
import { platformTimers } from '../timers.ts'
import type { InvitationDetails } from './invitation.ts'
import { answerJoin, JOIN_DEADLINE, JOIN_PROTOCOL, MAX_JOIN_MESSAGE_BYTES, requestJoin } from './join.ts'
import { parsePeerId } from './peers.ts'

export interface DoormanInit {
  readonly libp2p: Libp2p
  readonly now: () => number
  readonly randomBytes: (length: number) => Uint8Array
  admit(chain: string, invitation: Uint8Array, joiner: Uint8Array): Promise<Uint8Array | undefined>
}

/** Streams of joiners that are answered at a time: of all, and of one peer. */
export const MAX_JOINERS = 64
const MAX_JOINS_PER_PEER = 4
/** Tries of one peer that came to nothing: so many at once, and one more each so many milliseconds. */
export const FAILED_JOINS = { burst: 16, every: 2000 } as const

/** Both ends of the join protocol on this node. */
export class Doorman {
  private readonly init: DoormanInit
  /** Streams that are being answered. */
  private readonly answering = new Places<Stream>({ total: MAX_JOINERS, each: MAX_JOINS_PER_PEER })
  private readonly pace = new Pace({ ...FAILED_JOINS, now: platformTimers().now })

  constructor(init: DoormanInit) {
    this.init = init
  }

  async start(): Promise<void> {
    const options = { maxInboundStreams: MAX_JOINS_PER_PEER, runOnLimitedConnection: true }
    await this.init.libp2p.handle(JOIN_PROTOCOL, (stream, { remotePeer }) => this.answer(stream, remotePeer), options)
  }

  async stop(): Promise<void> {
    await this.init.libp2p.unhandle(JOIN_PROTOCOL)
  }

  /**
   * Prove an invitation to who made it.
   *
   * @returns the chain's access key
   * @throws {InvitationError} `refused`, `expired`, or `unreachable`
   */
  async request(invitation: InvitationDetails, signer: Signer, options: AbortOptions): Promise<Uint8Array> {
    const { libp2p, now } = this.init
    const inviter = parsePeerId(invitation.peer)
    if (inviter === undefined) throw new InvitationError('malformed')
    const deadline = AbortSignal.timeout(JOIN_DEADLINE)
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline
    let frames: Frames
    try {
      if (invitation.addresses.length > 0)
        await libp2p.peerStore.merge(inviter, { multiaddrs: [...invitation.addresses] })
      frames = framesOf(
        await libp2p.dialProtocol(inviter, JOIN_PROTOCOL, { signal, runOnLimitedConnection: true }),
        MAX_JOIN_MESSAGE_BYTES,
        BUFFER_BYTES
      )
    } catch (cause) {
      options.signal?.throwIfAborted()
      throw new InvitationError('unreachable', { cause })
    }
    try {
      return await requestJoin(frames, { self: libp2p.peerId, inviter }, invitation, signer, { signal })
    } catch (cause) {
      frames.abort(new AccessDeniedError({ cause }))
      options.signal?.throwIfAborted()
      if (!(cause instanceof InvitationError)) throw new InvitationError('unreachable', { cause })
      // refused by the member's clock; ours can only explain
      throw invitation.expires.getTime() <= now() ? new InvitationError('expired', { cause }) : cause
    }
  }

  private async answer(stream: Stream, joiner: PeerId): Promise<void> {
    const { libp2p, randomBytes, admit } = this.init
    const name = joiner.toString()
    if (!this.pace.allows(name)) return stream.abort(new AccessDeniedError())
    // an honest joiner answers at once, so who is there longest has had its time: silent strangers must not keep out all others
    this.answering.take(stream, name)?.abort(new AccessDeniedError())
    let isAdmitted = false
    try {
      await answerJoin(framesOf(stream, MAX_JOIN_MESSAGE_BYTES, BUFFER_BYTES), joiner, {
        self: libp2p.peerId,
        randomBytes,
        admit: async (...proof) => {
          const access = await admit(...proof)
          isAdmitted = access !== undefined
          return access
        }
      })
    } catch (error) {
      libp2p.logger.forComponent('walytis:join')('%p did not finish joining: %o', joiner, error)
      stream.abort(new AccessDeniedError({ cause: error }))
    } finally {
      if (!isAdmitted) this.pace.failed(name)
      this.answering.leave(stream)
    }
  }
}

const BUFFER_BYTES = 4 * MAX_JOIN_MESSAGE_BYTES
