import { randomBytes } from '@noble/hashes/utils.js'
import { MemoryLevel } from 'memory-level'
import { afterEach } from 'vitest'
import { createWalytis } from 'walytis'
import type { Store, Walytis } from 'walytis/interface'
import { createIdentity } from '../../src/identity.ts'
import type { Identity } from '../../src/interface/group.ts'
import type { KeyStore } from '../../src/interface/key-store.ts'
import { openKeyStore } from '../../src/keys/key-store.ts'

/** A node with a key store in the same database, as a layer above has them. */
export interface TestNode {
  readonly walytis: Walytis
  readonly keyStore: KeyStore
  readonly store: Store
  stop(): Promise<void>
}

const running: TestNode[] = []

/** A node on a database (in memory when none is given), stopped after the test. It listens on loopback only. */
export async function testNode(store?: Store, key?: Uint8Array): Promise<TestNode> {
  const node = await keptNode(store, key)
  running.push(node)
  return node
}

/** The same, stopped by whoever made it. */
export async function keptNode(
  store: Store = new MemoryLevel<string, string>(),
  key: Uint8Array = new Uint8Array(32).fill(7)
): Promise<TestNode> {
  const walytis = await createWalytis({ storage: store, listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } })
  const keyStore = await openKeyStore({ storage: store, key })
  let stopped = false
  return {
    walytis,
    keyStore,
    store,
    stop: async () => {
      if (!stopped) {
        stopped = true
        await walytis.stop()
        await keyStore.close()
      }
    }
  }
}

/** A node with an identity on it. */
export async function testIdentity(): Promise<TestNode & { readonly identity: Identity }> {
  const node = await testNode()
  return { ...node, identity: await createIdentity(node.walytis, node.keyStore, { randomBytes }) }
}

afterEach(async () => {
  for (const node of running.splice(0)) {
    await node.stop()
  }
})
