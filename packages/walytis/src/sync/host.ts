import type { AbortOptions, Connection, Libp2p, Logger, PeerId, Stream } from '@libp2p/interface'
import { ClosedError } from '../errors.ts'
import { type Frames, framesOf } from './framing.ts'
import { MAX_MESSAGE_BYTES, READ_BUFFER_BYTES, SYNC_PROTOCOL } from './limits.ts'

/** What sync needs of a network. */
export interface SyncHost {
  readonly peerId: PeerId
  readonly log: Logger
  /**
   * Take part: `opened` gets every stream that a peer opens, `connected` every peer that speaks the protocol.
   *
   * @returns what ends it
   */
  listen(handlers: {
    opened(frames: Frames, peer: PeerId): void
    connected(peer: PeerId): void
  }): Promise<() => Promise<void>>
  isConnected(peer: PeerId): boolean
  /** A new stream to a connected peer. */
  open(peer: PeerId, options: AbortOptions): Promise<Frames>
  /** Close all connections to a peer. */
  hangUp(peer: PeerId): Promise<void>
}

/** Sync over libp2p. */
export function libp2pHost(libp2p: Libp2p): SyncHost {
  return {
    peerId: libp2p.peerId,
    log: libp2p.logger.forComponent('walytis:sync'),
    async listen({ opened, connected }) {
      const limits = { maxInboundStreams: 4, maxOutboundStreams: 4, runOnLimitedConnection: true }
      await libp2p.handle(
        SYNC_PROTOCOL,
        (stream, connection) => opened(framesOn(connection, stream), connection.remotePeer),
        limits
      )
      const topology = await libp2p.register(SYNC_PROTOCOL, { notifyOnLimitedConnection: true, onConnect: connected })
      return async () => {
        libp2p.unregister(topology)
        await libp2p.unhandle(SYNC_PROTOCOL)
      }
    },
    isConnected: (peer) => libp2p.getConnections(peer).length > 0,
    async open(peer, options) {
      // libp2p would dial anew where there is only a relayed connection
      const connections = libp2p.getConnections(peer).filter(({ status }) => status === 'open')
      const connection = connections.find(({ limits }) => limits === undefined) ?? connections[0]
      if (connection === undefined) throw new ClosedError('connection')
      return framesOn(
        connection,
        await connection.newStream(SYNC_PROTOCOL, { ...options, runOnLimitedConnection: true })
      )
    },
    hangUp: (peer) => libp2p.hangUp(peer)
  }
}

function framesOn({ limits }: Connection, stream: Stream): Frames {
  const limit = limits?.bytes === undefined ? undefined : Number(limits.bytes)
  return framesOf(stream, MAX_MESSAGE_BYTES, READ_BUFFER_BYTES, limit)
}
