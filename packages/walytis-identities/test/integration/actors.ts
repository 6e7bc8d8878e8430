import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWalytis } from 'walytis'
import type { Walytis } from 'walytis/interface'
import {
  createIdentity,
  type Group,
  type GroupEvents,
  type Identity,
  type KeyStore,
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

export async function startActor(name: string): Promise<Actor> {
  const folder = await mkdtemp(join(tmpdir(), `walytis-${name}-`))
  const walytis = await createWalytis({
    storage: join(folder, 'db'),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    discovery: { mdns: false }
  })
  const keyStore = await openKeyStore({ storage: walytis.store, key: new Uint8Array(32).fill(name.length) })
  const identity = await createIdentity(walytis, keyStore)
  const actor: Actor = {
    name,
    folder,
    walytis,
    keyStore,
    identity,
    groups: [],
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

/** For `afterEach`. */
export async function stopActors(): Promise<void> {
  for (const actor of actors.splice(0)) {
    await actor.stop()
    await rm(actor.folder, { recursive: true, force: true })
  }
}

/** Resolves once `holds`, which is asked now and after each event of the group. */
export async function until(group: Group, holds: () => boolean | Promise<boolean>, time = 10_000): Promise<void> {
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
