import type { PeerId } from '@libp2p/interface'
import type { StagedChain } from '../../src/chain-factory.ts'
import type { RawBlock } from '../../src/interface/index.ts'
import type { Replica } from '../../src/replica.ts'
import { alice, bob, carol } from '../../src/testing/actors.ts'
import { parseDag } from '../../src/testing/draw-dag.ts'
import { type ForgedBlock, forgeDag, forgeGenesis } from '../../src/testing/forge.ts'
import { type LocalNode, NOBODY } from './local-chains.ts'

/** A drawn history on alice's chain, with its genesis. */
export async function drawnHistory(drawing: string): Promise<{
  genesis: ForgedBlock
  blocks: Map<string, ForgedBlock>
  block(name: string): ForgedBlock
}> {
  const genesis = await forgeGenesis(alice)
  const blocks = await forgeDag(parseDag(drawing), genesis, [alice, bob, carol])
  const block = (name: string): ForgedBlock => {
    const found = blocks.get(name)
    if (found === undefined) throw new RangeError(`${name} is not drawn`)
    return found
  }
  return { genesis, blocks, block }
}

/** Receive a chain of alice's at a node where carol writes. */
export async function stageFor(node: LocalNode, genesis: ForgedBlock): Promise<StagedChain> {
  return await node.chains.stage(genesis.signed.id.toString(), { signer: carol.signer, accessControl: NOBODY })
}

/** The names of the rules that blocks break when a replica is given them. */
export async function rulesBroken(
  replica: Replica,
  blocks: readonly RawBlock[],
  from: PeerId = bob.peerId
): Promise<string[]> {
  return (await replica.ingest([...blocks], from)).rejected.map(({ rule }) => rule)
}
