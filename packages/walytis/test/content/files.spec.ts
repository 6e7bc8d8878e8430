import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FILE_BATCH_BYTES } from '../../src/constants.ts'
import { shapeOf } from '../../src/content/shape.ts'
import type { BlockId } from '../../src/interface/index.ts'
import type { ManagedChain } from '../../src/replica.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { alice, bob } from '../../src/testing/actors.ts'
import { noise } from '../../src/testing/suite-tools.ts'
import { FailingStore } from '../support/failing-store.ts'
import {
  createChain,
  type LocalNode,
  NOBODY,
  openLocalNode,
  replicate,
  temporaryFolder
} from '../support/local-chains.ts'

const WHEN = ['before', 'after'] as const
/** Two batches of leaves, one of what is left, and the block's own. */
const CONTENT = noise(2 * FILE_BATCH_BYTES + 300_000)

/** Rows of nodes, and of files that belong to no block, in a chain. */
async function nodeRows({ store }: LocalNode, id: string): Promise<string[]> {
  const rows = store.sublevel<Uint8Array, Uint8Array>(['walytis', 'chain', id], { keyEncoding: 'view' })
  const keys: string[] = []
  for await (const key of rows.keys()) keys.push(String.fromCharCode(key[0] ?? 0))
  return keys.filter((index) => index === 'p' || index === 'w')
}

async function reopen(node: LocalNode, id: string): Promise<ManagedChain> {
  return await node.chains.open(id, { signer: alice.signer, accessControl: NOBODY })
}

describe('F1 a crash at a batch of a larger content', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>

  beforeEach(async () => {
    folder = await temporaryFolder()
  })

  afterEach(async () => {
    await folder[Symbol.asyncDispose]()
  })

  for (const when of WHEN) {
    it.each([0, 1, 2, 3])(`that is added, ${when} number %i is written, leaves all or nothing of it`, async (batch) => {
      const store = new FailingStore(await openStore(folder.path))
      await store.open()
      const node = await openLocalNode(undefined, store)
      const { blockchain } = await createChain(node)
      store.dieAt(batch, when)
      const adding = blockchain.add(CONTENT)
      await expect(adding).rejects.toMatchObject({ name: 'StoreFailedError' })
      await node.stop()
      const again = await openLocalNode(folder.path)
      const chain = (await reopen(again, blockchain.id)).blockchain
      const isThere = when === 'after' && batch === 3
      expect(await chain.count()).toBe(isThere ? 1 : 0)
      for await (const block of chain.blocks()) {
        expect(block.available).toBe(true)
        expect(Buffer.from(await block.content()).equals(CONTENT)).toBe(true)
      }
      // what was abandoned takes no space
      expect(await nodeRows(again, blockchain.id)).toHaveLength(isThere ? shapeOf(CONTENT.length).total : 0)
      const added = await chain.add(CONTENT)
      expect(Buffer.from(await added.content()).equals(CONTENT)).toBe(true)
      expect(await nodeRows(again, blockchain.id)).toHaveLength(shapeOf(CONTENT.length).total)
      await again.stop()
    })

    it.each([0, 1, 2])(`that is fetched, ${when} number %i is written, keeps what came before`, async (batch) => {
      const theirs = await openLocalNode()
      const source = await createChain(theirs, bob)
      const { id } = await source.blockchain.add(CONTENT)
      const store = new FailingStore(await openStore(folder.path))
      await store.open()
      const node = await openLocalNode(undefined, store)
      const chain = await replicate(source, node, alice)
      store.dieAt(batch, when)
      await expect(copy(source, chain, id)).rejects.toMatchObject({ name: 'StoreFailedError' })
      await node.stop()
      const again = await openLocalNode(folder.path)
      const reopened = await reopen(again, source.blockchain.id)
      const isWhole = when === 'after' && batch === 2
      const stored = Math.min((when === 'after' ? batch + 1 : batch) * 10, shapeOf(CONTENT.length).total)
      expect(await storedOf(reopened, id)).toBe(stored)
      expect((await reopened.blockchain.get(id)).available).toBe(isWhole)
      await copy(source, reopened, id)
      const block = await reopened.blockchain.get(id)
      expect(block.available).toBe(true)
      expect(Buffer.from(await block.content()).equals(CONTENT)).toBe(true)
      await again.stop()
      await theirs.stop()
    })
  }
})

