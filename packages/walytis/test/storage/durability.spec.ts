import { cp, readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type ChainFactory, createChainFactory } from '../../src/chain-factory.ts'
import { UNSYNCED_LIMIT } from '../../src/constants.ts'
import type { BlockId, Durability, Store } from '../../src/interface/index.ts'
import type { ManagedChain } from '../../src/replica.ts'
import { chainRows } from '../../src/storage/chain-store.ts'
import { contentKey } from '../../src/storage/indexes.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { alice, bob } from '../../src/testing/actors.ts'
import { type CuttingStore, createCuttingStore } from '../../src/testing/cutting-store.ts'
import type { Timers } from '../../src/timers.ts'
import {
  all,
  bytes,
  copyBlocks,
  type LocalNode,
  NOBODY,
  OFFLINE,
  openLocalNode,
  replicate,
  temporaryFolder,
  text
} from '../support/local-chains.ts'

/** Time that passes when a test says so. */
function handTimers(): Timers & { pass(): void } {
  const waiting = new Set<() => void>()
  return {
    now: () => 0,
    after: (_, callback) => {
      waiting.add(callback)
      return () => waiting.delete(callback)
    },
    pass: () => {
      for (const callback of [...waiting]) {
        waiting.delete(callback)
        callback()
      }
    }
  }
}

const contents = async (chain: ManagedChain): Promise<string[]> =>
  await Promise.all((await all(chain.blockchain.blocks())).map(async (block) => text(await block.content())))

