import type { AbortOptions } from '@libp2p/interface'
import type { Group } from 'walytis-identities'
import type { ChatBlock } from '../interface/index.ts'

/** What a chat's chain is made of, newest first: its messages, edits and reactions, and what its group decided. */
export async function* graphOf(group: Group, limit?: number, options?: AbortOptions): AsyncGenerator<ChatBlock> {
  for await (const block of group.blockchain.blocks({ reverse: true, limit }, options)) {
    const { id, parents, height, author, time } = block
    yield { id: id.toString(), parents: parents.map(String), height, author, time }
  }
}
