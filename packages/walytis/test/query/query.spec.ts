import fc from 'fast-check'
import { LRUCache } from 'lru-cache'
import { expect, it } from 'vitest'
import { createChainFactory } from '../../src/chain-factory.ts'
import type { BlockQuery } from '../../src/interface/index.ts'
import { countBlocks, queryBlocks } from '../../src/query/query.ts'
import { ChainStore } from '../../src/storage/chain-store.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { alice, bob, carol, createActor } from '../../src/testing/actors.ts'
import { arbitraryDag } from '../../src/testing/arbitraries.ts'
import { type ForgedBlock, forgeGenesis } from '../../src/testing/forge.ts'
import { naiveQuery, type QueriedBlock } from '../reference/naive-query.ts'
import { all, NOBODY, OFFLINE } from '../support/local-chains.ts'
import { arbitraryVotes, type Dress, VOTING_SETTINGS, votingHistory } from '../support/voting-history.ts'
import { VOTING_POLICY } from '../support/voting-policy.ts'

const genesis = await forgeGenesis(alice, VOTING_SETTINGS)
/** Writes nothing, so none of the blocks is of its key. */
const dave = createActor('dave')
const SIZE = 24
const TOPICS = ['red', 'round', 'rare', 'red round']
/** Also of blocks whose clocks were decades off. */
const TIMES = [0, 1_000, 1_001, 2_000, 8_640_000_000_000_000]

const arbitraryDress: fc.Arbitrary<Dress> = fc.record({
  topics: fc.uniqueArray(fc.constantFrom(...TOPICS), { maxLength: 3 }),
  time: fc.constantFrom(...TIMES)
})

const someTopics = fc.array(fc.constantFrom(...TOPICS, 'unknown', '', '\ud800', 'x'.repeat(200)), { maxLength: 3 })
const perhaps = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

/** Queries, with the block to go on after as a position among those that arrived. */
const arbitraryQuery = fc.record({
  topics: perhaps(fc.record({ all: perhaps(someTopics), any: perhaps(someTopics) })),
  creator: perhaps(fc.constantFrom(...[alice, bob, carol, dave].map(({ signer }) => signer.publicKey))),
  since: perhaps(fc.constantFrom(...TIMES, -5).map((time) => new Date(time))),
  until: perhaps(fc.constantFrom(...TIMES, -5).map((time) => new Date(time))),
  order: perhaps(fc.constantFrom('canonical' as const, 'arrival' as const)),
  reverse: perhaps(fc.boolean()),
  limit: perhaps(fc.integer({ min: -1, max: 6 })),
  after: perhaps(fc.nat({ max: SIZE }))
})

/** How much may be sorted in memory: nothing, a little, or all of such a small chain. */
const arbitraryTuning = fc.constantFrom({ maxGathered: -1 }, { maxGathered: 3 }, {})

it('each query gives what its meaning says, in whatever way it is answered', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryDag(['a', 'b', 'c'], SIZE),
      fc.array(arbitraryVotes, { maxLength: SIZE / 3 }),
      fc.array(arbitraryDress, { minLength: SIZE, maxLength: SIZE }),
      fc.array(fc.nat(), { minLength: SIZE + 1, maxLength: SIZE + 1 }),
      fc.array(fc.tuple(arbitraryQuery, arbitraryTuning), { minLength: 40, maxLength: 40 }),
      async (graph, votes, dresses, shuffle, queries) => {
        const blocks = await votingHistory(graph, genesis, votes, dresses)
        await using received = await receive(blocks, shuffle)
        const { store, arrived, total } = received
        for (const [drawn, tuning] of queries) {
          const query = queryOf(drawn, arrived)
          const expected = naiveQuery(arrived, { ...query, limit: query.limit && Math.max(0, query.limit) })
          const found = await all(queryBlocks(store(), query, {}, tuning))
          expect(
            found.map(({ block }) => block.id.toString()),
            JSON.stringify(drawn)
          ).toEqual(expected)
          expect(await countBlocks(store(), query, total, {}, tuning), JSON.stringify(drawn)).toBe(expected.length)
        }
      }
    ),
    { numRuns: 40 }
  )
}, 120_000)

function queryOf(
  drawn: typeof arbitraryQuery extends fc.Arbitrary<infer Drawn> ? Drawn : never,
  arrived: readonly QueriedBlock[]
): BlockQuery {
  const { after, ...query } = drawn
  const at = after === undefined || query.order !== 'arrival' ? undefined : arrived[after % arrived.length]
  return { ...query, after: at?.block.id }
}

/** A chain that came in some order; each reading of it begins with nothing in memory. */
async function receive(blocks: readonly ForgedBlock[], shuffle: readonly number[]) {
  const arriving = blocks.map((block, index) => ({ block, at: shuffle[index] ?? 0 })).sort((a, b) => a.at - b.at)
  const store = await openStore(undefined)
  const factory = await createChainFactory({ store, network: OFFLINE })
  const id = genesis.signed.id.toString()
  const seams = { signer: dave.signer, accessControl: NOBODY, policy: VOTING_POLICY }
  const stage = await factory.stage(id, seams)
  for (const { block } of arriving) await stage.replica.ingest([block], bob.peerId)
  const { blockchain } = await stage.commit()
  const arrived: QueriedBlock[] = []
  const consumer = await blockchain.consume('all', async ({ kind, block: { id: changed } }) => {
    if (kind !== 'block') return
    const record = await blockchain.record(changed)
    if (record !== undefined) arrived.push(record)
  })
  await consumer.drained()
  return {
    store: () => new ChainStore(store, id, new LRUCache({ max: 100 })),
    arrived,
    total: await blockchain.count(),
    [Symbol.asyncDispose]: async () => {
      await factory.stop()
      await store.close()
    }
  }
}