describe('durability: process', () => {
  const nodes: Pick<LocalNode, 'stop'>[] = []

  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.stop()
  })

  async function factoryOn(store: Store, durability: Durability, timers = handTimers()): Promise<ChainFactory> {
    const chains = await createChainFactory({ store, network: OFFLINE, durability, timers })
    nodes.push({ stop: () => chains.stop().then(() => store.close()) })
    return chains
  }

  async function cuttingChain(timers = handTimers()): Promise<{ store: CuttingStore; chain: ManagedChain }> {
    const store = createCuttingStore()
    await store.open()
    const chains = await factoryOn(store, 'process', timers)
    const chain = await chains.create({ signer: alice.signer, accessControl: NOBODY, access: 'invite' })
    return { store, chain }
  }

  async function reopen(store: Store, id: string): Promise<ManagedChain> {
    const chains = await factoryOn(store, 'disk')
    return await chains.open(id, { signer: alice.signer, accessControl: NOBODY })
  }

  it('resolves and tells before the disk has it, and syncs a moment later', async () => {
    const timers = handTimers()
    const { store, chain } = await cuttingChain(timers)
    const told: string[] = []
    chain.blockchain.addEventListener('block:added', ({ detail }) => told.push(detail.block.id.toString()))
    const left = Promise.withResolvers<BlockId[]>()
    chain.replica.onAccepted((blocks) => left.resolve(blocks.map(({ id }) => id)))
    const block = await chain.blockchain.add(bytes('1'))
    expect(told).toEqual([block.id.toString()])
    expect(store.volatile).toBe(1)
    timers.pass()
    expect((await left.promise).map(String)).toEqual([block.id.toString()])
    expect(store.volatile).toBe(0)
  })

  it('makes all before it durable by one add that waits for the disk', async () => {
    const { store, chain } = await cuttingChain()
    await chain.blockchain.add(bytes('1'))
    await chain.blockchain.add(bytes('2'))
    expect(store.volatile).toBe(2)
    await chain.blockchain.add(bytes('3'), { durability: 'disk' })
    expect(store.volatile).toBe(0)
    const again = await reopen(await store.cut(() => false), chain.blockchain.id)
    expect(await contents(again)).toEqual(['1', '2', '3'])
  })

  it('is for those who ask: other adds of the same node, and what a layer above writes, wait for the disk', async () => {
    const store = createCuttingStore()
    await store.open()
    const chains = await factoryOn(store, 'disk')
    const { blockchain } = await chains.create({ signer: alice.signer, accessControl: NOBODY, access: 'invite' })
    await blockchain.add(bytes('1'))
    expect(store.volatile).toBe(0)
    await blockchain.add(bytes('2'), { durability: 'process' })
    expect(store.volatile).toBe(1)
    await blockchain.append(async () => ({ content: bytes('3'), topics: [] }))
    expect(store.volatile).toBe(0)
  })

  it('syncs when it is closed, and when much has gathered', async () => {
    const { store, chain } = await cuttingChain()
    const most = UNSYNCED_LIMIT.blocks
    for (let i = 0; i < most; i++) await chain.blockchain.add(bytes(`${i}`))
    expect(store.volatile).toBe(most)
    await chain.blockchain.add(bytes('one more'))
    expect(store.volatile).toBe(0)
    await chain.blockchain.add(bytes('the last'))
    await chain.stop()
    expect(store.volatile).toBe(0)
    const again = await reopen(await store.cut(() => false), chain.blockchain.id)
    expect(await again.blockchain.count()).toBe(most + 2)
  })

  it('F2 goes back behind blocks of which a row is gone: their contents, too', async () => {
    const { store, chain } = await cuttingChain()
    for (const each of ['1', '2', '3']) await chain.blockchain.add(bytes(each))
    const id = chain.blockchain.id
    const whole = await reopen(await store.cut(() => true), id)
    expect(await contents(whole)).toEqual(['1', '2', '3'])
    const after = await store.cut(() => true)
    await chainRows(after, id).del(contentKey(2))
    const again = await reopen(after, id)
    expect(await contents(again)).toEqual([])
    expect((await again.blockchain.add(bytes('4'))).seq).toBe(2)
  })

  it('F2 gives nothing away that a loss of power could take: not announced, named, listed, or read', async () => {
    const asks: Record<string, (chain: ManagedChain, id: BlockId) => Promise<unknown>> = {
      heads: async ({ replica }) => (await replica.heads()).map(String),
      count: ({ replica }) => replica.count(),
      read: ({ replica }, id) => replica.read(id),
      links: ({ replica }, id) => replica.links(id),
      ids: ({ replica }) => all(replica.ids())
    }
    for (const [name, ask] of Object.entries(asks)) {
      const { store, chain } = await cuttingChain()
      const announced: number[] = []
      chain.replica.onAccepted(() => announced.push(store.volatile))
      const block = await chain.blockchain.add(bytes(name))
      expect(announced, name).toEqual([])
      expect(store.volatile, name).toBe(1)
      await ask(chain, block.id)
      // it was synced first, and announced once it was
      expect(store.volatile, name).toBe(0)
      expect(announced, name).toEqual([0])
    }
  })

  for (const [kind, survives] of [
    ['nothing of it', () => () => false],
    ['its beginning', (keep: number) => (batch: number) => batch < keep],
    ['all but one batch in its middle', (lost: number) => (batch: number) => batch !== lost]
  ] as const) {
    it(`F2 after a loss of power that leaves ${kind}, goes on where peers have seen it, without a fork`, async () => {
      for (let at = 0; at < 5; at++) {
        const { store, chain } = await cuttingChain()
        const peer = await openLocalNode()
        nodes.push(peer)
        await chain.blockchain.add(bytes('a'))
        await chain.blockchain.add(bytes('b'))
        // bob has all that left the node: his asking made it durable
        const copy = await replicate(chain, peer, bob)
        const seen = (await all(copy.blockchain.blocks())).map(({ seq }) => seq)
        const heard = chain.replica.onAccepted((blocks) =>
          copy.replica.ingest(
            blocks.map(({ raw }) => raw),
            alice.peerId
          )
        )
        for (const content of ['1', '2', '3', '4', '5']) await chain.blockchain.add(bytes(content))
        expect(store.volatile).toBe(5)
        const cut = await store.cut(survives(at))
        // the power is gone: what this process syncs later, nobody hears of
        heard()
        const again = await reopen(cut, chain.blockchain.id)
        const left = await contents(again)
        expect(left.slice(0, 2)).toEqual(['a', 'b'])
        expect(['1', '2', '3', '4', '5'].slice(0, left.length - 2)).toEqual(left.slice(2))
        const next = await again.blockchain.add(bytes('next'))
        expect(seen).not.toContain(next.seq)
        expect(next.seq).toBe(left.length + 2)
        const { rejected, missing } = await copyBlocks(again, copy)
        expect([rejected, missing]).toEqual([[], []])
        expect(await all(copy.blockchain.forks())).toEqual([])
        expect((await copy.blockchain.heads()).map(String)).toEqual([next.id.toString()])
        // every index agrees
        expect(await again.blockchain.count()).toBe(left.length + 1)
        expect((await all(again.blockchain.blocks({ order: 'arrival' }))).length).toBe(left.length + 1)
        expect((await all(again.blockchain.blocks({ creator: next.creator }))).length).toBe(left.length + 1)
      }
    })
  }

  it('F2 a consumer that had been handed lost blocks is handed those that take their numbers', async () => {
    const { store, chain } = await cuttingChain()
    await chain.blockchain.add(bytes('kept'), { durability: 'disk' })
    const first = await chain.blockchain.consume('reader', async () => {})
    await chain.blockchain.add(bytes('lost'))
    await first.drained()
    await first.close()
    const cursor = store.volatile - 1
    const again = await reopen(await store.cut((batch) => batch === cursor), chain.blockchain.id)
    const handed: string[] = []
    // before anybody consumes: the first of these has the number that the reader had reached
    await again.blockchain.add(bytes('new'))
    await again.blockchain.add(bytes('newer'))
    const second = await again.blockchain.consume('reader', async ({ block }) => {
      handed.push(text(await block.content()))
    })
    await second.drained()
    expect(handed).toEqual(['new', 'newer'])
  })

  it('F2 opens with whole blocks wherever the log of the disk is cut after its last synced byte', async () => {
    await using folder = await temporaryFolder()
    const from = join(folder.path, 'from')
    const store = await openStore(from)
    const chains = await factoryOn(store, 'process')
    const { blockchain } = await chains.create({ signer: alice.signer, accessControl: NOBODY, access: 'invite' })
    await blockchain.add(bytes('synced'), { durability: 'disk' })
    const log = (await readdir(from)).find((name) => name.endsWith('.log')) ?? 'none'
    const { size: synced } = await stat(join(from, log))
    for (const content of ['1', '2', '3']) await blockchain.add(bytes(content))
    const { size: written } = await stat(join(from, log))
    expect(written).toBeGreaterThan(synced)
    const kept = new Set<number>()
    const cuts = 24
    for (let cut = 0; cut <= cuts; cut++) {
      const to = join(folder.path, `cut-${cut}`)
      await cp(from, to, { recursive: true, filter: (path) => !path.endsWith('LOCK') })
      await truncate(join(to, log), synced + Math.round(((written - synced) * cut) / cuts))
      const node = await openLocalNode(to)
      const chain = await node.chains.open(blockchain.id, { signer: alice.signer, accessControl: NOBODY })
      const left = await contents(chain)
      expect(left).toEqual(['synced', '1', '2', '3'].slice(0, left.length))
      expect(left.length).toBeGreaterThan(0)
      kept.add(left.length)
      expect((await chain.blockchain.add(bytes('next'))).seq).toBe(left.length + 2)
      await node.stop()
    }
    expect([...kept].sort()).toEqual([1, 2, 3, 4])
  })
})
