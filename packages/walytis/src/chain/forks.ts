import { BLOCK_ID_BYTES, blockIdFromBytes } from '../block/id.ts'
import { parseMultikey } from '../crypto/multikey.ts'
import type { ForkProof } from '../interface/index.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import { forkOf, INDEX } from '../storage/indexes.ts'

/** The stored proofs of forks, by creator and seq. */
export async function* forksOf(store: ChainStore): AsyncGenerator<ForkProof> {
  for await (const [key, value] of store.scan(Uint8Array.of(INDEX.fork))) {
    const { creator, seq } = forkOf(key)
    const known = parseMultikey(creator)
    if (known === undefined || value.length !== 2 * BLOCK_ID_BYTES) throw store.damaged()
    const blocks = [
      blockIdFromBytes(value.subarray(0, BLOCK_ID_BYTES)),
      blockIdFromBytes(value.subarray(BLOCK_ID_BYTES))
    ] as const
    yield { creator: known, seq, blocks }
  }
}
