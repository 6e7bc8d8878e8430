import { CID } from 'multiformats/cid'
import { createWalytis } from 'walytis'
import type { Block, Blockchain, BlockId, BlockPolicy, Walytis } from 'walytis/interface'

/** A policy under which a block with topic `revoke` or `reinstate` takes the block that its content names out of effect, or back. */
const revoking: BlockPolicy = {
  name: 'test/revoking',
  parameters: new Uint8Array(),
  judge(block, content) {
    const named = (topic: string): BlockId[] =>
      block.topics.includes(topic) ? [CID.parse(new TextDecoder().decode(content))] : []
    const effects = { revoke: named('revoke'), reinstate: named('reinstate') }
    return { accepted: true, annotation: new Uint8Array(), effects, retain: true }
  }
}

export interface RevokingChain extends AsyncDisposable {
  readonly chain: Blockchain
  /** The chain as it is once more after it was closed. */
  reopen(): Promise<Blockchain>
  revoke(block: Pick<Block, 'id'>): Promise<void>
  reinstate(block: Pick<Block, 'id'>): Promise<void>
}

/** A chain of one node, in memory, whose blocks can be taken out of effect. */
export async function openRevokingChain(): Promise<RevokingChain> {
  const walytis: Walytis = await createWalytis({ listen: [], discovery: { mdns: false } })
  let chain = await walytis.create({ policy: revoking })
  const say = async (topic: string, { id }: Pick<Block, 'id'>): Promise<void> => {
    await chain.add(new TextEncoder().encode(id.toString()), { topics: [topic] })
  }
  return {
    chain,
    async reopen() {
      chain = await walytis.open(chain.id, { policy: revoking })
      return chain
    },
    revoke: async (block) => await say('revoke', block),
    reinstate: async (block) => await say('reinstate', block),
    [Symbol.asyncDispose]: async () => await walytis.stop()
  }
}
