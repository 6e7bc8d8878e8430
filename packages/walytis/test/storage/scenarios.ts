import { expect } from 'vitest'
import type { BaseBlockchain, Consumer, ConsumerFailure } from '../../src/interface/index.ts'
import { AccessKeys } from '../../src/membership/access.ts'
import { Admissions } from '../../src/membership/admissions.ts'
import { InvitationStore } from '../../src/membership/invitation-store.ts'
import type { ManagedChain } from '../../src/replica.ts'
import { alice, bob, carol } from '../../src/testing/actors.ts'
import type { ForgedBlock } from '../../src/testing/forge.ts'
import { all, bytes, createChain, type LocalNode, NOBODY, text } from '../support/local-chains.ts'
import { drawnHistory, stageFor } from '../support/plain-history.ts'

/** Something that a node does to its store, cut into operations each of which may fail. */
export interface Scenario<S = unknown> {
  readonly name: string
  /** What is on the disk before; done by an earlier process. */
  prepare(node: LocalNode): Promise<S>
  /** What comes before the fault, in the process that meets it. */
  begin?(node: LocalNode, state: S): Promise<void>
  /** Rejects when the node says that it failed. */
  act(node: LocalNode, state: S): Promise<void>
  /** What the next process must find. */
  check(node: LocalNode, state: S, isDone: boolean, label: string): Promise<void>
}

/** Typed in itself, and one of a list of scenarios of all types. */
function scenario<S>(one: Scenario<S>): Scenario {
  return one as Scenario
}

const open = (node: LocalNode, id: string): Promise<ManagedChain> =>
  node.chains.open(id, { signer: alice.signer, accessControl: NOBODY })

/** All that can be asked of a chain agrees with itself, and writing goes on without a fork. */
async function textsOf({ blockchain, replica }: ManagedChain, label: string): Promise<string[]> {
  const blocks = await all(blockchain.blocks())
  expect(await blockchain.count(), label).toBe(blocks.length)
  expect((await all(blockchain.blocks({ order: 'arrival' }))).length, label).toBe(blocks.length)
  expect((await all(blockchain.blocks({ topics: { all: ['t'] } }))).length, label).toBe(blocks.length)
  expect(await replica.count(), label).toBe(blocks.length + 1)
  const texts = await Promise.all(blocks.map(async (block) => text(await block.content())))
  await blockchain.add(bytes('next'), { topics: ['t'] })
  expect(await all(blockchain.forks()), label).toEqual([])
  return texts
}

const writes = (chain: BaseBlockchain, ...texts: string[]): Promise<unknown> =>
  Promise.all(texts.map((one) => chain.add(bytes(one), { topics: ['t'] })))

/** A scenario over a chain with two blocks, whose state is the chain's id. */
function onChain(name: string, act: (chain: ManagedChain) => Promise<unknown>, added: string[]): Scenario {
  return scenario<string>({
    name,
    prepare: async (node) => {
      const { blockchain } = await createChain(node)
      await writes(blockchain, 'one', 'two')
      return blockchain.id
    },
    act: async (node, id) => void (await act(await open(node, id))),
    check: async (node, id, isDone, label) => {
      const texts = new Set(await textsOf(await open(node, id), label))
      expect(texts.has('one') && texts.has('two'), label).toBe(true)
      const found = added.filter((one) => texts.has(one))
      expect(texts.size, label).toBe(2 + found.length)
      if (isDone) expect(found, label).toEqual(added)
      // a group is one batch
      else expect([0, added.length], label).toContain(found.length)
    }
  })
}

interface Received {
  readonly genesis: ForgedBlock
  readonly rest: ForgedBlock[]
  readonly id: string
}

async function received(): Promise<Received> {
  const { genesis, block } = await drawnHistory('b1-b2-b3')
  return { genesis, rest: [block('b1'), block('b2'), block('b3')], id: genesis.signed.id.toString() }
}

const access = new Uint8Array(32).fill(5)

function admissionsOf(node: LocalNode, chain: BaseBlockchain): Admissions {
  return new Admissions({
    invitations: new InvitationStore(node.store),
    now: () => 0,
    randomBytes: (length) => new Uint8Array(length).fill(3),
    self: () => ({ peer: bob.peerId.toString(), addresses: [] }),
    chain: (id) => (id === chain.id ? chain : undefined),
    accessKey: async () => access
  })
}

