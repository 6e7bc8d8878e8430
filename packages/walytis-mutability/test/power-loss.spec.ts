import { afterEach, beforeEach, expect, it } from 'vitest'
import { createWalytis } from 'walytis'
import type { Block, BlockId, Walytis } from 'walytis/interface'
import { type CuttingStore, createCuttingStore } from 'walytis/testing'
import { type MutableBlockchain, mutable } from '../src/index.ts'
import { encodeOperation, type Operation } from '../src/operations/format.ts'
import { bytes, textsOf } from './support/pair.ts'

const nodes: Walytis[] = []
let store: CuttingStore
let id: string

beforeEach(async () => {
  store = createCuttingStore()
  await store.open()
})
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
})

async function nodeOn(storage: CuttingStore): Promise<Walytis> {
  const node = await createWalytis({ storage, listen: [], discovery: { mdns: false } })
  nodes.push(node)
  return node
}

/** A chain with changes that no index has seen: two originals of three are shown, one of them edited twice. */
async function fill(walytis: Walytis): Promise<void> {
  const plain = await walytis.create()
  id = plain.id
  const original = async (text: string): Promise<Block> =>
    await plain.add(bytes(text), { topics: ['mutability:original'] })
  const change = async (operation: Operation): Promise<Block> =>
    await plain.add(encodeOperation(operation), { topics: [`mutability:${operation.kind}`] })
  const update = async (block: BlockId, text: string): Promise<Block> =>
    await change({ kind: 'update', original: block, content: bytes(text) })
  const [one, two, three] = [await original('one'), await original('two'), await original('three')]
  await update((await update(one.id, 'uno')).id, 'eins')
  await change({ kind: 'delete', original: two.id })
  await change({ kind: 'delete', original: three.id })
  await change({ kind: 'restore', original: three.id })
}

async function expectWhole(chain: MutableBlockchain): Promise<void> {
  expect(await textsOf(chain.blocks())).toEqual(['eins', 'three'])
  expect(await chain.count()).toBe(2)
}

it('F2 the index is level with the chain after a loss of power, whatever that has taken of it', async () => {
  const walytis = await nodeOn(store)
  await fill(walytis)
  await expectWhole(await mutable(await walytis.open(id)))
  const written = store.volatile
  expect(written).toBeGreaterThan(5)
  const numbers = Array.from({ length: written + 1 }, (_, number) => number)
  for (const lost of numbers) {
    for (const survives of [
      (batch: number) => batch < lost,
      (batch: number) => batch !== lost,
      (batch: number) => batch > lost
    ]) {
      const again = await nodeOn(await store.cut(survives))
      await expectWhole(await mutable(await again.open(id)))
      await nodes.pop()?.stop()
    }
  }
})

it('F2 what was followed is certain once the chain was closed', async () => {
  const walytis = await nodeOn(store)
  await fill(walytis)
  const chain = await mutable(await walytis.open(id))
  await expectWhole(chain)
  await chain.close()
  expect(store.volatile).toBeLessThanOrEqual(1)
  const again = await nodeOn(await store.cut(() => false))
  await expectWhole(await mutable(await again.open(id)))
})
