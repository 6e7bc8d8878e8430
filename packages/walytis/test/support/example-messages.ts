import { blockIdOf } from '../../src/block/id.ts'
import type { BlockId } from '../../src/interface/index.ts'
import type { SyncMessage } from '../../src/sync/messages.ts'

const id = (n: number): BlockId => blockIdOf(Uint8Array.of(n))
const filled = (length: number, n: number): Uint8Array => new Uint8Array(length).fill(n)

/** One of each kind: what the golden vectors are made of. */
export function exampleMessages(): SyncMessage[] {
  const chain = id(0)
  const [first, second] = [
    { height: 1, id: id(1) },
    { height: 2, id: id(2) }
  ] as const
  return [
    { type: 'hello', nonce: filled(32, 1) },
    { type: 'tags', tags: [filled(16, 2), filled(16, 3)] },
    { type: 'heads', chain, round: 1, heads: [id(1), id(2)], digest: filled(16, 4), count: 3, partial: true },
    { type: 'held', chain, round: 1, lacking: true },
    {
      type: 'ranges',
      chain,
      round: 1,
      ranges: [
        { upper: first, part: null },
        { upper: second, part: filled(16, 5) },
        { upper: null, part: [second] }
      ]
    },
    { type: 'want', chain, ids: [first, second] },
    { type: 'served', chain },
    { type: 'blocks', chain, n: 7, blocks: [{ block: filled(3, 6), content: filled(2, 7) }] },
    { type: 'ack', chain, n: 7 },
    { type: 'peers', chain, records: [filled(5, 8)] },
    { type: 'close', chain },
    { type: 'bye' }
  ]
}
