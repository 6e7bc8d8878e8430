import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MAX_PENDING_PER_CHAIN } from '../../src/constants.ts'
import type { ManagedChain } from '../../src/replica.ts'
import { bob, carol, createActor } from '../../src/testing/actors.ts'
import { countReads } from '../../src/testing/count-reads.ts'
import { type ForgedBlock, forgeBlock } from '../../src/testing/forge.ts'
import { all, bytes, type LocalNode, openLocalNode } from '../support/local-chains.ts'
import { drawnHistory, stageFor } from '../support/plain-history.ts'

const mallory = createActor('mallory')

describe('a chain whose members write without measure', () => {
  let node: LocalNode
  let chain: ManagedChain
  let genesis: ForgedBlock

  beforeEach(async () => {
    node = await openLocalNode()
    genesis = (await drawnHistory('b1')).genesis
    const stage = await stageFor(node, genesis)
    await stage.replica.ingest([genesis], bob.peerId)
    chain = await stage.commit()
  })

  afterEach(() => node.stop())

  const forge = (parents: ForgedBlock[], prev?: ForgedBlock, topics: string[] = [], text = ''): Promise<ForgedBlock> =>
    forgeBlock({
      signer: mallory.signer,
      genesis: genesis.signed,
      parents: parents.map(({ signed }) => signed),
      prev: prev?.signed,
      topics,
      content: bytes(text)
    })

  /** Each on top of the one before. */
  async function forgeLine(count: number, from: ForgedBlock): Promise<ForgedBlock[]> {
    const line: ForgedBlock[] = []
    for (let i = 0; i < count; i++) line.push(await forge([line.at(-1) ?? from], line.at(-1)))
    return line
  }

  async function stillWorks(): Promise<void> {
    await chain.blockchain.add(bytes('honest'))
    const { block, content, signed } = await forgeBlock({
      signer: bob.signer,
      genesis: genesis.signed,
      parents: [genesis.signed]
    })
    expect((await chain.replica.ingest([{ block, content }], bob.peerId)).accepted.map(String)).toEqual([
      `${signed.id}`
    ])
  }

  it('R34, F7 100,000 orphans from 48 names take no more room than there is, and nobody else’s', async () => {
    const [hidden, ...orphans] = await forgeLine(2_101, genesis)
    for (let peer = 0; peer < 48; peer++) {
      const { peerId } = createActor(`sybil ${peer}`)
      await chain.replica.ingest(orphans, peerId)
    }
    await stillWorks()
    const { accepted } = await chain.replica.ingest(hidden === undefined ? [] : [hidden], carol.peerId)
    expect(accepted.length).toBeGreaterThan(1)
    expect(accepted.length).toBeLessThanOrEqual(MAX_PENDING_PER_CHAIN.blocks + 1)
  })

  it('R34 1,000 heads, all forks of one key, cost each further block the same as the first', async () => {
    const reads = countReads(node.store)
    const rows: number[] = []
    for (let i = 0; i < 1_000; i++) {
      const fork = await forge([genesis], undefined, [], String(i))
      reads()
      expect((await chain.replica.ingest([fork], bob.peerId)).rejected).toEqual([])
      const { rows: given, lookups } = reads()
      rows.push(given + lookups)
    }
    expect((await chain.blockchain.heads()).length).toBe(1_000)
    expect(Math.max(...rows.slice(10))).toBeLessThanOrEqual(Math.max(...rows.slice(0, 10)))
    expect(await all(chain.blockchain.forks())).toHaveLength(1)
    await stillWorks()
    // a block takes up sixteen of them
    expect((await chain.blockchain.heads()).length).toBeLessThan(1_000)
  })

  it('R34 10,000 topics are so many rows, and a query reads its own only', async () => {
    let last: ForgedBlock | undefined
    for (let i = 0; i < 313; i++) {
      const topics = Array.from({ length: 32 }, (_, j) => `topic ${i * 32 + j}`)
      last = await forge([last ?? genesis], last, topics)
      expect((await chain.replica.ingest([last], bob.peerId)).rejected).toEqual([])
    }
    const reads = countReads(node.store)
    reads()
    expect((await all(chain.blockchain.blocks({ topics: { any: ['topic 5000'] } }))).length).toBe(1)
    const { rows, lookups } = reads()
    expect(rows + lookups).toBeLessThan(10)
    await stillWorks()
  })

  it('R34 a line of 2,500 blocks, sent from its end, is taken once its beginning comes, and never all kept waiting', async () => {
    const line = await forgeLine(2_500, genesis)
    for (let end = line.length; end > 0; end -= 500) {
      await chain.replica.ingest(line.slice(end - 500, end), createActor(`peer ${end}`).peerId)
    }
    // what was pushed out is asked for again, as the sync does
    for (let start = 0; start < line.length; start += 500) {
      await chain.replica.ingest(line.slice(start, start + 500), bob.peerId)
    }
    expect(await chain.blockchain.count()).toBe(2_500)
    await stillWorks()
  })

  it('R36 a block whose parent is nowhere to be had holds up nothing but itself', async () => {
    const [withheld, orphan] = await forgeLine(2, genesis)
    if (withheld === undefined || orphan === undefined) return expect.unreachable('nothing was forged')
    const handed: string[] = []
    const consumer = await chain.blockchain.consume('application', async ({ block }) => void handed.push(`${block.id}`))
    const { missing } = await chain.replica.ingest([orphan], bob.peerId)
    expect(missing.map(String)).toEqual([`${withheld.signed.id}`])
    await stillWorks()
    await consumer.drained()
    expect(handed).toHaveLength(2)
    expect(await chain.blockchain.has(orphan.signed.id)).toBe(false)
    await chain.replica.ingest([withheld], carol.peerId)
    await consumer.drained()
    expect(handed.slice(2)).toEqual([`${withheld.signed.id}`, `${orphan.signed.id}`])
  })
})
