import type { AbortOptions, Libp2p, PeerId } from '@libp2p/interface'
import { type Frames, framesOf } from '../sync/framing.ts'
import {
  CONTENT_PROTOCOL,
  MAX_REQUEST_BYTES,
  MAX_STREAMS_PER_PEER,
  RECEIVE_BUFFER_BYTES,
  REQUEST_BUFFER_BYTES
} from './limits.ts'
import { MAX_NODE_BYTES } from './node.ts'

/** What the exchange of larger contents needs of a network. */
export interface ContentHost {
  /** `opened` gets every stream by which a peer asks for content. Returns what ends it. */
  listen(opened: (frames: Frames, peer: PeerId) => void): Promise<() => Promise<void>>
  /** A new stream to a connected peer. */
  open(peer: PeerId, options: AbortOptions): Promise<Frames>
}

/** Content over libp2p. Not over connections that are limited: one node would use up what a relay allows. */
export function libp2pContentHost(libp2p: Libp2p): ContentHost {
  return {
    async listen(opened) {
      await libp2p.handle(
        CONTENT_PROTOCOL,
        (stream, { remotePeer }) => opened(framesOf(stream, MAX_REQUEST_BYTES, REQUEST_BUFFER_BYTES), remotePeer),
        { maxInboundStreams: MAX_STREAMS_PER_PEER, maxOutboundStreams: MAX_STREAMS_PER_PEER }
      )
      return () => libp2p.unhandle(CONTENT_PROTOCOL)
    },
    async open(peer, options) {
      const stream = await libp2p.dialProtocol(peer, CONTENT_PROTOCOL, options)
      return framesOf(stream, MAX_NODE_BYTES, RECEIVE_BUFFER_BYTES)
    }
  }
}
