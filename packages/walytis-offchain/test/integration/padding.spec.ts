import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BlockId } from 'walytis/interface'
import { EXCHANGE_PROTOCOL } from '../../src/constants.ts'
import { privately } from '../../src/index.ts'
import { sizeClassOf } from '../../src/reference/size-class.ts'
import { rowsOf } from '../../src/store/store-keys.ts'
import { Cast, type Member } from './members.ts'
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

/** Contents of three classes, several sizes of each, all with topics that are as long together. */
const SIZES = [0, 1, 100, 256, 257, 400, 512, 513, 1000, 1024]
const CLASSES = [256, 512, 1024]

async function write(member: Member): Promise<Map<number, BlockId[]>> {
  const classes = new Map<number, BlockId[]>(CLASSES.map((sizeClass) => [sizeClass, []]))
  for (const size of SIZES) {
    const { id } = await member.chain.add(new Uint8Array(size).fill(7), { topics: ['note'] })
    classes.get(sizeClassOf(size))?.push(id)
  }
  return classes
}

/** Nothing but the class of a content can be told from these lengths. */
function expectClasses(lengths: ReadonlyMap<number, number[]>): void {
  const found = [...lengths.values()].map((some) => new Set(some).size)
  expect(found).toEqual(CLASSES.map(() => 1))
  expect(new Set([...lengths.values()].flat()).size).toBe(CLASSES.length)
}

describe('R32 who sees sizes sees classes of them', () => {
  it('on the chain', async () => {
    const classes = await write(alice)
    const blocks = new Set<number>()
    for (const ids of classes.values()) {
      for (const id of ids) {
        const record = await alice.group.blockchain.record(id)
        blocks.add(record?.content.length ?? 0)
      }
    }
    // The class itself is a number of one, two or three bytes.
    expect(Math.max(...blocks) - Math.min(...blocks)).toBeLessThanOrEqual(2)
    const topics = await Promise.all(
      ['n', 'note', 'a longer note'].map(async (topic) => {
        const { id } = await alice.chain.add(new Uint8Array(5), { topics: [topic] })
        return (await alice.group.blockchain.record(id))?.content.length
      })
    )
    expect(new Set(topics).size).toBe(1)
  })

  it('on the disk, of contents that are here and of those that are missing', async () => {
    const classes = await write(alice)
    const lengths = new Map<number, number[]>()
    for (const [sizeClass, ids] of classes) {
      const envelopes = await Promise.all(ids.map(async (id) => (await envelopeOf(alice, id)).length))
      lengths.set(sizeClass, envelopes)
    }
    expectClasses(lengths)
    for (const part of ['block', 'topic'] as const) {
      const rows = new Map<number, Set<number>>()
      for await (const [key, value] of rowsOf(alice.group.store, alice.chain.id, part).iterator()) {
        rows.set(key.length, (rows.get(key.length) ?? new Set()).add(value.length))
      }
      // Numbers of rows grow; sizes of contents do not show.
      for (const found of rows.values()) expect(Math.max(...found) - Math.min(...found)).toBeLessThanOrEqual(2)
    }
  })

  it('on the disk, of contents that were left for later', async () => {
    await bob.chain.close()
    await alice.chain.close()
    const lonely = await privately(alice.group)
    const classes = await write({ ...alice, chain: lonely })
    await lonely.close()
    const ids = [...classes.values()].flat()
    for (const id of ids) await expect.poll(async () => await bob.group.blockchain.has(id)).toBe(true)
    const chain = await privately(bob.group, { fetch: 'on-demand' })
    expect(await chain.count()).toBe(SIZES.length)
    const rows = new Set<string>()
    for await (const value of rowsOf(bob.group.store, chain.id, 'absent').values())
      rows.add(Buffer.from(value).toString('hex'))
    expect(rows.size).toBe(CLASSES.length)
    await chain.close()
  })

  it('on the wire, of what is pushed and of what is asked for', async () => {
    await bob.chain.close()
    const frames: number[] = []
    const all = Promise.withResolvers<void>()
    bob.group.sessions.handle(EXCHANGE_PROTOCOL, async (channel) => {
      for await (const frame of channel.messages()) {
        frames.push(frame.length)
        if (frames.length === SIZES.length) all.resolve()
      }
    })
    const opened = bob.group.sessions.open(alice.identity.did, EXCHANGE_PROTOCOL)
    const reading = (async () => {
      for await (const frame of (await opened).messages()) {
        frames.push(frame.length)
        if (frames.length === SIZES.length) all.resolve()
      }
    })().catch(() => undefined)
    await opened
    await write(alice)
    await all.promise
    const lengths = new Map<number, number[]>(CLASSES.map((sizeClass) => [sizeClass, []]))
    for (const [index, size] of SIZES.entries()) lengths.get(sizeClassOf(size))?.push(frames[index] ?? 0)
    expectClasses(lengths)
    await (await opened).close()
    await reading
  })
})
