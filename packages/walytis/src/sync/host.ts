import type { AbortOptions, Libp2p, Logger, PeerId } from '@libp2p/interface'
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
        (stream, { remotePeer }) => opened(framesOf(stream, MAX_MESSAGE_BYTES, READ_BUFFER_BYTES), remotePeer),
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
      const stream = await libp2p.dialProtocol(peer, SYNC_PROTOCOL, { ...options, runOnLimitedConnection: true })
      return framesOf(stream, MAX_MESSAGE_BYTES, READ_BUFFER_BYTES)
    },
    hangUp: (peer) => libp2p.hangUp(peer)
  }
}
