import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ancestryNode } from '../../src/chain/judge.ts'
import { type AncestryNode, isAncestor } from '../../src/graph/ancestry.ts'
import type { BlockId, SignedBlock } from '../../src/interface/index.ts'
import { alice, bob, carol } from '../../src/testing/actors.ts'
import { arbitraryDag } from '../../src/testing/arbitraries.ts'
import { forgeDag, forgeGenesis } from '../../src/testing/forge.ts'
import { follows } from '../reference/naive-chain.ts'

const genesis = await forgeGenesis(alice)

it.each([false, true])('agrees with the definition, with forks: %s', async (forks) => {
  await fc.assert(
    fc.asyncProperty(arbitraryDag(['a', 'b', 'c'], 12, forks), async (graph) => {
      const forged = await forgeDag(graph, genesis, [alice, bob, carol])
      const blocks = [genesis, ...forged.values()].map(({ signed }) => ({
        block: signed,
        revoked: false,
        retained: false
      }))
      const nodes = new Map(blocks.map(({ block }) => [block.id.toString(), nodeOf(block)]))
      const node = async (id: BlockId): Promise<AncestryNode> => {
        const found = nodes.get(id.toString())
        if (found === undefined) throw new RangeError(id.toString())
        return found
      }
      const places = [...nodes.values()].map(({ creator, seq }) => `${creator} ${seq}`)
      const forked = new Set(
        [...nodes.values()]
          .filter(({ creator, seq }) => places.filter((place) => place === `${creator} ${seq}`).length > 1)
          .map(({ creator }) => creator)
      )
      for (const one of blocks) {
        for (const other of blocks) {
          const found = await isAncestor(await node(one.block.id), await node(other.block.id), {
            node,
            hasForked: (creator) => forked.has(creator)
          })
          expect(found).toBe(follows(other, one, blocks))
        }
      }
    }),
    { numRuns: 60 }
  )
})

it('remembers the frontier only: a long chain is no burden', async () => {
  const length = 100_000
  const [base] = [...(await forgeDag(new Map([['b1', []]]), genesis, [bob])).values()]
  if (base === undefined) throw new RangeError()
  let looked = 0
  // two long branches, told apart by creator; ids are borrowed, since only the shape matters here
  const nodes = new Map<number, AncestryNode>()
  const ids = Array.from({ length: 2 }, (_, index) => (index === 0 ? genesis.signed.id : base.signed.id))
  const [even, odd] = ids
  if (even === undefined || odd === undefined) throw new RangeError()
  for (let height = 1; height <= length; height++) {
    const id = height % 2 === 0 ? even : odd
    const links = height === 1 ? [] : [height % 2 === 0 ? odd : even]
    nodes.set(height, { id, height, seq: height, creator: 'one', links })
  }
  let current = length
  const node = async (): Promise<AncestryNode> => {
    looked++
    current--
    const found = nodes.get(current)
    if (found === undefined) throw new RangeError()
    return found
  }
  const [top] = [nodes.get(length)]
  if (top === undefined) throw new RangeError()
  const lonely = {
    ...nodeOf(base.signed),
    id: (await forgeGenesis(carol)).signed.id,
    height: 10,
    creator: 'two',
    seq: 1
  }
  expect(await isAncestor(lonely, top, { node, hasForked: () => false })).toBe(false)
  expect(looked).toBe(length - 10)
  // the creator's own later block is found without a walk
  const first = nodes.get(5)
  if (first === undefined) throw new RangeError()
  looked = 0
  expect(await isAncestor(first, top, { node, hasForked: () => false })).toBe(true)
  expect(looked).toBe(0)
})

function nodeOf(block: SignedBlock): AncestryNode {
  const bare = {
    annotation: new Uint8Array(),
    arrival: 0,
    revoked: false,
    retained: false,
    replicated: true,
    lacking: false
  }
  return ancestryNode({ block, ...bare })
}
