import { expect, it } from 'vitest'
import { alice, bob } from '../../src/testing/actors.ts'
import { forgeBlock } from '../../src/testing/forge.ts'
import { NOBODY, openLocalNode } from '../support/local-chains.ts'
import { encodeVotes, VOTING_POLICY } from '../support/voting-policy.ts'

it('a public chain shows IPFS what peers are sent, and no block that they are not', async () => {
  const node = await openLocalNode()
  const chain = await node.chains.create({
    signer: alice.signer,
    accessControl: NOBODY,
    access: 'public',
    policy: VOTING_POLICY
  })
  const { blockchain, replica } = chain
  const genesis = await blockchain.record(replica.chain)
  if (genesis === undefined) throw new TypeError('There is no genesis')
  const vote = await blockchain.add(encodeVotes({ revoke: ['spam'] }))
  // beside the vote, so that nothing in effect stands on it
  const spam = await forgeBlock({
    signer: bob.signer,
    genesis: genesis.block,
    parents: [genesis.block],
    topics: ['spam']
  })
  await replica.ingest([spam], bob.peerId)
  expect(await blockchain.record(spam.signed.id)).toMatchObject({ revoked: true })
  expect(await chain.published(vote.id)).toEqual((await blockchain.record(vote.id))?.block.bytes)
  expect(await chain.published(spam.signed.id)).toBeUndefined()
  await node.stop()
})
