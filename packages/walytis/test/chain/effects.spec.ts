import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createChainFactory } from '../../src/chain-factory.ts'
import { compareOrder } from '../../src/graph/order.ts'
import type { Blockchain, BlockPolicy } from '../../src/interface/index.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { alice, bob, createActor } from '../../src/testing/actors.ts'
import { arbitraryDag } from '../../src/testing/arbitraries.ts'
import { type ForgedBlock, forgeGenesis } from '../../src/testing/forge.ts'
import { type NaiveState, naiveState } from '../reference/naive-chain.ts'
import { all, NOBODY, OFFLINE } from '../support/local-chains.ts'
import { arbitraryVotes, VOTING_SETTINGS, votingHistory } from '../support/voting-history.ts'
import { decodeVotes, VOTING_POLICY } from '../support/voting-policy.ts'

const policy: BlockPolicy = VOTING_POLICY
const genesis = await forgeGenesis(alice, VOTING_SETTINGS)
const SIZE = 10
/** Writes nothing, so none of the blocks is of its key. */
const dave = createActor('dave')

/** What the reference says of the same blocks: the last vote in canonical order counts. */
function expected(blocks: readonly ForgedBlock[]): NaiveState {
  const ordered = [...blocks].sort((a, b) => compareOrder(a.signed, b.signed))
  const votes = ordered.map(({ signed, content }) => (signed.chain === null ? {} : decodeVotes(content)))
  return naiveState(
    ordered.map(({ signed }, index) => {
      const [name = ''] = signed.topics
      const last = votes.findLast((cast) => cast.revoke?.includes(name) || cast.reinstate?.includes(name))
      // a vote that names a block both ways means "reinstate"
      const revoked = last?.revoke?.includes(name) === true && last.reinstate?.includes(name) !== true
      return { block: signed, revoked, retained: votes[index]?.retain === true }
    })
  )
}

it('any order of arrival gives the same blocks in effect, the same heads, and the same replicated blocks', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryDag(['a', 'b', 'c'], SIZE),
      fc.array(arbitraryVotes, { maxLength: SIZE }),
      fc.array(fc.nat(), { minLength: SIZE + 1, maxLength: SIZE + 1 }),
      fc.integer({ min: 1, max: 4 }),
      async (graph, votes, shuffle, batch) => {
        const blocks = await votingHistory(graph, genesis, votes)
        const arriving = blocks
          .map((block, index) => ({ block, at: shuffle[index] ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ block }) => block)
        const store = await openStore(undefined)
        const factory = await createChainFactory({ store, network: OFFLINE })
        const id = genesis.signed.id.toString()
        const stage = await factory.stage(id, { signer: dave.signer, accessControl: NOBODY, policy })
        for (let index = 0; index < arriving.length; index += batch) {
          await stage.replica.ingest(arriving.slice(index, index + batch), bob.peerId)
        }
        const { blockchain } = await stage.commit()
        const records = await all(blockchain.records())
        const actual: NaiveState = {
          order: records.map(({ block }) => block.id.toString()),
          inEffect: records.filter(({ revoked }) => !revoked).map(({ block }) => block.id.toString()),
          heads: (await blockchain.heads()).map(String),
          replicated: (await all(stage.replica.ids())).map((one) => one.id.toString()),
          replicatedHeads: (await stage.replica.heads()).map(String)
        }
        expect(actual).toEqual(expected(blocks))
        expect(await stage.replica.count()).toBe(actual.replicated.length)
        expect(await blockchain.count()).toBe(actual.inEffect.length - 1)
        expect(await foldedLog(blockchain)).toEqual(new Set(actual.inEffect.slice(1)))
        await factory.stop()
        await store.close()
      }
    ),
    { numRuns: 150 }
  )
}, 120_000)

/** What somebody believes who follows the change log from its beginning. */
async function foldedLog(blockchain: Blockchain): Promise<Set<string>> {
  const believed = new Set<string>()
  const consumer = await blockchain.consume('fold', async ({ kind, block }) => {
    if (kind === 'revoke') believed.delete(block.id.toString())
    else believed.add(block.id.toString())
  })
  await consumer.drained()
  return believed
}
