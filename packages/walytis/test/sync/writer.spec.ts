import { describe, expect, it } from 'vitest'
import { blockIdOf } from '../../src/block/id.ts'
import { MAX_UNSENT_BYTES } from '../../src/sync/limits.ts'
import { encodeMessage, type SyncMessage } from '../../src/sync/messages.ts'
import { Writer } from '../../src/sync/writer.ts'

const chain = blockIdOf(new Uint8Array(1))
const heads: SyncMessage = {
  type: 'heads',
  chain,
  round: 1,
  heads: Array.from({ length: 256 }, (_, i) => blockIdOf(Uint8Array.of(i))),
  digest: new Uint8Array(16),
  count: 1,
  partial: false
}
const block = { block: new Uint8Array(1024), content: new Uint8Array() }

function open(write: () => Promise<void>) {
  let floods = 0
  const writer = new Writer({
    frames: {
      read: () => Promise.withResolvers<Uint8Array>().promise,
      write,
      close: async () => {},
      abort: () => {}
    },
    maySend: () => true,
    deadline: () => 60_000,
    failed: (cause) => expect.unreachable(String(cause)),
    flooded: () => floods++
  })
  return { writer, floods: () => floods }
}

describe('what is to be written to a peer', () => {
  it('R34 is bounded for a peer that asks, and takes no answers', () => {
    const { writer, floods } = open(() => Promise.withResolvers<void>().promise)
    const enough = Math.ceil(MAX_UNSENT_BYTES / encodeMessage(heads).length)
    for (let sent = 0; sent < enough / 2; sent++) writer.send(heads)
    expect(floods()).toBe(0)
    for (let sent = 0; sent < enough; sent++) writer.send(heads)
    expect(floods()).toBeGreaterThan(0)
  })

  it('is not counted once taken, nor when it is blocks, which credits bound', async () => {
    const taking = open(async () => {})
    for (let sent = 0; sent < 1000; sent++) {
      taking.writer.send(heads)
      await taking.writer.finished()
    }
    expect(taking.floods()).toBe(0)
    const waiting = open(() => Promise.withResolvers<void>().promise)
    for (let n = 1; n <= 8192; n++) waiting.writer.send({ type: 'blocks', chain, n, blocks: [block] })
    expect(waiting.floods()).toBe(0)
  })
})
