import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { STORE_VERSION } from '../../src/constants.ts'
import type { BaseBlockchain, BlockQuery, Walytis } from '../../src/interface/index.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { all, temporaryFolder } from '../support/local-chains.ts'
import { bytes, TestNodes, untilText } from '../support/nodes.ts'
import { contentDigest, readStoreFixture, type StoredChain, unpackStore } from '../support/store-fixture.ts'
import { encodeVotes, VOTING_POLICY } from '../support/voting-policy.ts'

const VERSIONS = Array.from({ length: STORE_VERSION }, (_, index) => index + 1)

describe.each(VERSIONS)('F19 a store of layout %d', async (version) => {
  const fixture = await readStoreFixture(version)
  const nodes = new TestNodes()
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let alice: Walytis

  beforeEach(async () => {
    folder = await temporaryFolder()
    await unpackStore(fixture, folder.path)
    alice = await nodes.start({ storage: folder.path })
  })

  afterEach(async () => {
    await nodes.stop()
    await folder[Symbol.asyncDispose]()
  })

  it('is opened by the node whose it is, with its chains', async () => {
    expect(alice.peerId.toString()).toBe(fixture.peer)
    const listed = await all(alice.list())
    expect(listed.map(({ id }) => id).sort()).toEqual([fixture.notes.id, fixture.votes.id].sort())
    expect(listed.find(({ id }) => id === fixture.notes.id)?.name).toBe('notes')
  })

  it('gives back every block, with its content', async () => {
    for (const [stored, chain] of [
      [fixture.notes, await alice.open(fixture.notes.id)],
      [fixture.votes, await alice.open(fixture.votes.id, { policy: VOTING_POLICY })]
    ] as const) {
      for (const expected of stored.blocks) {
        const block = await chain.get(expected.id)
        const { id, height, author, seq, topics, size, time, revoked } = block
        const content = contentDigest(await block.content())
        const found = { id: id.toString(), height, author, seq, topics, size, time: time.getTime(), revoked, content }
        expect(found).toEqual(expected)
      }
      expect((await chain.heads()).map(String)).toEqual(stored.heads)
      expect((await all(chain.records())).length).toBe(stored.blocks.length + 1)
    }
  })

  it('is queried by all its indexes', async () => {
    const notes = await alice.open(fixture.notes.id)
    const { blocks, arrived } = fixture.notes
    const [first] = blocks
    if (first === undefined) throw new RangeError('the fixture is empty')
    const where = (keep: (block: StoredChain['blocks'][number]) => boolean): string[] => {
      return blocks.filter((block) => !block.revoked && keep(block)).map(({ id }) => id)
    }
    const { creator } = await notes.get(first.id)
    const until = new Date(blocks[3]?.time ?? 0)
    await expectQuery(
      notes,
      {},
      where(() => true)
    )
    await expectQuery(
      notes,
      { topics: { all: ['greeting'] } },
      where(({ topics }) => topics.includes('greeting'))
    )
    await expectQuery(
      notes,
      { creator },
      where(({ author }) => author === first.author)
    )
    await expectQuery(
      notes,
      { until },
      where(({ time }) => time <= until.getTime())
    )
    await expectQuery(notes, { order: 'arrival' }, arrived)
    const after = (await notes.get(arrived[1] ?? '')).id
    await expectQuery(notes, { order: 'arrival', after }, arrived.slice(2))
    const votes = await alice.open(fixture.votes.id, { policy: VOTING_POLICY })
    await expectQuery(votes, { order: 'arrival' }, fixture.votes.arrived)
  })

  it('goes on: consumers where they stood, writers after their last block', async () => {
    const notes = await alice.open(fixture.notes.id)
    const told: string[] = []
    const consumer = await notes.consume('reader', async ({ block }) => void told.push(block.id.toString()))
    await consumer.drained()
    expect(told).toEqual(fixture.notes.arrived.slice(1))
    const own = fixture.notes.blocks.filter(({ author }) => author === notes.writer?.author)
    const block = await notes.add(bytes('a new one'), { topics: ['greeting'] })
    expect(block.seq).toBe(1 + Math.max(...own.map(({ seq }) => seq)))
    expect(block.parents.map(String).sort()).toEqual([...fixture.notes.heads].sort())
    await consumer.drained()
    expect(told.at(-1)).toBe(block.id.toString())
    const votes = await alice.open(fixture.votes.id, { policy: VOTING_POLICY })
    const before = await votes.count()
    await votes.add(encodeVotes({ reinstate: ['target'] }), { topics: ['veto'] })
    expect(await votes.count()).toBe(before + 2)
  })

  it('is synced: who joins by an invitation made then gets all of it, and writes to it', async () => {
    const notes = await alice.open(fixture.notes.id)
    const carol = await nodes.start()
    await carol.dial(alice.getMultiaddrs())
    const copy = await carol.join(fixture.invitation)
    expect((await copy.sync()).level).toBe(true)
    expect((await copy.heads()).map(String)).toEqual(fixture.notes.heads)
    const large = fixture.notes.blocks.find(({ size }) => size > 256 * 1024)
    const content = await (await copy.get(large?.id ?? '')).content({ signal: AbortSignal.timeout(30_000) })
    expect(contentDigest(content)).toBe(large?.content)
    await copy.add(bytes('from carol'))
    await untilText(notes, 'from carol')
    const again = await nodes.start()
    await again.dial(alice.getMultiaddrs())
    await expect(again.join(fixture.invitation)).rejects.toMatchObject({ name: 'InvitationError', reason: 'refused' })
  })
})

it('F19 a store of a newer layout is refused by name, and left as it is', async () => {
  await using folder = await temporaryFolder()
  await unpackStore(await readStoreFixture(STORE_VERSION), folder.path)
  const store = await openStore(folder.path)
  const meta = store.sublevel(['walytis', 'meta'], {})
  expect(await meta.get('version')).toBe(String(STORE_VERSION))
  await meta.put('version', String(STORE_VERSION + 1))
  const before = await all(store.iterator())
  await store.close()
  const nodes = new TestNodes()
  await expect(nodes.start({ storage: folder.path })).rejects.toMatchObject({
    name: 'StoreVersionError',
    found: STORE_VERSION + 1,
    supported: STORE_VERSION
  })
  const again = await openStore(folder.path)
  expect(await all(again.iterator())).toEqual(before)
  await again.close()
})

async function expectQuery(chain: BaseBlockchain, query: BlockQuery, expected: string[]): Promise<void> {
  expect((await all(chain.blocks(query))).map(({ id }) => id.toString())).toEqual(expected)
  expect((await all(chain.blocks({ ...query, reverse: true }))).map(({ id }) => id.toString())).toEqual(
    expected.toReversed()
  )
  expect(await chain.count(query)).toBe(expected.length)
}
