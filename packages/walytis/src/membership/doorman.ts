import type { AbortOptions, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { AccessDeniedError, InvitationError } from '../errors.ts'
import type { Signer } from '../interface/index.ts'
import { type Frames, framesOf } from '../sync/framing.ts'
import type { InvitationDetails } from './invitation.ts'
import { answerJoin, JOIN_DEADLINE, JOIN_PROTOCOL, MAX_JOIN_MESSAGE_BYTES, requestJoin } from './join.ts'
import { parsePeerId } from './peers.ts'

export interface DoormanInit {
  readonly libp2p: Libp2p
  readonly now: () => number
  readonly randomBytes: (length: number) => Uint8Array
  admit(chain: string, invitation: Uint8Array, joiner: Uint8Array): Promise<Uint8Array | undefined>
}

/** Streams of joiners that are answered at a time. */
const MAX_JOINERS = 16

/** Both ends of the join protocol on this node. */
export class Doorman {
  private readonly init: DoormanInit
  /** Streams that are being answered, the oldest first. */
  private readonly answering = new Set<Stream>()

  constructor(init: DoormanInit) {
    this.init = init
  }

  async start(): Promise<void> {
    const options = { maxInboundStreams: 2, runOnLimitedConnection: true }
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
    // an honest joiner answers at once, so the oldest has had its time: silent strangers must not keep out all others
    const [oldest] = this.answering
    if (oldest !== undefined && this.answering.size >= MAX_JOINERS) {
      this.answering.delete(oldest)
      oldest.abort(new AccessDeniedError())
    }
    this.answering.add(stream)
    try {
      await answerJoin(framesOf(stream, MAX_JOIN_MESSAGE_BYTES, BUFFER_BYTES), joiner, {
        self: libp2p.peerId,
        randomBytes,
        admit
      })
    } catch (error) {
      libp2p.logger.forComponent('walytis:join')('%p did not finish joining: %o', joiner, error)
      stream.abort(new AccessDeniedError({ cause: error }))
    } finally {
      this.answering.delete(stream)
    }
  }
}

const BUFFER_BYTES = 4 * MAX_JOIN_MESSAGE_BYTES
