import fc from 'fast-check'
import { alice, bob, carol } from '../../src/testing/actors.ts'
import type { DrawnGraph } from '../../src/testing/draw-dag.ts'
import { type ForgedBlock, forgeBlock, forgeDag, PLAIN_SETTINGS } from '../../src/testing/forge.ts'
import { encodeVotes, VOTING_POLICY, type Votes } from './voting-policy.ts'

/** Settings of a chain whose blocks vote on each other. */
export const VOTING_SETTINGS = {
  ...PLAIN_SETTINGS,
  policy: { name: VOTING_POLICY.name, parameters: VOTING_POLICY.parameters }
}

/** Votes on blocks by their position in the drawing, modulo its length. */
export const arbitraryVotes: fc.Arbitrary<Votes> = fc.record({
  revoke: fc.array(fc.nat({ max: 99 }).map(String), { maxLength: 2 }),
  reinstate: fc.array(fc.nat({ max: 99 }).map(String), { maxLength: 1 }),
  retain: fc.boolean()
})

/** What a block carries besides its votes. Its first topic is always its name. */
export interface Dress {
  readonly topics?: readonly string[]
  readonly time?: number
}

/** A drawn history whose blocks vote on each other, with its genesis, in canonical order. */
export async function votingHistory(
  graph: DrawnGraph,
  genesis: ForgedBlock,
  votes: readonly Votes[],
  dresses: readonly Dress[] = []
): Promise<ForgedBlock[]> {
  const plain = await forgeDag(graph, genesis, [alice, bob, carol])
  const names = [...graph.keys()]
  const forged: ForgedBlock[] = []
  const renamed = new Map([[genesis.signed.id.toString(), genesis.signed]])
  const again = (ids: readonly { toString(): string }[]) => ids.flatMap((id) => renamed.get(id.toString()) ?? [])
  for (const name of [...names].sort((a, b) => height(plain, a) - height(plain, b))) {
    const block = plain.get(name)?.signed
    const author = [alice, bob, carol].find((actor) => actor.name[0] === name[0])
    if (block === undefined || author === undefined) throw new RangeError(name)
    const target = (one: string): string => names[Number(one) % names.length] ?? name
    const cast = votes[names.indexOf(name)] ?? {}
    const { topics = [], time } = dresses[names.indexOf(name)] ?? {}
    const content = encodeVotes({
      revoke: cast.revoke?.map(target) ?? [],
      reinstate: cast.reinstate?.map(target) ?? [],
      retain: cast.retain === true
    })
    const [prev] = block.prev === null ? [] : again([block.prev])
    const parents = again(block.parents)
    const stand = { signer: author.signer, genesis: genesis.signed, parents, prev }
    const one = await forgeBlock({ ...stand, content, topics: [name, ...topics], time })
    forged.push(one)
    renamed.set(block.id.toString(), one.signed)
  }
  return [genesis, ...forged]
}

function height(blocks: ReadonlyMap<string, ForgedBlock>, name: string): number {
  return blocks.get(name)?.signed.height ?? 0
}
