import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contentOf, gathered, inPieces, largeContent, MiB } from './large-content.ts'
import { Cast, event, type Member, met, stop } from './members.ts'

let cast: Cast
let alice: Member
let bob: Member

beforeEach(async () => {
  cast = new Cast()
  alice = await cast.founder('alice')
  bob = await cast.joiner('bob', alice)
  await met(alice, bob)
})
afterEach(async () => {
  await cast.end()
})

/** The envelopes that lie in files of a member's folder. */
async function filesOf({ folder, chain }: Member): Promise<string[]> {
  return await readdir(join(folder, 'walytis-offchain', chain.id))
}

describe('a large content', () => {
  it('is sealed as it comes, shown at once, and fetched by the others', async () => {
    const bytes = largeContent(20 * MiB + 12345)
    const added = event(bob.chain, 'block:added')
    const available = event(bob.chain, 'content:available')
    const told: number[] = []
    alice.chain.addEventListener('content:progress', ({ detail }) => {
      expect(detail).toMatchObject({ direction: 'sending', device: bob.identity.did, expected: bytes.length })
      told.push(detail.bytes)
    })
    const block = await alice.chain.add(inPieces(bytes), { topics: ['file'] })
    expect(block).toMatchObject({ size: bytes.length, available: true, topics: ['file'] })
    expect((await added).detail.block).toMatchObject({ size: bytes.length, available: false })
    const copy = (await available).detail.block
    expect(copy).toMatchObject({ size: bytes.length, available: true, author: alice.identity.did })
    expect((await contentOf(copy)).equals(bytes)).toBe(true)
    expect(Buffer.from(await block.content()).equals(bytes)).toBe(true)
    expect(bob.chain.receiving(copy)).toBe(undefined)
    await expect.poll(() => told.at(-1), { timeout: 30_000 }).toBe(bytes.length)
    await expect.poll(() => alice.chain.holders(block), { timeout: 30_000 }).toEqual([bob.identity.did])
    expect(await alice.chain.count({ topics: { all: ['file'] } })).toBe(1)
  })

  it('takes web streams, and gives any range without reading the rest', async () => {
    const bytes = largeContent(2 * MiB + 77)
    const block = await alice.chain.add(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream())
    for (const [offset, length] of [
      [0, 10],
      [65_530, 20],
      [MiB - 1, 300_000],
      [bytes.length - 5, 100],
      [bytes.length + 5, 100]
    ] as const) {
      const range = await gathered(block.stream({ offset, length }))
      expect(range.equals(bytes.subarray(offset, offset + length))).toBe(true)
    }
    const small = await alice.chain.add(new TextEncoder().encode('hello world'))
    expect((await gathered(small.stream({ offset: 6, length: 3 }))).toString()).toBe('wor')
  })

  it('leaves nothing when its source fails, and when it is aborted', async () => {
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield largeContent(9 * MiB)
      throw new RangeError('the stick was pulled out')
    }
    await expect(alice.chain.add(source())).rejects.toThrow('pulled out')
    const stopping = new AbortController()
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) yield largeContent(MiB)
    }
    const onProgress = (event: { detail: number }): void => {
      if (event.detail > 9 * MiB) stopping.abort(new RangeError('enough'))
    }
    await expect(alice.chain.add(endless(), { signal: stopping.signal, onProgress })).rejects.toThrow('enough')
    expect(await filesOf(alice)).toEqual([])
    expect(await alice.chain.count()).toBe(0)
  })

  it('goes on after both sides were stopped, and starts nothing over', async () => {
    const bytes = largeContent(60 * MiB)
    const fetching = event(bob.chain, 'content:progress', ({ detail }) => detail.bytes > 20 * MiB)
    const added = event(bob.chain, 'block:added')
    const block = await alice.chain.add(inPieces(bytes))
    await fetching
    // So that it is not over before it is interrupted, however fast the machine. A restart forgets the pause.
    bob.chain.pause((await added).detail.block)
    await stop(bob)
    alice = await cast.restart(alice)
    bob = await cast.restart(bob)
    const copy = await bob.chain.get(block.id)
    const first = event(bob.chain, 'content:progress')
    const sent = new Set<number>()
    let windows = 0
    alice.chain.addEventListener('content:progress', ({ detail }) => {
      windows++
      sent.add(detail.bytes)
    })
    // Both listen elsewhere now.
    await bob.walytis.dial(alice.walytis.getMultiaddrs())
    expect((await contentOf(copy)).equals(bytes)).toBe(true)
    // What was kept is not asked for again, and nothing twice.
    expect((await first).detail.bytes).toBeGreaterThanOrEqual(8 * MiB)
    expect(sent.size).toBe(windows)
    expect(windows).toBeLessThan(8)
  })

  it('is served by a third member when its author is gone', async () => {
    const bytes = largeContent(10 * MiB)
    const available = event(bob.chain, 'content:available')
    const block = await alice.chain.add(inPieces(bytes))
    const carol = await cast.joiner('carol', alice)
    await available
    await met(bob, carol)
    await stop(alice)
    const later = await bob.chain.add(inPieces(bytes))
    await event(carol.chain, 'content:available', ({ detail }) => detail.block.id.equals(later.id))
    expect((await contentOf(await carol.chain.get(later.id))).equals(bytes)).toBe(true)
    // What was written before she came is not hers to read.
    await expect(carol.chain.get(block.id)).resolves.toMatchObject({ available: false })
  })

  it('rests while it is paused, goes on from there, and lets its reader go', async () => {
    const bytes = largeContent(40 * MiB)
    const added = event(bob.chain, 'block:added')
    const started = event(bob.chain, 'content:progress')
    await alice.chain.add(inPieces(bytes))
    const { block } = (await added).detail
    await started
    bob.chain.pause(block)
    const paused = bob.chain.receiving(block)
    expect(paused).toMatchObject({ paused: true, expected: bytes.length })
    await expect(gathered(block.stream({ signal: AbortSignal.timeout(300) }))).rejects.toMatchObject({
      name: 'TimeoutError'
    })
    expect(bob.chain.receiving(block)?.bytes).toBeLessThan(bytes.length)
    bob.chain.resume(block)
    expect((await contentOf(block)).equals(bytes)).toBe(true)
  })
})
