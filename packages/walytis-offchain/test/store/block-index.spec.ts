import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Level } from 'level'
import { compare } from 'uint8arrays'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerQuery, countAnswers, placeBytes, type QuerySource } from 'walytis'
import type { BlockId, BlockQuery, Store } from 'walytis/interface'
import { alice, bob } from 'walytis/testing'
import { openKeyStore } from 'walytis-identities'
import type { IndexedBlock } from '../../src/store/block-index.ts'
import { ContentStore } from '../../src/store/content-store.ts'
import { idOf } from '../support/places.ts'

const CREATORS = [alice.signer.publicKey, bob.signer.publicKey]
const TOPICS = ['red', 'round', 'rare']
const SIZE = 30

let folder: string
let level: Store

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offchain-index-'))
  level = new Level<string, string>(folder)
  await level.open()
})
afterEach(async () => {
  await level.close()
  await rm(folder, { recursive: true })
})

/** One block: few heights and times, so that many share one. */
const arbitraryBlock = fc.record({
  height: fc.integer({ min: 1, max: 9 }),
  creator: fc.nat({ max: 1 }),
  time: fc.integer({ min: 1, max: 6 }),
  topics: fc.subarray(TOPICS),
  /** What becomes of it, later. */
  fate: fc.constantFrom('stays', 'stays', 'revoked', 'back', 'refused')
})

const some = fc.option(fc.subarray([...TOPICS, 'unknown']), { nil: undefined })
const arbitraryQuery = fc.record({
  all: some,
  any: some,
  creator: fc.option(fc.nat({ max: 1 }), { nil: undefined }),
  since: fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined }),
  until: fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined }),
  order: fc.constantFrom('canonical' as const, 'arrival' as const),
  reverse: fc.boolean(),
  limit: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
  after: fc.option(fc.nat({ max: SIZE - 1 }), { nil: undefined })
})

let chains = 0

/** A store that has been through all that these blocks went through. */
async function filled(
  drawn: readonly { height: number; creator: number; time: number; topics: string[]; fate: string }[]
) {
  const keyStore = await openKeyStore({ storage: level, key: new Uint8Array(32).fill(5) })
  const store = await ContentStore.open(level, idOf(`chat ${chains++}`).toString(), keyStore)
  const log = (kind: 'block' | 'revoke' | 'reinstate' | 'refuse', id: BlockId) => {
    const { ordinal, release } = store.reserve()
    return { ordinal, release, entry: store.putLogEntry(ordinal, { kind, id: id.toString() }) }
  }
  const blocks: (IndexedBlock & { readonly shown: boolean })[] = []
  for (const [index, { creator, fate, ...rest }] of drawn.entries()) {
    const id = idOf(`block ${index}`)
    const { ordinal, release, entry } = log('block', id)
    const block = { ...rest, id, creator: CREATORS[creator] ?? alice.signer.publicKey, arrival: ordinal }
    await store.write([entry, ...store.index.puts(block)], false)
    release()
    blocks.push({ ...block, shown: fate === 'stays' || fate === 'back' })
  }
  for (const [index, { fate }] of drawn.entries()) {
    const block = blocks[index]
    if (block === undefined || fate === 'stays') continue
    const out = log(fate === 'refused' ? 'refuse' : 'revoke', block.id)
    await store.write([out.entry, ...store.index.dels(block)], false)
    out.release()
    if (fate !== 'back') continue
    const back = log('reinstate', block.id)
    await store.write([back.entry, ...store.index.puts(block)], false)
    back.release()
  }
  const byId = new Map(blocks.map((block) => [block.id.toString(), block]))
  const source: QuerySource<(typeof blocks)[number]> = {
    indexes: {
      ...store.index.indexes(),
      changesAfter: async (after, limit) => await store.changes({ after, reverse: false }, limit),
      changesBefore: async (range, limit) => await store.changes({ ...range, reverse: true }, limit),
      horizon: () => store.horizon()
    },
    blocks: async (ids) => ids.map((id) => byId.get(id.toString())).map((block) => (block?.shown ? block : undefined)),
    queried: (block) => block,
    arrivalOf: async (id) => byId.get(id.toString())?.arrival ?? 0,
    total: async () => await store.tally.total()
  }
  return { source, blocks }
}

function naive(
  blocks: readonly (IndexedBlock & { readonly shown: boolean })[],
  { topics, creator, since, until, order, reverse, limit, after }: BlockQuery
): string[] {
  const from = blocks.find(({ id }) => after !== undefined && id.equals(after))?.arrival ?? 0
  const found = blocks
    .filter(({ shown, arrival }) => shown && arrival > from)
    .filter((block) => topics?.all?.every((topic) => block.topics.includes(topic)) ?? true)
    .filter((block) => topics?.any?.some((topic) => block.topics.includes(topic)) ?? true)
    .filter((block) => creator?.equals(block.creator) ?? true)
    .filter(
      ({ time }) => (since === undefined || time >= since.getTime()) && (until === undefined || time <= until.getTime())
    )
    .sort((a, b) => (order === 'arrival' ? a.arrival - b.arrival : compare(placeBytes(a), placeBytes(b))))
  if (reverse === true) found.reverse()
  return found.slice(0, limit).map(({ id }) => id.toString())
}

describe('the index of a private chain', () => {
  it('answers and counts every query as a filter over all blocks would', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryBlock, { maxLength: SIZE }),
        fc.array(fc.tuple(arbitraryQuery, fc.constantFrom({ maxGathered: -1 }, { maxGathered: 3 }, {})), {
          minLength: 30,
          maxLength: 30
        }),
        async (drawn, queries) => {
          const { source, blocks } = await filled(drawn)
          for (const [{ all, any, creator, since, until, after, ...rest }, tuning] of queries) {
            const query: BlockQuery = {
              ...rest,
              topics: { all, any },
              creator: creator === undefined ? undefined : CREATORS[creator],
              since: since === undefined ? undefined : new Date(since),
              until: until === undefined ? undefined : new Date(until),
              after: after === undefined || rest.order === 'canonical' ? undefined : blocks[after]?.id
            }
            const expected = naive(blocks, query)
            const found: string[] = []
            for await (const { id } of answerQuery(source, query, {}, tuning)) found.push(id.toString())
            expect(found).toEqual(expected)
            expect(await countAnswers(source, query, {}, tuning)).toBe(expected.length)
          }
          expect(await countAnswers(source, {})).toBe(blocks.filter(({ shown }) => shown).length)
        }
      ),
      { numRuns: 40 }
    )
  }, 60_000)
})
