import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../src/storage/open-store.ts'
import { alice, bob } from '../../src/testing/actors.ts'
import { FailingStore } from '../support/failing-store.ts'
import { all, bytes, createChain, NOBODY, openLocalNode, temporaryFolder, text } from '../support/local-chains.ts'
import { drawnHistory, stageFor } from '../support/plain-history.ts'

const WHEN = ['before', 'after'] as const

describe('F1 a crash at a batch', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>

  beforeEach(async () => {
    folder = await temporaryFolder()
  })

  afterEach(async () => {
    await folder[Symbol.asyncDispose]()
  })

  async function failing(): Promise<FailingStore> {
    const store = new FailingStore(await openStore(folder.path))
    await store.open()
    return store
  }

  /** All that can be asked of a chain must agree with itself. */
  async function audit(id: string, expected: readonly string[]): Promise<void> {
    const node = await openLocalNode(folder.path)
    const { blockchain, replica } = await node.chains.open(id, { signer: alice.signer, accessControl: NOBODY })
    const blocks = await all(blockchain.blocks())
    expect(await Promise.all(blocks.map(async (block) => text(await block.content())))).toEqual(expected)
    expect(await blockchain.count()).toBe(expected.length)
    expect((await all(blockchain.blocks({ order: 'arrival' }))).length).toBe(expected.length)
    expect((await all(blockchain.blocks({ topics: { all: ['t'] } }))).length).toBe(expected.length)
    expect(await replica.count()).toBe(expected.length + 1)
    expect((await blockchain.heads()).map(String)).toEqual([(blocks.at(-1)?.id ?? replica.chain).toString()])
    // it goes on without a fork
    const next = await blockchain.add(bytes('next'), { topics: ['t'] })
    expect(next.seq).toBe(expected.length + 2)
    expect(await all(blockchain.forks())).toEqual([])
    await node.stop()
  }

  for (const when of WHEN) {
    for (const batch of [0, 1, 2]) {
      it(`of add, ${when} number ${batch} is written, leaves whole blocks or nothing`, async () => {
        const store = await failing()
        const node = await openLocalNode(undefined, store)
        const { blockchain } = await createChain(node)
        store.dieAt(batch, when)
        const told: unknown[] = []
        blockchain.addEventListener('block:added', ({ detail }) => told.push(detail))
        const resolved: string[] = []
        for (const content of ['1', '2', '3', '4']) {
          await blockchain.add(bytes(content), { topics: ['t'] }).then(
            () => resolved.push(content),
            (error) => expect(error.name).toBe('StoreFailedError')
          )
        }
        expect(resolved).toEqual(['1', '2', '3'].slice(0, batch))
        expect(told.length).toBe(batch)
        await node.stop()
        // what was promised is there; what was not may be, if it is there whole
        await audit(blockchain.id, ['1', '2', '3'].slice(0, when === 'after' ? batch + 1 : batch))
      })
    }

    it(`of grouped adds, ${when} the group is written, leaves all of them or none`, async () => {
      const store = await failing()
      const node = await openLocalNode(undefined, store)
      const { blockchain } = await createChain(node)
      store.dieAt(0, when)
      const adding = ['1', '2', '3'].map((content) => blockchain.add(bytes(content), { topics: ['t'] }))
      const results = await Promise.allSettled(adding)
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
      await node.stop()
      await audit(blockchain.id, when === 'after' ? ['1', '2', '3'] : [])
    })

    it(`of ingest, ${when} it is written, leaves the received blocks whole or away`, async () => {
      const { genesis, block } = await drawnHistory('b1-b2-b3')
      const store = await failing()
      const node = await openLocalNode(undefined, store)
      const stage = await stageFor(node, genesis)
      await stage.replica.ingest([genesis], bob.peerId)
      const { blockchain, replica } = await stage.commit()
      store.dieAt(0, when)
      const rest = [block('b1'), block('b2'), block('b3')]
      await expect(replica.ingest(rest, bob.peerId)).rejects.toMatchObject({ name: 'StoreFailedError' })
      await node.stop()
      const again = await openLocalNode(folder.path)
      const reopened = await again.chains.open(blockchain.id, { signer: alice.signer, accessControl: NOBODY })
      expect(await reopened.blockchain.count()).toBe(when === 'after' ? 3 : 0)
      const result = await reopened.replica.ingest(rest, bob.peerId)
      expect(result).toMatchObject({ accepted: { length: when === 'after' ? 0 : 3 }, known: when === 'after' ? 3 : 0 })
      expect((await reopened.blockchain.heads()).map(String)).toEqual([block('b3').signed.id.toString()])
      await again.stop()
    })

    it(`of create, ${when} it is written, leaves a chain or none`, async () => {
      const store = await failing()
      const node = await openLocalNode(undefined, store)
      store.dieAt(0, when)
      await expect(createChain(node)).rejects.toMatchObject({ name: 'StoreFailedError' })
      await node.stop()
      const again = await openLocalNode(folder.path)
      const held = await all(again.chains.list())
      expect(held.length).toBe(when === 'after' ? 1 : 0)
      for (const { id } of held) {
        const { blockchain } = await again.chains.open(id, { signer: alice.signer, accessControl: NOBODY })
        expect((await blockchain.add(bytes('first'))).seq).toBe(2)
      }
      await again.stop()
    })
  }

  it('during a join leaves what can be thrown away without a trace', async () => {
    const { genesis, block } = await drawnHistory('b1-b2')
    const store = await failing()
    const node = await openLocalNode(undefined, store)
    const stage = await stageFor(node, genesis)
    await stage.replica.ingest([genesis, block('b1')], bob.peerId)
    store.dieAt(0, 'before')
    await expect(stage.commit()).rejects.toMatchObject({ name: 'StoreFailedError' })
    await store.close()
    const again = await openLocalNode(folder.path)
    expect(await again.chains.has(genesis.signed.id.toString())).toBe(false)
    await (await stageFor(again, genesis)).discard()
    expect(await all(again.store.keys())).toEqual(['!walytis!!meta!version'])
    await again.stop()
  })

  it('R37 during a join leaves what had come, and the next one goes on with it', async () => {
    const { genesis, block } = await drawnHistory('b1-b2')
    const store = await failing()
    const stage = await stageFor(await openLocalNode(undefined, store), genesis)
    await stage.replica.ingest([genesis, block('b1')], bob.peerId)
    store.dieAt(0, 'before')
    await expect(stage.commit()).rejects.toMatchObject({ name: 'StoreFailedError' })
    await store.close()
    const again = await openLocalNode(folder.path)
    const next = await stageFor(again, genesis)
    expect(await next.replica.count()).toBe(2)
    await next.replica.ingest([block('b2')], bob.peerId)
    const { blockchain } = await next.commit()
    expect((await all(blockchain.blocks())).map(({ id }) => id)).toEqual([block('b1').signed.id, block('b2').signed.id])
    await again.stop()
  })

  it('during a deletion is made good at the next start', async () => {
    const store = await failing()
    const node = await openLocalNode(undefined, store)
    const { blockchain } = await createChain(node)
    await blockchain.add(bytes('to be forgotten'))
    store.dieAt(0, 'after')
    await expect(node.chains.delete(blockchain.id)).rejects.toMatchObject({ name: 'StoreFailedError' })
    await store.close()
    const again = await openLocalNode(folder.path)
    expect(await all(again.store.keys())).toEqual(['!walytis!!meta!version'])
    await again.stop()
  })
})