/** All that the tests of faults do to a store. */
export const scenarios: readonly Scenario[] = [
  scenario<string[]>({
    name: 'create',
    prepare: async () => [],
    act: async (node, made) => void made.push((await createChain(node)).blockchain.id),
    check: async (node, made, isDone, label) => {
      const held = await all(node.chains.list())
      expect(held.length, label).toBeLessThanOrEqual(1)
      if (isDone) expect(held.map(({ id }) => id)).toEqual(made)
      for (const { id } of held) expect(await textsOf(await open(node, id), label)).toEqual([])
    }
  }),
  onChain('add', ({ blockchain }) => writes(blockchain, 'three'), ['three']),
  onChain('grouped adds', ({ blockchain }) => writes(blockchain, 'three', 'four', 'five'), ['three', 'four', 'five']),
  scenario<Received>({
    name: 'receive',
    prepare: async (node) => {
      const state = await received()
      const stage = await stageFor(node, state.genesis)
      await stage.replica.ingest([state.genesis], bob.peerId)
      await stage.commit()
      return state
    },
    act: async (node, { id, rest }) => void (await (await open(node, id)).replica.ingest(rest, bob.peerId)),
    check: async (node, { id, rest }, isDone, label) => {
      const chain = await open(node, id)
      const before = await chain.blockchain.count()
      expect(isDone ? [3] : [0, 3], label).toContain(before)
      const result = await chain.replica.ingest(rest, bob.peerId)
      expect(result, label).toMatchObject({ accepted: { length: 3 - before }, known: before, rejected: [] })
      expect((await all(chain.blockchain.blocks())).length, label).toBe(3)
    }
  }),
  scenario<Received>({
    name: 'join',
    prepare: received,
    act: async (node, { id, genesis, rest }) => {
      const stage = await stageFor(node, genesis)
      await stage.replica.ingest([genesis, ...rest], bob.peerId)
      await stage.commit([new AccessKeys(node.store).put(id, access)])
    },
    check: async (node, { id, genesis, rest }, isDone, label) => {
      const isHeld = await node.chains.has(id)
      if (isDone) expect(isHeld, label).toBe(true)
      if (isHeld) {
        expect(await (await open(node, id)).blockchain.count(), label).toBe(3)
        expect(new Uint8Array((await new AccessKeys(node.store).get(id)) ?? []), label).toEqual(access)
        return
      }
      // what was half received can be gone on with, or thrown away without a trace
      await (await stageFor(node, genesis)).discard()
      expect(await all(node.store.keys()), label).toEqual(['!walytis!!meta!version'])
      const stage = await stageFor(node, genesis)
      await stage.replica.ingest([genesis, ...rest], bob.peerId)
      expect(await (await stage.commit()).blockchain.count(), label).toBe(3)
    }
  }),
  scenario<string>({
    name: 'delete',
    prepare: async (node) => {
      const { blockchain } = await createChain(node)
      await writes(blockchain, 'one', 'two')
      return blockchain.id
    },
    act: async (node, id) => await node.chains.delete(id),
    check: async (node, id, isDone, label) => {
      const isHeld = await node.chains.has(id)
      if (isDone) expect(isHeld, label).toBe(false)
      if (isHeld) expect((await textsOf(await open(node, id), label)).sort(), label).toEqual(['one', 'two'])
      else expect(await all(node.store.keys()), label).toEqual(['!walytis!!meta!version'])
    }
  }),
  scenario<{ id: string; seen: string[]; expected: string[] }>({
    name: 'consume',
    prepare: async (node) => {
      const { blockchain } = await createChain(node)
      await writes(blockchain, 'one', 'two')
      return { id: blockchain.id, seen: [], expected: (await all(blockchain.blocks())).map(({ id }) => String(id)) }
    },
    act: async (node, { id, seen }) => {
      const { blockchain } = await open(node, id)
      const failed = new AbortController()
      const consumer = await consumeInto(blockchain, seen, ({ error }) => failed.abort(error))
      await consumer.drained({ signal: failed.signal })
    },
    check: async (node, { id, seen, expected }, isDone, label) => {
      if (isDone) expect(new Set(seen), label).toEqual(new Set(expected))
      const { blockchain } = await open(node, id)
      await (await consumeInto(blockchain, seen)).drained()
      // at least once, and never one before what came before it
      expect([...new Set(seen)], label).toEqual(expected)
    }
  }),
  scenario<{ id: string; key: Uint8Array; admitted: boolean }>({
    name: 'admit a joiner',
    prepare: async (node) => {
      const { blockchain } = await createChain(node)
      await admissionsOf(node, blockchain).invite(blockchain, { uses: 1, expires: new Date(1_000) })
      const [record] = await all(new InvitationStore(node.store).list(blockchain.id))
      return { id: blockchain.id, key: record?.publicKey ?? new Uint8Array(), admitted: false }
    },
    act: async (node, state) => {
      const { blockchain } = await open(node, state.id)
      const answer = await admissionsOf(node, blockchain).admit(state.id, state.key, bytes('bob'))
      state.admitted = answer !== undefined
    },
    check: async (node, { id, key, admitted }, isDone, label) => {
      const { blockchain } = await open(node, id)
      const admissions = admissionsOf(node, blockchain)
      if (isDone) expect(admitted, label).toBe(true)
      const another = await admissions.admit(id, key, bytes(carol.name))
      // one use is one use; and bob, if he was let in, is let in again when the answer was lost
      if (admitted) expect(another, label).toBeUndefined()
      if (another === undefined) expect(await admissions.admit(id, key, bytes('bob')), label).toEqual(access)
    }
  })
]

async function consumeInto(
  chain: BaseBlockchain,
  seen: string[],
  onFailure?: (failure: ConsumerFailure) => void
): Promise<Consumer> {
  return await chain.consume('application', async ({ block }) => void seen.push(String(block.id)), { onFailure })
}
