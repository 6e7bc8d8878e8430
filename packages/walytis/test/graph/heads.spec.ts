import { describe, expect, it } from 'vitest'
import { compareIds } from '../../src/block/id.ts'
import { MAX_PARENTS } from '../../src/constants.ts'
import { chooseParents } from '../../src/graph/heads.ts'
import { mergeOrdered } from '../../src/graph/order.ts'
import { createActor } from '../../src/testing/actors.ts'
import { forgeBlock } from '../../src/testing/forge.ts'
import { all, createChain, openLocalNode } from '../support/local-chains.ts'
import { drawnHistory } from '../support/plain-history.ts'

describe('heads', () => {
  it('are at most 16 parents of a new block, the highest, sorted', async () => {
    const { genesis, block } = await drawnHistory('b1-b2')
    const others = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const signer = createActor(`actor ${index}`).signer
        return await forgeBlock({ signer, genesis: genesis.signed, parents: [genesis.signed] })
      })
    )
    const heads = [...others, block('b2')].map(({ signed }) => signed)
    const parents = chooseParents(heads)
    expect(parents.length).toBe(MAX_PARENTS)
    expect(parents.some((id) => id.equals(block('b2').signed.id))).toBe(true)
    expect([...parents].sort(compareIds)).toEqual(parents)
  })

  it('of many concurrent writers are merged by the next blocks', async () => {
    const node = await openLocalNode()
    const { blockchain, replica } = await createChain(node)
    const genesis = await blockchain.record(replica.chain)
    if (genesis === undefined) throw new RangeError()
    const actors = Array.from({ length: 20 }, (_, index) => createActor(`actor ${index}`))
    const concurrent = await Promise.all(
      actors.map(({ signer }) => forgeBlock({ signer, genesis: genesis.block, parents: [genesis.block] }))
    )
    await replica.ingest(concurrent, createActor('peer').peerId)
    expect((await blockchain.heads()).length).toBe(20)
    const merge = await blockchain.add(new Uint8Array())
    expect(merge.parents.length).toBe(16)
    expect((await blockchain.heads()).length).toBe(5)
    expect((await blockchain.add(new Uint8Array())).parents.length).toBe(5)
    expect((await blockchain.heads()).length).toBe(1)
    await node.stop()
  })
})

describe('mergeOrdered', () => {
  it('merges, without what several have in common, in both directions', async () => {
    const { blocks } = await drawnHistory('b1-b2-b3-b4')
    const places = [...blocks.values()].map(({ signed: { id, height } }) => ({ id, height }))
    const parts = [places.slice(0, 3), places.slice(1), []]
    const source = async function* (items: typeof places) {
      yield* items
    }
    expect(await all(mergeOrdered(parts.map(source)))).toEqual(places)
    const reversed = await all(
      mergeOrdered(
        parts.map((part) => source(part.toReversed())),
        true
      )
    )
    expect(reversed).toEqual(places.toReversed())
  })
})
