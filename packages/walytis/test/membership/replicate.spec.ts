import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Receiver } from '../../src/membership/receiver.ts'
import { type ReplicateInit, replicate } from '../../src/membership/replicate.ts'
import type { Sources } from '../../src/membership/sources.ts'
import type { Replica } from '../../src/replica.ts'
import { ChainEntry } from '../../src/sync/chain-entry.ts'
import { alice, bob, carol, createActor } from '../../src/testing/actors.ts'
import { type ForgedBlock, forgeBlock, forgeGenesis } from '../../src/testing/forge.ts'
import { platformTimers } from '../../src/timers.ts'
import { all, type LocalNode, NOBODY, openLocalNode } from '../support/local-chains.ts'

const OPEN = { ...NOBODY, authorize: async () => {}, permits: () => true }
const dave = createActor('dave')

describe('receiving a chain', () => {
  let node: LocalNode
  let genesis: ForgedBlock
  let next: ForgedBlock
  let id: string
  let now: number
  const shunned: string[] = []
  const receivers: Receiver[] = []

  beforeEach(async () => {
    node = await openLocalNode()
    genesis = await forgeGenesis(alice)
    const parents = [genesis.signed]
    next = await forgeBlock({ signer: alice.signer, genesis: genesis.signed, parents, prev: genesis.signed })
    id = genesis.signed.id.toString()
    now = 0
    shunned.length = 0
  })

  afterEach(async () => {
    for (const receiver of receivers.splice(0)) receiver.stop()
    await node.stop()
  })

  /** Alice is named for it. What happens on the network is told by the test. */
  function begin(until: 'level' | 'begun' = 'level') {
    const staged = Promise.withResolvers<{ replica: Replica; entry: ChainEntry; sources: Sources }>()
    const init: ReplicateInit = {
      factory: node.chains,
      id,
      seams: { signer: carol.signer, accessControl: OPEN },
      named: [alice.peerId.toString()],
      now: () => now,
      batch: [],
      completion: [],
      stage: async (stage, sources) => {
        const entry = new ChainEntry({ id, replica: stage.replica, access: sources })
        const receiver = new Receiver({
          entry,
          sources,
          timers: platformTimers(() => now),
          policy: 'walytis/accept-all',
          hasBegun: () => stage.settings !== undefined,
          reconsider: () => {},
          dial: () => {},
          shun: (peer) => shunned.push(peer.toString())
        })
        receivers.push(receiver)
        staged.resolve({ replica: stage.replica, entry, sources })
        return receiver
      },
      unstage: () => {},
      forget: async () => {}
    }
    return { receiving: replicate(init, { until }), staged: staged.promise }
  }

  const level = (actor: typeof alice, partial = false) =>
    ({ type: 'compared', peer: actor.peerId, level: true, round: 1, partial }) as const
  const rejected = (actor: typeof alice) => ({
    type: 'rejected' as const,
    peer: actor.peerId,
    rejected: [{ rule: 'signature' }]
  })

  it('does not end with a peer that has nothing of it either, nor with one that is still receiving it', async () => {
    const { receiving, staged } = begin()
    const { replica, entry } = await staged
    // bob is being given the chain himself: both have no heads at all, which are equal
    entry.emit(level(bob))
    await replica.ingest([genesis], alice.peerId)
    entry.emit(level(bob, true))
    await replica.ingest([next], alice.peerId)
    entry.emit(level(alice))
    const { blockchain } = await receiving
    expect(blockchain.complete).toBe(true)
    expect(await blockchain.count()).toBe(1)
  })

  it('R37 resolves with what has begun, to be read and not to be written', async () => {
    const { receiving, staged } = begin('begun')
    const { replica, entry } = await staged
    await replica.ingest([genesis], alice.peerId)
    entry.emit({ type: 'progress', peer: alice.peerId, received: 1, expected: 2 })
    const chain = await receiving
    expect(chain.blockchain.complete).toBe(false)
    await replica.ingest([next], alice.peerId)
    expect(await chain.blockchain.count()).toBe(1)
    await expect(chain.blockchain.add(new Uint8Array(1))).rejects.toMatchObject({ name: 'IncompleteChainError' })
    await expect(chain.blockchain.invite()).rejects.toMatchObject({ name: 'IncompleteChainError' })
    const [listed] = await all(node.chains.list())
    expect(listed?.complete).toBe(false)
    await chain.complete([])
    expect((await chain.blockchain.add(new Uint8Array(1))).height).toBe(2)
  })

  it('R37 goes on where it was interrupted', async () => {
    const first = begin()
    const { replica, entry } = await first.staged
    await replica.ingest([genesis], alice.peerId)
    await node.chains.stop()
    await expect(replica.ingest([next], alice.peerId)).rejects.toMatchObject({ name: 'ClosedError' })
    receivers[0]?.stop()
    entry.emit(level(alice))
    expect(await node.chains.has(id)).toBe(false)

    const second = begin()
    const again = await second.staged
    expect(await again.replica.count()).toBe(1)
    expect(await again.replica.has(genesis.signed.id)).toBe(true)
    await again.replica.ingest([next], alice.peerId)
    again.entry.emit(level(alice))
    expect(await (await second.receiving).blockchain.count()).toBe(1)
  })

  it('R23 is thrown away whole when who was named sends what is not the chain', async () => {
    const before = await all(node.store.keys())
    const { receiving, staged } = begin()
    const { replica, entry } = await staged
    await replica.ingest([genesis], alice.peerId)
    entry.emit(rejected(alice))
    await expect(receiving).rejects.toMatchObject({ name: 'InvalidBlockError', rule: 'signature' })
    expect(await all(node.store.keys())).toEqual(before)
  })

  it('R23 goes on without anybody else who sends what is not the chain', async () => {
    const { receiving, staged } = begin()
    const { replica, entry } = await staged
    await replica.ingest([genesis], alice.peerId)
    entry.emit(rejected(bob))
    expect(shunned).toEqual([bob.peerId.toString()])
    entry.emit(level(alice))
    expect((await receiving).blockchain.id).toBe(id)
  })

  it('lets one send at a time, those who were named first, others when they are gone', async () => {
    const { receiving, staged } = begin()
    const { replica, entry, sources } = await staged
    const admits = async (actor: typeof alice): Promise<boolean> =>
      sources.authorize(actor.peerId).then(
        () => sources.permits(actor.peerId),
        () => false
      )
    expect(await admits(bob)).toBe(false)
    expect(await admits(alice)).toBe(true)
    now = 60_000
    expect(await admits(bob)).toBe(false)
    entry.emit({ type: 'left', peer: alice.peerId })
    expect(sources.permits(alice.peerId)).toBe(false)
    expect(await admits(bob)).toBe(true)
    expect(await admits(dave)).toBe(false)
    // bob is receiving the chain himself: he may go on, and others may, too
    await replica.ingest([genesis], bob.peerId)
    entry.emit(level(bob, true))
    expect(sources.permits(bob.peerId)).toBe(true)
    expect(await admits(dave)).toBe(true)
    entry.emit(level(dave))
    await receiving
    expect(await admits(carol)).toBe(true)
  })
})
