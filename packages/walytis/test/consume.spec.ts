import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConsumerFailure } from '../src/interface/index.ts'
import { alice, bob, carol, createActor } from '../src/testing/actors.ts'
import { arbitraryDag, arbitraryOrder } from '../src/testing/arbitraries.ts'
import { countReads } from '../src/testing/count-reads.ts'
import { forgeDag, forgeGenesis } from '../src/testing/forge.ts'
import {
  bytes,
  createChain,
  type LocalNode,
  NOBODY,
  openLocalNode,
  temporaryFolder,
  text
} from './support/local-chains.ts'
import { stageFor } from './support/plain-history.ts'
import { encodeVotes, VOTING_POLICY } from './support/voting-policy.ts'

const NOTHING = new Uint8Array()

describe('consumers of a chain', () => {
  let node: LocalNode

  beforeEach(async () => {
    node = await openLocalNode()
  })

  afterEach(async () => {
    await node.stop()
  })

  it('are told of each block after its parents, in whatever order the blocks come', async () => {
    const genesis = await forgeGenesis(alice)
    const dave = createActor('dave')
    const histories = arbitraryDag(['a', 'b', 'c'], 12).chain((graph) => {
      return fc.record({ graph: fc.constant(graph), order: arbitraryOrder([...graph.keys()]) })
    })
    await fc.assert(
      fc.asyncProperty(histories, async ({ graph, order }) => {
        const blocks = await forgeDag(graph, genesis, [alice, bob, carol])
        const own = await openLocalNode()
        const seams = { signer: dave.signer, accessControl: NOBODY }
        const stage = await own.chains.stage(genesis.signed.id.toString(), seams)
        await stage.replica.ingest([genesis], bob.peerId)
        const { blockchain } = await stage.commit()
        const told = new Set([genesis.signed.id.toString()])
        const early: string[] = []
        const consumer = await blockchain.consume('reader', async ({ block }) => {
          const links = block.parents.map(String)
          if (!links.every((link) => told.has(link)) || told.has(block.id.toString())) early.push(block.id.toString())
          told.add(block.id.toString())
        })
        for (const name of order) {
          const block = blocks.get(name)
          if (block !== undefined) await stage.replica.ingest([block], bob.peerId)
        }
        await consumer.drained()
        expect(early).toEqual([])
        expect(told.size).toBe(graph.size + 1)
        await own.stop()
      }),
      { numRuns: 50 }
    )
  })

  it('of different names go each at its own pace, also while one of them fails', async () => {
    const { blockchain } = await createChain(node)
    const seen: string[] = []
    const failed = Promise.withResolvers<ConsumerFailure>()
    const failing = await blockchain.consume('failing', () => Promise.reject(new RangeError('never')), {
      onFailure: failed.resolve
    })
    const hanging = Promise.withResolvers<void>()
    const slow = await blockchain.consume('slow', () => hanging.promise)
    const quick = await blockchain.consume('quick', async ({ block }) => void seen.push(text(await block.content())))
    for (const content of ['1', '2', '3']) await blockchain.add(bytes(content))
    await quick.drained()
    expect(seen).toEqual(['1', '2', '3'])
    expect(await failed.promise).toMatchObject({ consumer: 'failing', attempt: 1, error: { message: 'never' } })
    expect(failing.failure?.message).toBe('never')
    hanging.resolve()
    await slow.drained()
    await failing.close()
    const again: string[] = []
    const mended = await blockchain.consume(
      'failing',
      async ({ block }) => void again.push(text(await block.content()))
    )
    await mended.drained()
    expect(again).toEqual(['1', '2', '3'])
  })

  it('that are slow hold up neither what is written nor what comes, and read no further than they are', async () => {
    const genesis = await forgeGenesis(alice)
    const stage = await stageFor(node, genesis)
    await stage.replica.ingest([genesis], bob.peerId)
    const { blockchain } = await stage.commit()
    const begun = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    let handled = 0
    const consumer = await blockchain.consume('slow', async () => {
      begun.resolve()
      await gate.promise
      handled++
    })
    const reads = countReads(node.store)
    const total = 2_000
    for (let sent = 0; sent < total; sent += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, index) => blockchain.add(bytes(`${sent + index}`))))
    }
    const drawn = await forgeDag(new Map([['b1', []]]), genesis, [bob])
    expect(await stage.replica.ingest([...drawn.values()], bob.peerId)).toMatchObject({ accepted: { length: 1 } })
    await begun.promise
    expect(await blockchain.count()).toBe(total + 1)
    expect(handled).toBe(0)
    // one page of the log at most
    expect(reads().rows).toBeLessThanOrEqual(128)
    gate.resolve()
    await consumer.drained()
    expect(handled).toBe(total + 1)
  })

  it('running under one name are one: a second is refused while the first runs', async () => {
    const { blockchain } = await createChain(node)
    const first = await blockchain.consume('reader', async () => {})
    await expect(blockchain.consume('reader', async () => {})).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    await first.close()
    await (await blockchain.consume('reader', async () => {})).close()
  })

  it('end with their signal, and with the chain', async () => {
    const { blockchain } = await createChain(node)
    const stopping = new AbortController()
    const one = await blockchain.consume('one', async () => {}, { signal: stopping.signal })
    const other = await blockchain.consume('other', async () => {})
    stopping.abort()
    await blockchain.add(bytes('x'))
    await expect(one.drained()).rejects.toMatchObject({ name: 'ClosedError' })
    await other.drained()
    await blockchain.close()
    expect(node.reported).toEqual([])
  })
})

it('R42 a consumer on disk is told on its return of all that was revoked and reinstated, wherever it stopped', async () => {
  await using folder = await temporaryFolder()
  const init = { signer: alice.signer, accessControl: NOBODY, policy: VOTING_POLICY }
  let node = await openLocalNode(folder.path)
  const { blockchain } = await createChain(node, alice, VOTING_POLICY)
  const { id } = await blockchain.add(NOTHING, { topics: ['target'] })
  await blockchain.add(encodeVotes({ revoke: ['target'] }), { topics: ['vote'] })
  await blockchain.add(encodeVotes({ reinstate: ['target'] }), { topics: ['veto'] })
  await blockchain.add(encodeVotes({ revoke: ['target'] }), { topics: ['again'] })
  const wanted = ['block target', 'block vote', 'revoke target', 'block veto', 'reinstate target', 'block again']
  const heard: string[] = []
  // it is down after each single change
  for (let change = 0; change <= wanted.length; change++) {
    await node.stop()
    node = await openLocalNode(folder.path)
    const opened = (await node.chains.open(blockchain.id, init)).blockchain
    const told = Promise.withResolvers<void>()
    let left = 1
    const consumer = await opened.consume('app', async ({ kind, block }) => {
      // a second change is for the next process
      if (left-- <= 0) throw new RangeError('going down')
      heard.push(`${kind} ${block.topics.join()}`)
      told.resolve()
    })
    await told.promise
    await consumer.close()
  }
  expect(heard).toEqual([...wanted, 'revoke target'])
  const final = (await node.chains.open(blockchain.id, init)).blockchain
  expect((await final.get(id)).revoked).toBe(true)
  await node.stop()
})
