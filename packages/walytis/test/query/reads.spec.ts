import { LRUCache } from 'lru-cache'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BlockQuery } from '../../src/interface/index.ts'
import { countBlocks, queryBlocks } from '../../src/query/query.ts'
import { ChainStore } from '../../src/storage/chain-store.ts'
import { alice, bob, carol } from '../../src/testing/actors.ts'
import { countReads, type Reads } from '../../src/testing/count-reads.ts'
import { type ForgedBlock, forgeBlock, forgeGenesis } from '../../src/testing/forge.ts'
import { all, type LocalNode, openLocalNode } from '../support/local-chains.ts'
import { stageFor } from '../support/plain-history.ts'

const SIZE = 1_500
/** Every block has `all`, every other one `even`, every third one `third`, and ten of them `rare`. */
const RARE = 10
const second = (index: number): Date => new Date(index * 1_000)

/** What a query reads of a chain of 1,500 blocks that came in canonical order, a second apart; carol wrote five of them. */
describe('a query reads', () => {
  let node: LocalNode
  let chain: string
  let blocks: ForgedBlock[]
  let reads: () => Reads

  beforeAll(async () => {
    node = await openLocalNode()
    const genesis = await forgeGenesis(alice)
    chain = genesis.signed.id.toString()
    blocks = await line(genesis)
    const stage = await stageFor(node, genesis)
    await stage.replica.ingest([genesis, ...blocks], bob.peerId)
    await stage.commit()
    reads = countReads(node.store)
  })

  afterAll(async () => {
    await node.stop()
  })

  /** Nothing of the chain is in memory at the beginning. */
  const chainStore = (): ChainStore => new ChainStore(node.store, chain, new LRUCache({ max: 10_000 }))

  async function read(query: BlockQuery): Promise<{ found: number; read: number }> {
    reads()
    const found = (await all(queryBlocks(chainStore(), query))).length
    return { found, read: total(reads()) }
  }

  async function counted(query: BlockQuery): Promise<{ count: number; read: number }> {
    reads()
    const count = await countBlocks(chainStore(), query, SIZE)
    return { count, read: total(reads()) }
  }

  it.each<[string, BlockQuery]>([
    ['the first', { limit: 5 }],
    ['the last', { limit: 5, reverse: true }],
    ['the first to come', { limit: 5, order: 'arrival' }],
    ['the last to come', { limit: 5, order: 'arrival', reverse: true }],
    ['the first of a topic that all have', { limit: 5, topics: { all: ['all'] } }],
    ['the first to come of such a topic', { limit: 5, topics: { all: ['all'] }, order: 'arrival' }],
    ['the last to come of such a topic', { limit: 5, topics: { all: ['all'] }, order: 'arrival', reverse: true }],
    ['the last since the beginning', { limit: 5, since: second(0), reverse: true }],
    ['the first of a creator of nearly all', { limit: 5, creator: bob.signer.publicKey }]
  ])('few rows for five blocks, %s', async (_name, query) => {
    const { found, read: rows } = await read(query)
    expect(found).toBe(5)
    expect(rows).toBeLessThan(80)
  })

  it.each<[string, BlockQuery, number]>([
    ['a rare topic', { topics: { all: ['rare'] } }, RARE],
    ['a rare topic, as they came', { topics: { all: ['rare'] }, order: 'arrival' }, RARE],
    ['a rare topic, the other way round', { topics: { all: ['rare'] }, order: 'arrival', reverse: true }, RARE],
    ['a rare and a common topic', { topics: { all: ['all', 'rare'] } }, RARE],
    ['a common and a rare topic', { topics: { all: ['rare', 'all'] }, reverse: true }, RARE],
    ['common topics and a rare one', { topics: { all: ['all'], any: ['rare', 'unknown'] } }, RARE],
    ['a creator of few', { creator: carol.signer.publicKey }, 5],
    ['a creator of few, as they came', { creator: carol.signer.publicKey, order: 'arrival' }, 5],
    ['a creator of few and a common topic', { creator: carol.signer.publicKey, topics: { all: ['all'] } }, 5],
    ['a short time', { since: second(700), until: second(709) }, 10],
    ['a short time, as they came', { since: second(700), until: second(709), order: 'arrival' }, 10],
    ['a short time and a common topic', { since: second(700), until: second(709), topics: { all: ['all'] } }, 10],
    ['the time after all', { since: second(SIZE - 9), topics: { all: ['all'] }, order: 'arrival' }, 10]
  ])('in proportion to what it finds: %s', async (_name, query, expected) => {
    const { found, read: rows } = await read(query)
    expect(found).toBe(expected)
    // rows of some indexes, of which each page may be half unused, and the blocks themselves
    expect(rows).toBeLessThan(15 * expected + 30)
    const { count, read: rowsToCount } = await counted(query)
    expect(count).toBe(expected)
    expect(rowsToCount).toBeLessThan(15 * expected + 30)
  })

  it.each<[string, BlockQuery, number]>([
    ['all', {}, 0],
    ['a topic that all have', { topics: { all: ['all'] } }, 1],
    ['two large topics', { topics: { all: ['even', 'third'] } }, 2],
    ['a creator of nearly all', { creator: bob.signer.publicKey, order: 'arrival' }, 1],
    ['half of the time', { since: second(SIZE / 2) }, 1]
  ])('no block to count %s', async (_name, query, indexes) => {
    const { count, read: rows } = await counted(query)
    expect(count).toBe((await all(queryBlocks(chainStore(), query))).length)
    reads()
    await countBlocks(chainStore(), query, SIZE)
    expect(reads().lookups).toBe(0)
    expect(rows).toBeLessThanOrEqual(indexes * SIZE + 2)
  })

  it('what comes after a block, and nothing before it', async () => {
    const after = blocks[SIZE - 11]?.signed.id
    for (const reverse of [false, true]) {
      const { found, read: rows } = await read({ order: 'arrival', after, reverse })
      expect(found).toBe(10)
      expect(rows).toBeLessThan(50)
    }
    expect((await read({ order: 'arrival', after, limit: 1, reverse: true })).read).toBeLessThan(15)
  })

  it('no more than was taken, when it is left early', async () => {
    const queries: BlockQuery[] = [{}, { order: 'arrival' }, { topics: { any: ['even', 'third'] } }]
    for (const query of queries) {
      reads()
      for await (const { block } of queryBlocks(chainStore(), query)) if (block.height > 2) break
      expect(total(reads())).toBeLessThan(60)
    }
  })

  it('each row once, when it reads all', async () => {
    const { found, read: rows } = await read({})
    expect(found).toBe(SIZE)
    expect(rows).toBeLessThanOrEqual(2 * SIZE + 2)
  })
})

/** All that was read. Content never is. */
function total({ rows, lookups, contents }: Reads): number {
  expect(contents).toBe(0)
  return rows + lookups
}

async function line(genesis: ForgedBlock): Promise<ForgedBlock[]> {
  const made: ForgedBlock[] = []
  const last = new Map<unknown, ForgedBlock>()
  for (let index = 1; index <= SIZE; index++) {
    const author = index % (SIZE / 5) === 7 ? carol : bob
    const topics = ['all']
    if (index % 2 === 0) topics.push('even')
    if (index % 3 === 0) topics.push('third')
    if (index % (SIZE / RARE) === 75) topics.push('rare')
    const parents = [made.at(-1)?.signed ?? genesis.signed]
    const prev = last.get(author)?.signed
    const content = new TextEncoder().encode(String(index))
    const time = index * 1_000
    const one = await forgeBlock({
      signer: author.signer,
      genesis: genesis.signed,
      parents,
      prev,
      topics,
      content,
      time
    })
    made.push(one)
    last.set(author, one)
  }
  return made
}
