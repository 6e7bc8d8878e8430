import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode } from '@ipld/dag-cbor'
import { createWalytis } from 'walytis'
import type { Block, BlockId, PeerAddresses, Walytis } from 'walytis/interface'
import {
  createIdentity,
  type Group,
  type GroupEvents,
  type Identity,
  type KeyStore,
  loadIdentity,
  openKeyStore
} from '../../src/index.ts'

/** A device: a node on a real disk, with its key store in the same database. */
export interface Actor {
  readonly name: string
  readonly folder: string
  walytis: Walytis
  keyStore: KeyStore
  identity: Identity
  /** Open groups, closed when the actor stops. */
  readonly groups: Group[]
  stop(): Promise<void>
}

const actors: Actor[] = []

/** @param now the actor's clock, where it isn't the platform's */
export async function startActor(name: string, now?: () => number): Promise<Actor> {
  const folder = await mkdtemp(join(tmpdir(), `walytis-${name}-`))
  const node = await openNode(folder, name, now)
  const actor: Actor = {
    name,
    folder,
    groups: [],
    ...node,
    identity: await createIdentity(node.walytis, node.keyStore),
    stop: async () => {
      for (const group of actor.groups.splice(0).reverse()) {
        await group.close()
      }
      await actor.identity.close()
      await actor.keyStore.close()
      await actor.walytis.stop()
    }
  }
  actors.push(actor)
  return actor
}

/** Start a stopped actor again, on what it has on its disk. */
export async function resume(actor: Actor): Promise<void> {
  const { did } = actor.identity
  Object.assign(actor, await openNode(actor.folder, actor.name))
  actor.identity = await loadIdentity(actor.walytis, actor.keyStore, did)
}

async function openNode(
  folder: string,
  name: string,
  now?: () => number
): Promise<Pick<Actor, 'walytis' | 'keyStore'>> {
  const walytis = await createWalytis({
    storage: join(folder, 'db'),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    discovery: { mdns: false },
    now
  })
  const keyStore = await openKeyStore({ storage: walytis.store, key: new Uint8Array(32).fill(name.length) })
  return { walytis, keyStore }
}

/** Where an actor can be reached. */
export function addressesOf({ walytis }: Actor): PeerAddresses {
  return {
    peer: walytis.peerId.toString(),
    addresses: walytis.getMultiaddrs().map((address) => address.decapsulate('/p2p').toString())
  }
}

/** Write content as a layer above would: a map that names an epoch. */
export async function say(group: Group, epoch: BlockId, text: string): Promise<Block> {
  return group.blockchain.add(encode({ epoch, text }), { topics: ['offchain'] })
}

/** For `afterEach`. */
export async function stopActors(): Promise<void> {
  for (const actor of actors.splice(0)) {
    await actor.stop()
    await rm(actor.folder, { recursive: true, force: true })
  }
}

/** Resolves once `holds`, which is asked now and after each event of the group. */
export async function until(group: Group, holds: () => boolean | Promise<boolean>, time = 30_000): Promise<void> {
  const types: (keyof GroupEvents)[] = ['members:changed', 'epoch:changed', 'epoch:available', 'self:removed']
  const deadline = Date.now() + time
  let wake: () => void = () => undefined
  const listener = (): void => wake()
  for (const type of types) {
    group.addEventListener(type, listener)
  }
  try {
    while (!(await holds())) {
      const left = deadline - Date.now()
      if (left <= 0) {
        throw new Error('It did not come about in time')
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 250))
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  } finally {
    for (const type of types) {
      group.removeEventListener(type, listener)
    }
  }
}
