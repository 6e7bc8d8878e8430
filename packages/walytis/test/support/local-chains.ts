import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChainFactory, createChainFactory } from '../../src/chain-factory.ts'
import { AccessDeniedError } from '../../src/errors.ts'
import type { AccessControl, BlockPolicy, Store } from '../../src/interface/index.ts'
import type { ChainNetwork, ManagedChain } from '../../src/replica.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { type Actor, alice } from '../../src/testing/actors.ts'
import { createTestClock, type TestClock } from '../../src/testing/clock.ts'

/** Nobody may hold the chain but this node: what a node without a network has. */
export const NOBODY: AccessControl = {
  keys: async () => [new Uint8Array(32)],
  authorize: async () => {
    throw new AccessDeniedError()
  },
  permits: () => false
}

/** The network side of a node that is not connected to anything. */
export const OFFLINE: ChainNetwork = {
  peers: () => [],
  sync: async () => ({ level: false, peers: [], missed: [] }),
  invite: async () => {
    throw new AccessDeniedError()
  },
  invitations: async function* () {},
  revokeInvitation: async () => {
    throw new AccessDeniedError()
  },
  addPeers: async () => {},
  fetch: async () => {
    throw new AccessDeniedError()
  },
  closed: async () => {}
}

/** A temporary folder, removed when disposed of. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'walytis-test-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** A node without a network: a store and its chains. */
export interface LocalNode {
  readonly store: Store
  readonly chains: ChainFactory
  readonly clock: TestClock
  readonly reported: unknown[]
  stop(): Promise<void>
}

/** @param location folder; undefined: in memory */
export async function openLocalNode(
  location?: string,
  store?: Store,
  network: ChainNetwork = OFFLINE
): Promise<LocalNode> {
  const opened = store ?? (await openStore(location))
  const clock = createTestClock()
  const reported: unknown[] = []
  const chains = await createChainFactory({
    store: opened,
    network,
    now: () => clock.now(),
    report: (error) => reported.push(error)
  })
  return {
    store: opened,
    chains,
    clock,
    reported,
    stop: async () => {
      await chains.stop()
      await opened.close()
    }
  }
}

/** A new chain of an actor. */
export async function createChain(node: LocalNode, actor: Actor = alice, policy?: BlockPolicy): Promise<ManagedChain> {
  return await node.chains.create({ signer: actor.signer, accessControl: NOBODY, access: 'invite', policy })
}

/** The same chain on another node, for another actor: received whole from the first. */
export async function replicate(
  from: ManagedChain,
  to: LocalNode,
  actor: Actor,
  policy?: BlockPolicy
): Promise<ManagedChain> {
  const stage = await to.chains.stage(from.replica.chain.toString(), {
    signer: actor.signer,
    accessControl: NOBODY,
    policy
  })
  await copyBlocks(from, { replica: stage.replica })
  return await stage.commit()
}

/** Give one replica all that the other has to give. */
export async function copyBlocks(from: Pick<ManagedChain, 'replica'>, to: Pick<ManagedChain, 'replica'>) {
  const blocks = []
  for await (const { id } of from.replica.ids()) {
    const raw = await from.replica.read(id)
    if (raw !== undefined) blocks.push(raw)
  }
  return await to.replica.ingest(blocks, alice.peerId)
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text(content: Uint8Array): string {
  return new TextDecoder().decode(content)
}

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}
