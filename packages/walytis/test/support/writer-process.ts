/**
 * A process that writes blocks as fast as it can, several at a time, and says after each `add` that has resolved which one it
 * was. It is killed by whoever starts it.
 *
 * Arguments: folder, name of the run, `node` (all of a node, which listens nowhere) or `store` (its chains alone, which starts faster).
 */
import type { BaseBlockchain } from '../../src/interface/index.ts'
import { all, createChain, NOBODY, openLocalNode } from './local-chains.ts'

const [folder, run, kind] = process.argv.slice(2)
if (folder === undefined || run === undefined) throw new TypeError('a folder and a name are needed')

async function openWithNode(path: string): Promise<BaseBlockchain> {
  const { createWalytis } = await import('../../src/walytis.ts')
  const node = await createWalytis({ storage: path, listen: [], discovery: { mdns: false } })
  for await (const { id } of node.list()) return await node.open(id)
  return await node.create()
}

async function openStoreAlone(path: string): Promise<BaseBlockchain> {
  const { alice } = await import('../../src/testing/actors.ts')
  const { chains, ...node } = await openLocalNode(path)
  const [held] = await all(chains.list())
  if (held === undefined) return (await createChain({ chains, ...node })).blockchain
  return (await chains.open(held.id, { signer: alice.signer, accessControl: NOBODY })).blockchain
}

const chain = kind === 'store' ? await openStoreAlone(folder) : await openWithNode(folder)
process.stdout.write(`chain ${chain.id}\n`)
const filling = 'x'.repeat(1_000)

async function write(lane: number): Promise<void> {
  for (let i = 0; ; i++) {
    const block = await chain.add(new TextEncoder().encode(`${run} ${lane} ${i} ${i % 3 === 0 ? filling : ''}`))
    process.stdout.write(`added ${block.id} ${block.seq}\n`)
  }
}

for (const failure of await Promise.allSettled([write(0), write(1), write(2)])) {
  // a full disk is one of the things that may happen to it
  if (failure.status === 'rejected') process.stdout.write(`failed ${failure.reason?.name} ${failure.reason?.code}\n`)
}