describe('the larger contents of a chain', () => {
  it('are kept once, however many blocks have them', async () => {
    const node = await openLocalNode()
    const { blockchain } = await createChain(node)
    await Promise.all([blockchain.add(CONTENT), blockchain.add(CONTENT)])
    await blockchain.add(CONTENT)
    expect(await blockchain.count()).toBe(3)
    for await (const block of blockchain.blocks()) expect(Buffer.from(await block.content()).equals(CONTENT)).toBe(true)
    expect(await nodeRows(node, blockchain.id)).toHaveLength(shapeOf(CONTENT.length).total)
    await node.stop()
  })

  it('are here for every block that lacked them, once one has fetched them', async () => {
    const [theirs, ours] = [await openLocalNode(), await openLocalNode()]
    const source = await createChain(theirs, bob)
    const first = await source.blockchain.add(CONTENT)
    const second = await source.blockchain.add(CONTENT)
    const chain = await replicate(source, ours, alice)
    expect((await chain.blockchain.get(second.id)).available).toBe(false)
    const told: string[] = []
    chain.blockchain.addEventListener('content:available', ({ detail }) => told.push(detail.block.id.toString()))
    await copy(source, chain, first.id)
    expect(told.sort()).toEqual([first.id.toString(), second.id.toString()].sort())
    expect((await chain.blockchain.get(second.id)).available).toBe(true)
    for await (const _ of chain.files.lacking()) expect.unreachable('nothing is missing')
    await Promise.all([theirs.stop(), ours.stop()])
  })

  it('take no space when their source fails', async () => {
    const node = await openLocalNode()
    const { blockchain } = await createChain(node)
    const pieces = async function* () {
      yield CONTENT
      throw new RangeError('gone')
    }
    await expect(blockchain.add(pieces())).rejects.toThrow('gone')
    expect(await nodeRows(node, blockchain.id)).toEqual([])
    await node.stop()
  })

  it('are let go of when the signal comes while their source gives nothing', async () => {
    const node = await openLocalNode()
    const { blockchain } = await createChain(node)
    const ending = new AbortController()
    const isTold: boolean[] = []
    const stuck: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => {
        let isFirst = true
        return {
          next: async () => {
            if (!isFirst) {
              ending.abort(new RangeError('no more patience'))
              return await new Promise<never>(() => {})
            }
            isFirst = false
            return { done: false, value: CONTENT }
          },
          return: async () => {
            isTold.push(true)
            return { done: true, value: undefined }
          }
        }
      }
    }
    await expect(blockchain.add(stuck, { signal: ending.signal })).rejects.toThrow('no more patience')
    expect(isTold).toEqual([true])
    expect(await nodeRows(node, blockchain.id)).toEqual([])
    expect(await blockchain.count()).toBe(0)
    await node.stop()
  })
})

/** Go on with fetching where it stopped, ten nodes in each batch, without a network. */
async function copy(from: ManagedChain, to: ManagedChain, block: BlockId): Promise<void> {
  const content = await to.files.of(block)
  if (content === undefined) throw new RangeError('the block has no larger content')
  const { reference } = content
  const { total } = shapeOf(reference.size)
  for (let position = await storedOf(to, block); position < total; position += 10) {
    const positions = Array.from({ length: Math.min(10, total - position) }, (_, index) => position + index)
    const nodes = await Promise.all(positions.map((one) => from.files.read(reference, one)))
    await to.files.append(reference, position, nodes)
  }
  await to.files.complete(reference)
}

async function storedOf({ files }: ManagedChain, block: BlockId): Promise<number> {
  const content = await files.of(block)
  return content === undefined ? 0 : ((await files.progress(content.reference))?.stored ?? 0)
}
