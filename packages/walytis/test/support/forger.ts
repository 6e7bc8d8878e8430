import type { Libp2p } from '@libp2p/interface'
import type { BlockId, Invitation, RawBlock } from '../../src/interface/index.ts'
import { createInvitation } from '../../src/membership/invitation.ts'
import { answerJoin, JOIN_PROTOCOL } from '../../src/membership/join.ts'
import { framesOf } from '../../src/sync/framing.ts'
import { MAX_MESSAGE_BYTES, READ_BUFFER_BYTES, SYNC_PROTOCOL } from '../../src/sync/limits.ts'
import { decodeMessage, encodeMessage, type SyncMessage } from '../../src/sync/messages.ts'
import { Rendezvous } from '../../src/sync/rendezvous.ts'
import { joinFrames } from './raw-peer.ts'

export interface ForgedChain {
  readonly chain: BlockId
  /** What is named as the chain's heads. */
  readonly heads: readonly BlockId[]
  /** What is sent, message by message. */
  sent(): AsyncIterable<readonly RawBlock[]>
}

/** An inviter who admits anybody, and sends what the test wants as the chain. Gives an invitation to it. */
export async function serveForged(mallory: Libp2p, { chain, heads, sent }: ForgedChain): Promise<Invitation> {
  const access = new Uint8Array(32).fill(3)
  await mallory.handle(JOIN_PROTOCOL, (stream, { remotePeer }) =>
    answerJoin(joinFrames(stream), remotePeer, {
      self: mallory.peerId,
      randomBytes: (n) => new Uint8Array(n),
      admit: async () => access
    })
  )
  await mallory.handle(SYNC_PROTOCOL, async (stream, { remotePeer }) => {
    const frames = framesOf(stream, MAX_MESSAGE_BYTES, READ_BUFFER_BYTES)
    const say = (message: SyncMessage) => frames.write([encodeMessage(message)])
    const nonce = new Uint8Array(32)
    const rendezvous = new Rendezvous('responder', mallory.peerId.toString(), remotePeer.toString(), nonce)
    const count = 100
    try {
      for (;;) {
        const message = decodeMessage(await frames.read())
        if (message?.type === 'hello') {
          rendezvous.open(message.nonce)
          await say({ type: 'hello', nonce })
          await say({ type: 'tags', tags: rendezvous.announce(chain.toString(), [access]) })
        } else if (message?.type === 'heads') {
          const { round } = message
          await say({ type: 'heads', chain, round, heads, digest: new Uint8Array(16), count, partial: false })
          await say({ type: 'held', chain, round, lacking: false })
          let n = 1
          for await (const blocks of sent()) {
            await say({
              type: 'blocks',
              chain,
              n: n++,
              blocks: blocks.map(({ block, content }) => ({ block, content }))
            })
          }
        }
      }
    } catch {
      // the joiner has gone
    }
  })
  return createInvitation({
    chain,
    secret: new Uint8Array(32).fill(4),
    peer: mallory.peerId.toString(),
    addresses: mallory.getMultiaddrs(),
    expires: new Date(Date.now() + 60_000),
    uses: 1,
    shared: false
  })
}
