/** Ours. */
import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { Level } from 'level'
import { type Blockchain, createWalytis, type Walytis } from 'walytis'
import { local } from '../local.ts'
import type { Log, Reopened } from './contract.ts'

/** A node with its storage on disk; every `add` resolves once it is there. */
export async function start(folder: string): Promise<Log> {
  return logOf(await createWalytis({ ...local, storage: join(folder, 'node') }))
}

/** Opens the store, then the chain in it; the node's network starts in between and is not counted. */
export async function reopen(folder: string, where: string): Promise<Reopened> {
  const began = performance.now()
  const storage = new Level<string, Uint8Array>(join(folder, 'node'))
  await storage.open()
  const stored = performance.now() - began
  const node = await createWalytis({ ...local, storage: storage as never })
  const opening = performance.now()
  const chain = await node.open(JSON.parse(where).id)
  const alone = performance.now() - opening
  return { log: logOf(node, chain, () => storage.close()), opened: stored + alone, alone }
}

/** A log on a node that is there. */
export function logOf(node: Walytis, given?: Blockchain, after?: () => Promise<void>): Log {
  let chain = given
  const open = (): Blockchain => {
    if (chain === undefined) throw new RangeError('no chain yet')
    return chain
  }
  return {
    create: async () => {
      chain = await node.create({ name: 'bench' })
      const invitation = (await chain.invite({ uses: 1000 })).toString()
      return JSON.stringify({ id: chain.id, invitation, address: String(node.getMultiaddrs()[0]) })
    },
    append: (entry) => open().add(entry),
    connect: async (where) => {
      await node.dial([multiaddr(JSON.parse(where).address)])
    },
    follow: async (where, count) => {
      const joined = await node.join(JSON.parse(where).invitation)
      chain = joined
      if ((await joined.count()) >= count) return
      await new Promise<void>((resolve, reject) => {
        joined.addEventListener('block:added', () => {
          joined.count().then((stored) => stored >= count && resolve(), reject)
        })
      })
    },
    onArrival: (listener) => open().addEventListener('block:added', listener),
    readAll: async () => {
      let count = 0
      for await (const block of open().blocks()) {
        await block.content()
        count++
      }
      return count
    },
    close: async () => {
      await node.stop()
      await after?.()
    }
  }
}
