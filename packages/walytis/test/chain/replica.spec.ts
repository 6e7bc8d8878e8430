import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { alice, bob, carol } from '../../src/testing/actors.ts'
import { forgeBlock, forgeGenesis, PLAIN_SETTINGS } from '../../src/testing/forge.ts'
import { bytes, createChain, type LocalNode, NOBODY, openLocalNode } from '../support/local-chains.ts'
import { encodeVotes, VOTING_POLICY } from '../support/voting-policy.ts'

describe('a chain as its peers see it', () => {
  let node: LocalNode

  beforeEach(async () => {
    node = await openLocalNode()
  })

  afterEach(() => node.stop())

  it('R15 gives nobody a revoked block on which nothing stands, even when asked for it by its id', async () => {
    const { name, parameters } = VOTING_POLICY
    const genesis = await forgeGenesis(alice, { ...PLAIN_SETTINGS, policy: { name, parameters } })
    const stand = { genesis: genesis.signed, parents: [genesis.signed] }
    const kept = await forgeBlock({ ...stand, signer: bob.signer, topics: ['kept'], content: encodeVotes({}) })
    const fallen = await forgeBlock({ ...stand, signer: bob.signer, topics: ['fallen'], content: encodeVotes({}) })
    const vote = await forgeBlock({
      ...stand,
      parents: [kept.signed],
      signer: alice.signer,
      prev: genesis.signed,
      topics: ['vote'],
      content: encodeVotes({ revoke: ['fallen'] })
    })
    const { replica } = await node.chains.stage(genesis.signed.id.toString(), {
      signer: carol.signer,
      accessControl: NOBODY,
      policy: VOTING_POLICY
    })
    await replica.ingest([genesis, kept, fallen], bob.peerId)
    expect((await replica.read(fallen.signed.id))?.block).toEqual(fallen.block)
    await replica.ingest([vote], alice.peerId)
    expect(await replica.has(fallen.signed.id)).toBe(true)
    expect(await replica.read(fallen.signed.id)).toBeUndefined()
    expect((await replica.heads()).map(String)).toEqual([vote.signed.id.toString()])
    // who holds it can still be told exactly what it lacks
    expect(await replica.links(fallen.signed.id)).toMatchObject({ height: 1 })
    expect(await replica.read(kept.signed.id)).toEqual({ block: kept.block, content: kept.content })
  })

  it('is told of a block before applications are, which may take their time', async () => {
    const { blockchain, replica } = await createChain(node)
    const told: string[] = []
    blockchain.addEventListener('block:added', () => told.push('application'))
    replica.onAccepted(() => told.push('peers'))
    await blockchain.add(bytes('x'))
    expect(told).toEqual(['peers', 'application'])
  })

  it('reads many in their order: as many as fit, and one at least', async () => {
    const { blockchain, replica } = await createChain(node)
    const ids = []
    for (const size of [1000, 0, 1000, 1000]) ids.push((await blockchain.add(new Uint8Array(size).fill(7))).id)
    const { signed } = await forgeBlock({
      signer: bob.signer,
      genesis: (await forgeGenesis(alice)).signed,
      parents: [(await forgeGenesis(alice)).signed]
    })
    const raws = await replica.readMany([signed.id, ...ids], 1_000_000)
    expect(raws.map((raw) => raw?.content.length)).toEqual([undefined, 1000, 0, 1000, 1000])
    expect(raws[1]).toEqual(await replica.read(ids[0] as (typeof ids)[0]))
    expect((await replica.readMany(ids, 2000)).length).toBe(3)
    expect((await replica.readMany(ids, 0)).length).toBe(1)
    expect(await replica.readMany([], 0)).toEqual([])
  })

  it('does not pass a block on whose content is lost', async () => {
    const { blockchain, replica } = await node.chains.create({
      signer: alice.signer,
      accessControl: NOBODY,
      access: 'invite'
    })
    const { id } = await blockchain.add(bytes('lost'))
    const rows = node.store.sublevel<string, Uint8Array>(['walytis', 'chain', blockchain.id], { valueEncoding: 'view' })
    await rows.clear({ gte: 'c', lt: 'd' })
    // a peer would take it for forged, and cut this node off
    expect(await replica.read(id)).toBeUndefined()
    expect(replica.damages.ids).toEqual([id])
  })
})
