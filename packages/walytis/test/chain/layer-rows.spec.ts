import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createChainFactory } from '../../src/chain-factory.ts'
import { UNSYNCED_LAYER_LIMIT } from '../../src/constants.ts'
import type { BatchOperation, LayerRows, Store } from '../../src/interface/index.ts'
import type { ManagedChain } from '../../src/replica.ts'
import { alice } from '../../src/testing/actors.ts'
import { createCuttingStore } from '../../src/testing/cutting-store.ts'
import {
  all,
  bytes,
  createChain,
  type LocalNode,
  NOBODY,
  OFFLINE,
  openLocalNode,
  temporaryFolder,
  text
} from '../support/local-chains.ts'

const at = (group: string, key: string) => ({ group: bytes(group), key: bytes(key) })
const put = (group: string, key: string, value: string) => ({ ...at(group, key), value: bytes(value) })

/** Keys and values of a group, sorted. */
async function shown(rows: LayerRows, group: string): Promise<string[]> {
  const found = await all(rows.list(bytes(group)))
  return found.map(([key, value]) => `${text(key)}=${text(value)}`).sort()
}

describe('rows of a layer above', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let node: LocalNode
  let chain: ManagedChain

  beforeEach(async () => {
    folder = await temporaryFolder()
    node = await openLocalNode(folder.path)
    chain = await createChain(node)
  })

  afterEach(async () => {
    await node.stop()
    await folder[Symbol.asyncDispose]()
  })

  const rowsOf = (layer: string): LayerRows => {
    const rows = chain.blockchain.rows?.(layer)
    if (rows === undefined) throw new RangeError('a plain chain has rows')
    return rows
  }

  it('are kept apart by layer and by group, whatever their names are', async () => {
    const rows = rowsOf('views')
    await rows.write([put('a', 'k', '1'), put('ab', 'k', '2'), put('', 'abk', '3'), put('a', '', '4')])
    await rowsOf('view').write([put('a', 'k', 'other')])
    expect(await shown(rows, 'a')).toEqual(['=4', 'k=1'])
    expect(await shown(rows, 'ab')).toEqual(['k=2'])
    expect(await shown(rows, '')).toEqual(['abk=3'])
    const got = await rows.get([at('ab', 'k'), at('ab', 'none'), at('a', 'k')])
    expect(got.map((value) => value && text(value))).toEqual(['2', undefined, '1'])
    await rows.write([at('ab', 'k'), put('a', 'k', '5')])
    expect(await shown(rows, 'ab')).toEqual([])
    await rows.clear()
    expect(await shown(rows, 'a')).toEqual([])
    expect(await shown(rowsOf('view'), 'a')).toEqual(['k=other'])
  })

  it('are there after a restart, and go with their chain', async () => {
    await rowsOf('views').write([put('a', 'k', '1')])
    await node.stop()
    node = await openLocalNode(folder.path)
    const { id } = chain.blockchain
    chain = await node.chains.open(id, { signer: alice.signer, accessControl: NOBODY })
    expect(await shown(rowsOf('views'), 'a')).toEqual(['k=1'])
    await node.chains.delete(id)
    for await (const key of node.store.keys({ keyEncoding: 'utf8' })) expect(key).not.toContain(id)
  })

  it('are refused under names that are too long, and on a closed chain', async () => {
    expect(() => rowsOf('x'.repeat(65))).toThrow(expect.objectContaining({ name: 'LimitExceededError' }))
    const rows = rowsOf('views')
    const long = { group: new Uint8Array(256), key: bytes('k'), value: bytes('v') }
    await expect(rows.write([long])).rejects.toMatchObject({ name: 'LimitExceededError' })
    await expect(rows.get([{ group: bytes('a'), key: new Uint8Array(256) }])).rejects.toMatchObject({
      name: 'LimitExceededError'
    })
    await chain.blockchain.close()
    await expect(rows.write([put('a', 'k', '1')])).rejects.toMatchObject({ name: 'ClosedError' })
  })
})

