import { cpSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Level } from 'level'
import { CID } from 'multiformats/cid'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answerQuery, countAnswers } from 'walytis'
import type { BlockId, Store } from 'walytis/interface'
import { seededRandom } from 'walytis/testing'
import type { Did } from 'walytis-identities'
import { Contents } from '../../src/contents.ts'
import { Pool } from '../../src/exchange/pool.ts'
import { Intake } from '../../src/intake/intake.ts'
import { querySource } from '../../src/queries.ts'
import { Reader } from '../../src/reader.ts'
import { ContentStore } from '../../src/store/content-store.ts'
import { arrival, bytes, Cast, type Member, stop, textOf } from './members.ts'
import { envelopeOf } from './stored.ts'

let cast: Cast
let alice: Member
let bob: Member

beforeEach(async () => {
  cast = new Cast()
  alice = await cast.founder('alice')
  bob = await cast.joiner('bob', alice)
})
afterEach(async () => {
  await cast.end()
})

/** What a member's chain shows, in canonical order: contents, topics, and the counts by them. */
async function shown(member: Member): Promise<unknown> {
  const blocks: unknown[] = []
  for await (const block of member.chain.blocks()) {
    blocks.push([block.id.toString(), block.author, block.topics, await textOf(block)])
  }
  const odd = await member.chain.count({ topics: { all: ['odd'] } })
  return { blocks, odd, all: await member.chain.count() }
}

const MAX_COPIES = 24

/** Whether a folder could be copied at one stroke: the database may be putting files away just then. */
function copied(from: string, to: string): boolean {
  try {
    cpSync(from, to, { recursive: true })
    return true
  } catch {
    return false
  }
}

/** Whether a copy is a database: not when files came and went while it was made. */
async function opens(folder: string): Promise<boolean> {
  const level = new Level(folder)
  try {
    await level.open()
    return true
  } catch {
    return false
  } finally {
    await level.close()
  }
}

/** Whether a chain counts as many blocks as it lists, at a moment when none comes. */
async function countedTwice({ chain }: Member): Promise<boolean> {
  for (;;) {
    const before = await chain.count()
    let listed = 0
    for await (const _ of chain.blocks()) listed++
    if (before === (await chain.count())) return before === listed
  }
}

describe('F1 a node that ends after any of its writes', () => {
  it('finds whole what it had, and gets what it lacks', async () => {
    const { store } = bob.walytis
    const batch = store.batch.bind(store)
    const copies: string[] = []
    const folder = await mkdtemp(join(tmpdir(), 'offchain-crash-'))
    const copying = async (...parameters: Parameters<typeof batch>): Promise<void> => {
      await batch(...parameters)
      // As the disk is at this moment: what a killed process leaves behind.
      const copy = join(folder, String(copies.length))
      if (copies.length < MAX_COPIES && copied(bob.folder, copy)) copies.push(copy)
    }
    const spy = vi.spyOn(store, 'batch').mockImplementation(copying as never)
    for (let n = 0; n < 6; n++) await alice.chain.add(bytes(`note ${n}`), { topics: n % 2 === 1 ? ['odd'] : [] })
    await bob.chain.add(bytes('of bob'), { topics: ['odd'] })
    await Promise.all([arrival(bob, 'note 5'), arrival(alice, 'of bob')])
    spy.mockRestore()
    await stop(bob)
    const expected = await shown(alice)
    const sound = (await Promise.all(copies.map(async (copy) => ((await opens(copy)) ? [copy] : [])))).flat()
    expect(sound.length).toBeGreaterThan(1)
    const some = new Set([0, 1, sound.length >> 1, sound.length - 1].map((index) => sound[index]))
    for (const copy of some) {
      if (copy === undefined) continue
      const back = await cast.restart({ ...bob, folder: copy, chain: bob.chain })
      // At once, whatever it holds, the index and the blocks say the same.
      expect(await countedTwice(back)).toBe(true)
      await arrival(back, 'note 5')
      await vi.waitFor(async () => expect(await shown(back)).toEqual(expected), { timeout: 20_000, interval: 50 })
      await stop(back)
    }
    await rm(folder, { recursive: true, force: true })
  }, 120_000)
})

