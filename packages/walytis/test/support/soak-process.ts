/**
 * One of two nodes that hold the same chains and mostly do nothing. Told by messages what to do next, it answers each with
 * what it took. Needs `--expose-gc`.
 *
 * Argument: number of chains that it founds; 0: it joins those of the other.
 */
import type { BaseBlockchain } from '../../src/interface/index.ts'
import { createWalytis } from '../../src/walytis.ts'

/** What a node is told to do. */
export type SoakOrder =
  | { readonly type: 'join'; readonly invitations: string[] }
  | { readonly type: 'idle'; readonly milliseconds: number }
  | { readonly type: 'write'; readonly blocks: number }
  | { readonly type: 'stop' }

/** What it took. */
export interface SoakAnswer {
  /** Percent of one core. */
  readonly cpu: number
  /** Bytes in use after collecting garbage. */
  readonly heap: number
  readonly blocks: number
  readonly invitations: string[]
}

const founds = Number(process.argv[2])
const node = await createWalytis({ listen: ['/ip4/127.0.0.1/tcp/0'], discovery: { mdns: false } })
const chains: BaseBlockchain[] = []

async function heapInUse(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return process.memoryUsage().heapUsed
}

async function carryOut(order: SoakOrder): Promise<void> {
  switch (order.type) {
    case 'join':
      for (const invitation of order.invitations) chains.push(await node.join(invitation))
      return
    case 'idle':
      await new Promise((resolve) => setTimeout(resolve, order.milliseconds))
      return
    case 'write':
      for (let i = 0; i < order.blocks; i++) {
        await chains[i % chains.length]?.add(new TextEncoder().encode(`block ${i}`), { topics: ['t'] })
      }
      for (const chain of chains) await chain.sync()
      return
    case 'stop':
      await node.stop()
      process.disconnect?.()
  }
}

async function answer(before: NodeJS.CpuUsage, began: number, invitations: string[]): Promise<void> {
  const { user, system } = process.cpuUsage(before)
  const cpu = (user + system) / 10 / (performance.now() - began)
  let blocks = 0
  for (const chain of chains) blocks += await chain.count()
  const message: SoakAnswer = { cpu, heap: await heapInUse(), blocks, invitations }
  process.send?.(message)
}

process.on('message', async (order: SoakOrder) => {
  const [before, began] = [process.cpuUsage(), performance.now()]
  await carryOut(order)
  if (order.type !== 'stop') await answer(before, began, [])
})

// whoever started it is gone
process.on('disconnect', () => process.exit())

const invitations: string[] = []
for (let i = 0; i < founds; i++) {
  const chain = await node.create()
  chains.push(chain)
  invitations.push((await chain.invite()).toString())
}
await answer(process.cpuUsage(), performance.now(), invitations)
