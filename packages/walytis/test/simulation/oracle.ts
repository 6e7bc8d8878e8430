import { createHash } from 'node:crypto'
import { READ_BUFFER_BYTES } from '../../src/sync/limits.ts'
import type { SimulatedNode } from './node.ts'
import type { World } from './world.ts'

/** All that a node says of its chain, as one hash: blocks in effect with their contents, heads, number, replicated blocks. */
export async function stateHash({ chain: { blockchain, replica } }: SimulatedNode): Promise<string> {
  const hash = createHash('sha256')
  for await (const block of blockchain.blocks()) hash.update(block.id.bytes).update(await block.content())
  for await (const { id } of replica.ids()) hash.update(id.bytes)
  for (const head of [...(await blockchain.heads()), ...(await replica.heads())]) hash.update(head.bytes)
  return hash
    .update(`${await blockchain.count()} ${await replica.count()}`)
    .digest('hex')
    .slice(0, 16)
}

/** Whether all nodes have the same heads. */
export async function areLevel({ nodes }: World): Promise<boolean> {
  const heads = await Promise.all(nodes.map(async ({ chain }) => (await chain.replica.heads()).join()))
  return heads.every((one) => one === heads[0])
}

/** What is wrong, in words; none when all is well. */
export async function complaints(world: World): Promise<string[]> {
  const { nodes, network, recorder } = world
  const wrong: string[] = []
  const hashes = await Promise.all(nodes.map(stateHash))
  if (new Set(hashes).size > 1) wrong.push(`states differ: ${hashes.join(' ')}`)
  for (const node of nodes) wrong.push(...(await complaintsOf(node, nodes)))
  if (network.mostUnread > READ_BUFFER_BYTES) wrong.push(`${network.mostUnread} bytes lay unread`)
  if (recorder.learned.length > 0) wrong.push(`a stranger was told: ${recorder.learned.join()}`)
  return wrong
}

async function complaintsOf(node: SimulatedNode, nodes: readonly SimulatedNode[]): Promise<string[]> {
  const { blockchain } = node.chain
  const { name } = node.actor
  const wrong: string[] = []
  const seqs = new Map<number, string>()
  const isAlone = nodes.every((other) => other === node || other.actor.name !== name)
  for (const { id, seq, text } of node.written) {
    for (const other of nodes) {
      if (!(await other.chain.blockchain.has(id))) wrong.push(`${other.actor.name} lacks "${text}", which was written`)
    }
    if (seqs.has(seq)) wrong.push(`${name} used seq ${seq} twice`)
    seqs.set(seq, text)
  }
  for await (const { creator, seq } of blockchain.forks()) {
    if (isAlone && creator.equals(node.actor.signer.publicKey)) wrong.push(`${name} has forked at ${seq}`)
  }
  for (const { name: error, message } of node.failures) {
    // two machines with one key: whoever notices first stops writing, as it should
    if (isAlone || error !== 'WritingStoppedError') wrong.push(`${name} could not write: ${message}`)
  }
  await node.consume()
  for await (const { id } of blockchain.blocks()) {
    if (!node.consumed.has(id.toString())) wrong.push(`the application at ${name} was never handed ${id}`)
  }
  return wrong
}
