import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Cursor, placeBytes } from 'walytis'
import type { Store } from 'walytis/interface'
import { openKeyStore } from 'walytis-identities'
import { SealedTopics, type TopicPosting } from '../../src/store/sealed-topics.ts'
import { idOf } from '../support/places.ts'

const CHAIN = idOf('chat').toString()

let folder: string
let level: Store
let topics: SealedTopics

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offchain-topics-'))
  level = new Level<string, string>(folder)
  await level.open()
  topics = new SealedTopics(level, CHAIN, await openKeyStore({ storage: level, key: new Uint8Array(32).fill(5) }))
})
afterEach(async () => {
  await level.close()
  await rm(folder, { recursive: true })
})

const posting = (name: string, height: number): TopicPosting => ({
  id: idOf(name),
  height,
  time: 1_700_000_000_000 + height,
  arrival: height + 1
})

/** Forty blocks at ten heights, in canonical order. */
const POSTINGS = Array.from({ length: 40 }, (_, index) => posting(`block ${index}`, 1 + (index >> 2))).sort((a, b) =>
  Buffer.compare(placeBytes(a), placeBytes(b))
)

async function put(names: string[], postings: readonly TopicPosting[]): Promise<void> {
  await level.batch<string, Uint8Array>(
    postings.flatMap((one) => topics.puts(names, one)),
    {}
  )
}

async function listed(cursor: Cursor): Promise<string[]> {
  const ids: string[] = []
  for (let entry = await cursor.next(); entry !== undefined; entry = await cursor.next()) ids.push(entry.id.toString())
  return ids
}

const idsOf = (postings: readonly TopicPosting[]): string[] => postings.map(({ id }) => id.toString())

describe('the topic index', () => {
  it('finds blocks by topic, in canonical order and its reverse', async () => {
    await put(['news', 'all'], [...POSTINGS].reverse())
    await put(['all'], [posting('late', 99)])
    expect(await listed(topics.cursor('news', false))).toEqual(idsOf(POSTINGS))
    expect(await listed(topics.cursor('news', true))).toEqual(idsOf([...POSTINGS].reverse()))
    expect((await listed(topics.cursor('all', false))).length).toBe(POSTINGS.length + 1)
    expect(await listed(topics.cursor('new', false))).toEqual([])
  })

  it('says of each block when it was written and when it came', async () => {
    await put(['news'], [posting('one', 7)])
    const entry = await topics.cursor('news', false).next()
    expect(entry).toMatchObject({ height: 7, time: 1_700_000_000_007, arrival: 8, revoked: false })
  })

  it.each([false, true])(
    'jumps to the first block that does not stand before a place (reverse: %s)',
    async (reverse) => {
      await put(['news'], POSTINGS)
      const ordered = reverse ? [...POSTINGS].reverse() : POSTINGS
      for (let from = 0; from < ordered.length; from++) {
        for (const jump of [0, 1, 2, 5, 17]) {
          const cursor = topics.cursor('news', reverse)
          for (let index = 0; index < from; index++) await cursor.next()
          const target = ordered[from + jump]
          const found = await cursor.next(
            target === undefined ? placeBytes(posting('end', reverse ? 0 : 99)) : placeBytes(target)
          )
          expect(found?.id.toString()).toBe(target?.id.toString())
          expect((await cursor.next())?.id.toString()).toBe(target && ordered[from + jump + 1]?.id.toString())
        }
      }
    }
  )

  it('forgets a block', async () => {
    await put(['news', 'all'], POSTINGS)
    const [first] = POSTINGS
    if (first === undefined) throw new RangeError('nothing was put')
    await level.batch<string, Uint8Array>(topics.dels(['news'], first), {})
    expect(await listed(topics.cursor('news', false))).toEqual(idsOf(POSTINGS.slice(1)))
    expect((await listed(topics.cursor('all', false))).length).toBe(POSTINGS.length)
  })

  it('R33 leaves neither topics nor the ids they lead to on the disk', async () => {
    await put(['planted-topic'], [posting('planted', 1)])
    await level.put('canary', 'planted-canary')
    await level.close()
    const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))))
    const holds = (bytes: string | Uint8Array) => files.some((file) => file.includes(bytes))
    expect(holds('planted-canary')).toBe(true)
    expect(holds('planted-topic')).toBe(false)
    expect(holds(idOf('planted').bytes)).toBe(false)
    expect(holds(idOf('planted').toString())).toBe(false)
    await level.open()
  })
})