describe('after a loss of power', () => {
  async function chainOn(store: Store, id?: string): Promise<ManagedChain> {
    const chains = await createChainFactory({ store, network: OFFLINE, durability: 'process' })
    const init = { signer: alice.signer, accessControl: NOBODY }
    return await (id === undefined ? chains.create({ ...init, access: 'invite' }) : chains.open(id, init))
  }

  // batches: 0 the block, 1 the row about it, 2 another row about it
  for (const [what, survives, left] of [
    ['that takes nothing, rows are there', () => true, ['about=lost', 'more=lost']],
    ['that takes the last of them, the others are there', (batch: number) => batch < 2, ['about=lost']],
    ['that takes the block they speak of, all are gone', (batch: number) => batch > 0, []],
    ['that takes all but the last of them, all are gone', (batch: number) => batch === 2, []]
  ] as const) {
    it(`F2 ${what}`, async () => {
      const store = createCuttingStore()
      await store.open()
      const chain = await chainOn(store)
      const rows = chain.blockchain.rows?.('views')
      await chain.blockchain.add(bytes('lost'), { durability: 'process' })
      await rows?.write([put('a', 'about', 'lost')])
      await rows?.write([put('a', 'more', 'lost')])
      expect(store.volatile).toBe(3)
      const cut = await store.cut(survives)
      await chain.stop()
      const again = await chainOn(cut, chain.blockchain.id)
      expect(await shown(again.blockchain.rows?.('views') as LayerRows, 'a')).toEqual(left)
      await again.stop()
    })
  }

  // the block is on the disk; batches: three rows about it
  for (const [what, survives, left] of [
    ['the last of some writes, the others are there', (batch: number) => batch < 2, ['a=1', 'b=2', 'before=synced']],
    ['all of them, what was synced is there', () => false, ['before=synced']],
    ['one before another, they are gone as a whole', (batch: number) => batch !== 1, []],
    ['the first of them, they are gone as a whole', (batch: number) => batch !== 0, []]
  ] as const) {
    it(`F2 that takes ${what}`, async () => {
      const store = createCuttingStore()
      await store.open()
      const chain = await chainOn(store)
      const rows = chain.blockchain.rows?.('views') as LayerRows
      await rows.write([put('a', 'before', 'synced')])
      await rows.sync()
      expect(store.volatile).toBe(0)
      for (const [key, value] of [
        ['a', '1'],
        ['b', '2'],
        ['c', '3']
      ] as const) {
        await rows.write([put('a', key, value)])
      }
      const cut = await store.cut(survives)
      await chain.stop()
      const again = await chainOn(cut, chain.blockchain.id)
      expect(await shown(again.blockchain.rows?.('views') as LayerRows, 'a')).toEqual(left)
      await again.stop()
    })
  }

  it('F2 what was written before a sync is certain, whatever becomes of the writes themselves', async () => {
    const store = createCuttingStore()
    await store.open()
    const chain = await chainOn(store)
    const batch = vi.spyOn(store, 'batch')
    const rows = chain.blockchain.rows?.('views') as LayerRows
    await rows.write([put('a', 'k', 'old'), put('a', 'gone', 'x')])
    await rows.write([put('a', 'k', 'new'), at('a', 'gone')])
    await rows.sync()
    const [operations, options] = batch.mock.lastCall as unknown as [BatchOperation[], object]
    expect(options).toMatchObject({ sync: true })
    // LevelDB may have begun another file: the synced batch alone says all
    expect(operations.filter(({ type }) => type === 'put').length).toBe(2)
    expect(operations.filter(({ type }) => type === 'del').length).toBe(3)
    await chain.stop()
  })

  it('rows are synced when much has gathered, and when the chain is closed', async () => {
    const store = createCuttingStore()
    await store.open()
    const chain = await chainOn(store)
    const rows = chain.blockchain.rows?.('views') as LayerRows
    const most = UNSYNCED_LAYER_LIMIT.bytes
    await rows.write([{ ...at('a', 'k'), value: new Uint8Array(most) }])
    expect(store.volatile).toBe(0)
    await rows.write([put('a', 'l', '1')])
    expect(store.volatile).toBe(1)
    await chain.stop()
    expect(store.volatile).toBe(0)
  })
})
