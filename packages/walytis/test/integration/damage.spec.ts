import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { BaseBlockchain, BlockId, Walytis } from '../../src/interface/index.ts'
import { chainRows } from '../../src/storage/chain-store.ts'
import { blockKey, contentKey, nodeKey } from '../../src/storage/indexes.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { all, temporaryFolder } from '../support/local-chains.ts'
import { bytes, TestNodes, textsOf } from '../support/nodes.ts'

describe('a damaged record', () => {
  const nodes = new TestNodes()
  afterEach(() => nodes.stop())

  /** Change bytes of rows where they lie. No change: the row is lost. */
  async function damage(
    path: string,
    chain: string,
    rows: readonly (readonly [Uint8Array, ((row: Uint8Array) => void)?])[]
  ) {
    const store = await openStore(path)
    for (const [key, change] of rows) {
      const row = await chainRows(store, chain).get(key)
      if (row === undefined) return expect.unreachable('no such row')
      change?.(row)
      if (change === undefined) await chainRows(store, chain).del(key)
      else await chainRows(store, chain).put(key, row)
    }
    await store.close()
  }

  const flipLast = (row: Uint8Array): void => {
    row[row.length - 1] = (row.at(-1) ?? 0) ^ 1
  }

  /** Resolves once all these were repaired. */
  const repaired = (chain: BaseBlockchain, ids: readonly BlockId[]): Promise<void> =>
    new Promise((resolve) => {
      const open = new Set(ids.map(String))
      chain.addEventListener('block:repaired', ({ detail }) => {
        open.delete(detail.block.toString())
        if (open.size === 0) resolve()
      })
    })

  async function restart(alice: Walytis, id: string, path: string): Promise<[Walytis, BaseBlockchain]> {
    const denied = { denyDialMultiaddr: () => isAlone, denyInboundConnection: () => isAlone }
    const bob = await nodes.start({ storage: path, libp2p: { connectionGater: denied } })
    await alice.libp2p.hangUp(bob.peerId)
    return [bob, await bob.open(id)]
  }
  let isAlone = true

  it('is named in larger content too, never given out, and fetched again', { timeout: 60_000 }, async () => {
    for (const change of [flipLast, undefined]) {
      await using folder = await temporaryFolder()
      isAlone = true
      const alice = await nodes.start()
      const bob = await nodes.start({ storage: folder.path })
      const files = await bob.create()
      const content = randomBytes(700_000)
      const { id } = await files.add(content)
      const copy = await alice.join(await files.invite())
      await (await copy.get(id)).content()
      await bob.stop()
      const leaf = nodeKey(1, { level: 0, index: 1 })
      await damage(folder.path, files.id, [change === undefined ? [leaf] : [leaf, change]])

      const [again, chain] = await restart(alice, files.id, folder.path)
      const named = { name: 'DamagedRecordError', chain: files.id, part: 'content', block: id.toString() }
      await expect((await chain.get(id)).content()).rejects.toMatchObject(named)
      isAlone = false
      await again.dial(alice.getMultiaddrs())
      const read = await (await chain.get(id)).content({ signal: AbortSignal.timeout(30_000) })
      expect(content.equals(read)).toBe(true)
      // from the disk, this time
      expect(content.equals(await (await chain.get(id)).content())).toBe(true)
    }
  })

  it('is named, and repaired from a peer that has it', { timeout: 60_000 }, async () => {
    await using folder = await temporaryFolder()
    isAlone = true
    const alice = await nodes.start()
    const bob = await nodes.start({ storage: folder.path })
    const notes = await alice.create()
    for (let i = 0; i < 8; i++) await notes.add(bytes(`note ${i}`))
    const texts = await textsOf(notes)
    const { id } = await bob.join(await notes.invite())
    const ids = (await all(notes.blocks())).map((block) => block.id)
    const [, , broken, lost, spoilt] = ids
    if (broken === undefined || lost === undefined || spoilt === undefined) return expect.unreachable()
    await bob.stop()
    await damage(folder.path, id, [
      [blockKey(broken), flipLast],
      [blockKey(lost)],
      // the fifth block to arrive
      [contentKey(5), flipLast]
    ])

    const [again, chain] = await restart(alice, id, folder.path)
    const named = { name: 'DamagedRecordError', chain: id }
    await expect(chain.get(broken)).rejects.toMatchObject({ ...named, part: 'block', block: broken.toString() })
    await expect(all(chain.blocks())).rejects.toMatchObject({ ...named, part: 'block' })
    const block = await chain.get(spoilt)
    await expect(block.content()).rejects.toMatchObject({ ...named, part: 'content', block: spoilt.toString() })
    // the others are as they were
    const [first] = ids
    expect(first && (await (await chain.get(first)).content())).toEqual(bytes('note 0'))

    const mended = repaired(chain, [broken, spoilt])
    isAlone = false
    await again.dial(alice.getMultiaddrs())
    await mended
    // a row that is gone is met by whoever lists what the index has
    const found = repaired(chain, [lost])
    await expect(all(chain.blocks())).rejects.toMatchObject({ ...named, part: 'block', block: lost.toString() })
    await found
    expect(await textsOf(chain)).toEqual(texts)
    expect(await all(chain.blocks({ order: 'arrival' }))).toHaveLength(8)
    expect((await chain.sync()).level).toBe(true)
    // and on the disk
    await again.stop()
    isAlone = true
    const [, reopened] = await restart(alice, id, folder.path)
    expect(await textsOf(reopened)).toEqual(texts)
  })

  it('that is this node’s last block keeps it from writing, which would fork it, until it is repaired', async () => {
    await using folder = await temporaryFolder()
    isAlone = true
    const alice = await nodes.start()
    const bob = await nodes.start({ storage: folder.path })
    const notes = await alice.create()
    const bobs = await bob.join(await notes.invite())
    const last = await bobs.add(bytes('my last'))
    expect((await bobs.sync()).level).toBe(true)
    await bob.stop()
    await damage(folder.path, notes.id, [[blockKey(last.id), flipLast]])

    const [again, chain] = await restart(alice, notes.id, folder.path)
    await expect(chain.add(bytes('too early'))).rejects.toMatchObject({ name: 'DamagedRecordError' })
    const mended = repaired(chain, [last.id])
    isAlone = false
    await again.dial(alice.getMultiaddrs())
    await mended
    expect((await chain.add(bytes('in time'))).seq).toBe(2)
    expect(await all(chain.forks())).toEqual([])
  })
})
