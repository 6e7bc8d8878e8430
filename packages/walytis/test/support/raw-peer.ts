import { identify } from '@libp2p/identify'
import type { Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Walytis } from '../../src/interface/index.ts'
import { decodeInvitation } from '../../src/membership/invitation.ts'
import { JOIN_PROTOCOL, MAX_JOIN_MESSAGE_BYTES, requestJoin } from '../../src/membership/join.ts'
import { type Frames, framesOf } from '../../src/sync/framing.ts'
import { MAX_MESSAGE_BYTES, READ_BUFFER_BYTES, SYNC_PROTOCOL } from '../../src/sync/limits.ts'
import { decodeMessage, encodeMessage, type SyncMessage } from '../../src/sync/messages.ts'
import { Rendezvous } from '../../src/sync/rendezvous.ts'
import { createActor } from '../../src/testing/actors.ts'

/** libp2p alone: somebody who speaks the protocols by hand, and breaks them at will. */
export async function startRawPeer(): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() }
  })
}

export const joinFrames = (stream: Stream): Frames => framesOf(stream, MAX_JOIN_MESSAGE_BYTES, 1024 * 1024)

export async function openJoin(peer: Libp2p, addresses: Multiaddr[]): Promise<Frames> {
  return joinFrames(await peer.dialProtocol(addresses, JOIN_PROTOCOL))
}

/** Join by an invitation as anybody may, and get the chain's access key. */
export async function obtainKey(peer: Libp2p, member: Walytis, invitation: string): Promise<Uint8Array> {
  const frames = await openJoin(peer, member.getMultiaddrs())
  const peers = { self: peer.peerId, inviter: member.peerId }
  return requestJoin(frames, peers, decodeInvitation(invitation), createActor('mallory').signer, {})
}

/** A sync stream, spoken by hand. */
export class RawSync {
  readonly received: SyncMessage[] = []
  readonly bytes: Uint8Array[] = []
  private readonly frames: Frames

  constructor(frames: Frames) {
    this.frames = frames
  }

  /** Open a stream and say hello; with a key, show that one holds it. */
  static async open(peer: Libp2p, member: Walytis, chain: string, key: Uint8Array): Promise<RawSync> {
    const stream = await peer.dialProtocol(member.getMultiaddrs(), SYNC_PROTOCOL)
    const sync = new RawSync(framesOf(stream, MAX_MESSAGE_BYTES, READ_BUFFER_BYTES))
    const nonce = new Uint8Array(32).fill(9)
    const rendezvous = new Rendezvous('initiator', peer.peerId.toString(), member.peerId.toString(), nonce)
    await sync.send({ type: 'hello', nonce })
    const hello = await sync.until('hello')
    rendezvous.open(hello.nonce)
    await sync.send({ type: 'tags', tags: rendezvous.announce(chain, [key]) })
    return sync
  }

  async send(message: SyncMessage): Promise<void> {
    await this.frames.write([encodeMessage(message)])
  }

  async sendBytes(message: Uint8Array): Promise<void> {
    await this.frames.write([message])
  }

  /** Read up to the next message of a type. */
  async until<T extends SyncMessage['type']>(type: T): Promise<Extract<SyncMessage, { type: T }>> {
    for (;;) {
      const message = await this.read()
      if (message.type === type) return message as Extract<SyncMessage, { type: T }>
    }
  }

  async read(milliseconds = 10_000): Promise<SyncMessage> {
    const bytes = await this.frames.read({ signal: AbortSignal.timeout(milliseconds) })
    this.bytes.push(bytes)
    const message = decodeMessage(bytes)
    if (message === undefined) throw new TypeError('not a message')
    this.received.push(message)
    return message
  }

  /** Read whatever comes until the stream ends. Rejects when it does not. */
  async untilEnd(): Promise<void> {
    for (;;) {
      try {
        await this.read()
      } catch (error) {
        if (error instanceof Error && error.name === 'TimeoutError') throw error
        return
      }
    }
  }
}
