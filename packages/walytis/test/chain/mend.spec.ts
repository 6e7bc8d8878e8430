import { MemoryLevel } from 'memory-level'
import { expect, it } from 'vitest'
import type { BlockPolicy } from '../../src/interface/index.ts'
import { chainRows } from '../../src/storage/chain-store.ts'
import { blockKey } from '../../src/storage/indexes.ts'
import { alice, bob } from '../../src/testing/actors.ts'
import { forgeBlock } from '../../src/testing/forge.ts'
import { all, bytes, createChain, NOBODY, openLocalNode } from '../support/local-chains.ts'
import { VOTING_POLICY } from '../support/voting-policy.ts'

/** What a node reads of a block whose row was lost, after a peer has sent the block once more. */
async function readAfterLoss(policy: BlockPolicy | undefined): Promise<unknown> {
  const disk: MemoryLevel<string, string> = new MemoryLevel()
  const before = await openLocalNode(undefined, disk)
  const { blockchain, replica } = await createChain(before, alice, policy)
  const genesis = await blockchain.record(replica.chain)
  if (genesis === undefined) return expect.unreachable('no genesis')
  const sent = await forgeBlock({
    signer: bob.signer,
    genesis: genesis.block,
    parents: [genesis.block],
    topics: ['named'],
    content: bytes('hello')
  })
  await replica.ingest([sent], bob.peerId)
  await before.chains.stop()
  await chainRows(disk, blockchain.id).del(blockKey(sent.signed.id))

  const after = await openLocalNode(undefined, disk)
  const opened = await after.chains.open(blockchain.id, { signer: alice.signer, accessControl: NOBODY, policy })
  // a row that is gone is met by whoever lists what the index has
  await expect(all(opened.blockchain.records())).rejects.toMatchObject({ name: 'DamagedRecordError' })
  await opened.replica.ingest([sent], bob.peerId)
  const read = await all(opened.blockchain.records({ topic: 'named' })).catch((error: unknown) => error)
  await after.stop()
  return read
}

it('F1 a lost row is made again of what a peer sends', async () => {
  expect(await readAfterLoss(undefined)).toMatchObject([{ content: bytes('hello'), revoked: false }])
})

it('F1 a row that is lost with what a policy had noted of its block is not made again without that note', async () => {
  expect(await readAfterLoss(VOTING_POLICY)).toMatchObject({ name: 'DamagedRecordError', part: 'block' })
})