describe('F2 a node that loses its power', () => {
  it('finds whole what the disk has kept, wherever its log was cut', async () => {
    const before = await logOf(bob.folder)
    for (let n = 0; n < 8; n++) {
      await bob.chain.add(bytes(`note ${n}`), { topics: n % 2 === 1 ? ['odd'] : [] })
      await bob.chain.registers.set('read', bytes(String(n)))
      if (n === 4) await bob.chain.removeContent(await arrival(bob, 'note 2'))
    }
    // Nobody is there to give back what is lost.
    await stop(alice)
    await stop(bob)
    const after = await logOf(bob.folder)
    // The database may have begun another log meanwhile, and put away what stood in the one before.
    const from = after.name === before.name ? before.size : 0
    const folder = await mkdtemp(join(tmpdir(), 'offchain-power-'))
    const seed = (Math.random() * 2 ** 32) >>> 0
    const random = seededRandom(seed)
    const counts: number[] = []
    for (let cut = 0; cut <= 6; cut++) {
      const copy = join(folder, String(cut))
      cpSync(bob.folder, copy, { recursive: true })
      const part = cut === 6 ? 1 : (cut + random()) / 6
      await truncate(join(copy, after.name), from + Math.floor((after.size - from) * part))
      const back = await cast.restart({ ...bob, folder: copy })
      expect(await countedTwice(back), `seed ${seed}, cut ${cut}`).toBe(true)
      counts.push(await back.chain.count())
      for await (const block of back.chain.blocks()) {
        if (block.contentState === 'removed') continue
        expect([block.available, await textOf(block)]).toEqual([true, expect.stringContaining('note')])
      }
      const odd = await back.chain.count({ topics: { all: ['odd'] } })
      expect(odd, `seed ${seed}, cut ${cut}`).toBe((counts.at(-1) ?? 0) >> 1)
      await stop(back)
    }
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
    expect(counts.at(-1)).toBe(8)
    await rm(folder, { recursive: true, force: true })
  }, 60_000)
})

/** The database's log of writes, and how long it is. */
async function logOf(folder: string): Promise<{ name: string; size: number }> {
  const names = (await readdir(folder)).filter((name) => /^\d+\.log$/.test(name)).sort()
  const name = names.at(-1) ?? ''
  return { name, size: (await stat(join(folder, name))).size }
}

describe('F4 members that were parted', () => {
  it('show the same once they meet, again and again', async () => {
    let [a, b] = [alice, bob]
    for (let round = 0; round < 3; round++) {
      await stop(a)
      for (let n = 0; n < 3; n++) await b.chain.add(bytes(`b ${round}.${n}`), { topics: n === 1 ? ['odd'] : [] })
      await stop(b)
      a = await cast.restart(a)
      for (let n = 0; n < 3; n++) await a.chain.add(bytes(`a ${round}.${n}`), { topics: n === 1 ? ['odd'] : [] })
      b = await cast.restart(b)
      // Both listen on other ports than before, so neither knows where the other is.
      await b.walytis.dial(a.walytis.getMultiaddrs())
      await Promise.all([arrival(a, `b ${round}.2`), arrival(b, `a ${round}.2`)])
    }
    await vi.waitFor(async () => expect(await shown(b)).toEqual(await shown(a)), { timeout: 20_000, interval: 50 })
    expect(await shown(a)).toMatchObject({ odd: 6, all: 18 })
    expect((await b.chain.heads()).map(String).sort()).toEqual((await a.chain.heads()).map(String).sort())
  }, 60_000)
})

