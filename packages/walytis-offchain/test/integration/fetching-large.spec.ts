import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type PrivateBlock, type PrivateBlockchain, privately } from '../../src/index.ts'
import { arrival, bytes, Cast, event, type Member } from './members.ts'

const MIB = 1024 * 1024

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

/** Bob's chain, fetching up to 512 KiB, and a content of 2 MiB that Alice has just written, as it is shown there. */
async function withLeftOut(): Promise<{ chain: PrivateBlockchain; film: PrivateBlock }> {
  await bob.chain.close()
  const chain = await privately(bob.group, { fetch: { upTo: 512 * 1024 } })
  const film = await alice.chain.add(new Uint8Array(2 * MIB).fill(7), { topics: ['film'] })
  await alice.chain.add(bytes('a short one'))
  await arrival({ ...bob, chain }, 'a short one')
  return { chain, film: await chain.get(film.id) }
}

/** Bytes of all files of a member's node. */
async function bytesOf({ folder }: Member): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(
        async (entry) =>
          await stat(join(entry.parentPath, entry.name)).then(
            ({ size }) => size,
            () => 0
          )
      )
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

describe('a large content', () => {
  it('is left where the fetch policy leaves it, and found by its topics all the same', async () => {
    const { chain, film } = await withLeftOut()
    expect([film.contentState, film.size, await bytesOf(bob)]).toEqual(['on-demand', 2 * MIB, expect.any(Number)])
    expect(await bytesOf(bob)).toBeLessThan(2 * MIB)
    expect(await chain.count({ topics: { all: ['film'] } })).toBe(1)
    await chain.close()
  })

  it('is fetched when it is pinned, stays, and is off the disk once it was unpinned and removed', async () => {
    const { chain, film } = await withLeftOut()
    await chain.pin(film)
    await chain.whenAvailable(film)
    expect(await bytesOf(bob)).toBeGreaterThan(2 * MIB)
    await expect(chain.removeContent(film)).rejects.toMatchObject({ name: 'PinnedError' })
    await chain.unpin(film)
    const removed = event(chain, 'content:removed')
    await chain.removeContent(film)
    expect((await removed).detail.block.contentState).toBe('removed')
    await expect.poll(async () => await bytesOf(bob)).toBeLessThan(2 * MIB)
    await chain.close()
  })

  it('that was removed is fetched again when it is read, and kept', async () => {
    const { chain, film } = await withLeftOut()
    await chain.whenAvailable(film)
    await chain.removeContent(film)
    const content = await (await chain.get(film.id)).content()
    expect([content.length, content.every((byte) => byte === 7)]).toEqual([2 * MIB, true])
    expect((await chain.get(film.id)).contentState).toBe('available')
    await chain.close()
  })

  it('is fetched once the policy wants it', async () => {
    const { chain, film } = await withLeftOut()
    const available = event(chain, 'content:available')
    await chain.setFetchPolicy('at-once')
    expect((await available).detail.block.id.equals(film.id)).toBe(true)
    await chain.close()
  })
})
