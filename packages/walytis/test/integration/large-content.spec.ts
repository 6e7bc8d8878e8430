import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { BaseBlockchain, Block } from '../../src/interface/index.ts'
import { bytes, TestNodes } from '../support/nodes.ts'

/** Resolves with the next block that comes to a chain. */
function nextBlock(chain: BaseBlockchain): Promise<Block> {
  return new Promise((resolve) => {
    chain.addEventListener('block:added', ({ detail }) => resolve(detail.block), { once: true })
  })
}

describe('large content', () => {
  const nodes = new TestNodes()
  afterEach(() => nodes.stop())

  it('comes after its block, when it is read', async () => {
    const [alice, bob] = [await nodes.start(), await nodes.start()]
    const files = await alice.create()
    const same = await bob.join(await files.invite())
    const arrival = nextBlock(same)
    const content = randomBytes(5_000_000)
    const added = await files.add(content)
    const block = await arrival
    expect(block.available).toBe(false)
    expect(block.size).toBe(content.length)
    const progress: number[] = []
    const signal = AbortSignal.timeout(10_000)
    const read = await block.content({ signal, onProgress: ({ detail }) => progress.push(detail.received) })
    expect(content.equals(read)).toBe(true)
    expect(progress.at(-1)).toBe(content.length)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect((await same.get(added.id)).available).toBe(true)
  })

  it('is handed on by whoever has it', async () => {
    const [alice, bob, carol] = [await nodes.start(), await nodes.start(), await nodes.start()]
    const files = await alice.create()
    const bobs = await bob.join(await files.invite())
    const content = randomBytes(1_000_000)
    const { id } = await files.add(content)
    await bobs.sync()
    await (await bobs.get(id)).content()
    await alice.stop()
    const carols = await carol.join(await bobs.invite())
    expect(content.equals(await (await carols.get(id)).content())).toBe(true)
  })

  it('comes ahead of any reader where a node wants it, and what came before it was started too', async () => {
    const alice = await nodes.start()
    const bob = await nodes.start({ fetchAhead: 1_000_000 })
    const files = await alice.create()
    const [early, late, huge] = [randomBytes(400_000), randomBytes(300_000), randomBytes(1_000_001)]
    const first = await files.add(early)
    await files.add(huge)
    const bobs = await bob.join(await files.invite())
    const come = new Set<string>()
    const both = new Promise<void>((resolve) => {
      const note = async (block: Block): Promise<void> => {
        come.add(block.id.toString())
        if (come.size === 2) resolve()
      }
      bobs.addEventListener('content:available', ({ detail }) => void note(detail.block))
      // it may have come before this test listens
      void bobs.get(first.id).then((block) => (block.available ? note(block) : undefined))
    })
    const second = await files.add(late)
    await both
    expect(come).toEqual(new Set([first.id.toString(), second.id.toString()]))
    await alice.stop()
    expect(early.equals(await (await bobs.get(first.id)).content())).toBe(true)
    expect(late.equals(await (await bobs.get(second.id)).content())).toBe(true)
  })

  it('R36 that nobody has holds up no block, and no other content', async () => {
    const [alice, bob, carol] = [await nodes.start(), await nodes.start(), await nodes.start()]
    const files = await alice.create()
    const bobs = await bob.join(await files.invite())
    const carols = await carol.join(await files.invite())
    const lost = await carols.add(randomBytes(700_000))
    await untilCount(bobs, 1)
    await untilCount(files, 1)
    await carol.stop()
    const waiting = new AbortController()
    const reading = (await bobs.get(lost.id)).content({ signal: waiting.signal })
    const refused = expect(reading).rejects.toThrow('enough')
    const small = nextBlock(bobs)
    await files.add(bytes('small'))
    expect(new TextDecoder().decode(await (await small).content())).toBe('small')
    const content = randomBytes(600_000)
    const { id } = await files.add(content)
    await untilCount(bobs, 3)
    expect(content.equals(await (await bobs.get(id)).content())).toBe(true)
    expect((await bobs.get(lost.id)).available).toBe(false)
    expect((await bobs.get(id)).available).toBe(true)
    waiting.abort(new RangeError('enough'))
    await refused
  })

  it('is gone with its chain', async () => {
    const alice = await nodes.start()
    const files = await alice.create()
    await files.add(randomBytes(700_000))
    await alice.delete(files.id)
    const keys = await alice.store.keys({ gte: `!walytis!!chain!`, lt: `!walytis!!chain!~` }).all()
    expect(keys).toEqual([])
  })

  it('streams to a reader as it comes, who may stop and go on another day', async () => {
    const [alice, bob] = [await nodes.start(), await nodes.start()]
    const files = await alice.create()
    const bobs = await bob.join(await files.invite())
    const content = randomBytes(3_000_000)
    const { id } = await files.add(content)
    await untilCount(bobs, 1)
    const block = await bobs.get(id)
    for await (const piece of block.stream()) {
      expect(content.subarray(0, piece.length).equals(piece)).toBe(true)
      break
    }
    const pieces: Uint8Array[] = []
    for await (const piece of block.stream()) pieces.push(piece)
    expect(Buffer.concat(pieces).equals(content)).toBe(true)
    expect((await bobs.get(id)).available).toBe(true)
  })
})

async function untilCount(chain: BaseBlockchain, count: number): Promise<void> {
  while ((await chain.count()) < count) await nextBlock(chain)
}