describe('F5 contents and blocks that come in any order, twice, or wrong', () => {
  it('lead to the same rows', async () => {
    await bob.chain.close()
    const ids: BlockId[] = []
    for (let n = 0; n < 6; n++) {
      ids.push((await alice.chain.add(bytes(`note ${n}`), { topics: [n % 2 === 1 ? 'odd' : 'even'] })).id)
    }
    await vi.waitFor(async () => expect(await bob.group.blockchain.has(ids[5] ?? '')).toBe(true), { timeout: 20_000 })
    const envelopes = await Promise.all(ids.map(async (id) => await envelopeOf(alice, id)))
    const steps = ids.flatMap((_, index) =>
      (['observe', 'give', 'give', 'wrong', 'unlock', 'observe'] as const).map((kind) => ({ index, kind }))
    )
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(steps, { minLength: steps.length }),
        fc.boolean(),
        async (order, together) => {
          const found = await taken(order, together, { ids, envelopes })
          expect(found).toEqual({ all: ids.map(String), odd: 3, count: 6, contents: 6 })
        }
      ),
      { numRuns: 15 }
    )
  }, 60_000)
})

interface Step {
  readonly index: number
  readonly kind: 'observe' | 'give' | 'wrong' | 'unlock'
}

/** What a store holds that was empty before these steps. */
async function taken(
  order: readonly Step[],
  together: boolean,
  { ids, envelopes }: { ids: readonly BlockId[]; envelopes: readonly Uint8Array[] }
): Promise<unknown> {
  const { group } = bob
  const folder = await mkdtemp(join(tmpdir(), 'offchain-order-'))
  const level: Store = new Level<string, string>(folder)
  await level.open()
  const store = await ContentStore.open(level, bob.chain.id, bob.keyStore)
  const reader = new Reader(CID.parse(bob.chain.id), group.epochs)
  const nothing = (): void => undefined
  const listener = {
    available: nothing,
    wanted: nothing,
    unwanted: nothing,
    announced: nothing,
    removed: nothing,
    obtained: nothing,
    known: nothing,
    wrong: nothing,
    refused: nothing,
    changed: nothing
  }
  const failures: unknown[] = []
  const report = (error: unknown): void => void failures.push(error)
  const base = group.blockchain
  const rest = { fetches: () => true, report, now: () => 0 }
  const intake = new Intake({ base, group, store, reader, pool: new Pool(), listener, ...rest })
  const from: Did = alice.identity.did
  const take = async ({ index, kind }: Step): Promise<void> => {
    const [id, envelope] = [ids[index], envelopes[index]]
    if (id === undefined || envelope === undefined) return
    if (kind === 'observe') await intake.observe(id, false)
    else if (kind === 'give') await intake.give(id, from, envelope)
    else if (kind === 'wrong')
      await intake.give(
        id,
        from,
        Uint8Array.from(envelope, (byte) => byte ^ 1)
      )
    else await intake.unlock((await group.epochs.current()).id)
  }
  if (together) await Promise.all(order.map(take))
  else for (const step of order) await take(step)
  // What the exchange would ask for again: a content that came too early may have been left out.
  for (const [index, id] of ids.entries()) await intake.give(id, from, envelopes[index] ?? new Uint8Array())
  const contents = new Contents({
    store,
    reader,
    fetches: () => true,
    seek: () => nothing,
    restore: async () => undefined,
    streamLarge: async function* () {}
  })
  const source = querySource({ base, store, reader, contents })
  const all: string[] = []
  let opened = 0
  for await (const block of answerQuery(source)) {
    all.push(block.id.toString())
    if ((await block.content()).length > 0) opened++
  }
  const odd = await countAnswers(source, { topics: { all: ['odd'] } })
  const count = await countAnswers(source)
  await intake.stop()
  await level.close()
  await rm(folder, { recursive: true, force: true })
  expect(failures).toEqual([])
  return { all, odd, count, contents: opened }
}
