import { MemoryLevel } from 'memory-level'
import { expect, it } from 'vitest'
import { alice } from '../../src/testing/actors.ts'
import { FaultyStore } from '../support/faulty-store.ts'
import { all, bytes, createChain, NOBODY, openLocalNode, text } from '../support/local-chains.ts'

it('F3 a write that is done but said to have failed, once, ends writing until the chain is opened again: no second block of its seq', async () => {
  const disk: MemoryLevel<string, string> = new MemoryLevel()
  const store = new FaultyStore(disk)
  const node = await openLocalNode(undefined, store)
  const { blockchain } = await createChain(node)
  const id = blockchain.id
  let failures = 1
  store.judge = (kind) => (kind === 'write' && failures-- > 0 ? 'fail-after' : 'pass')
  await expect(blockchain.add(bytes('first'))).rejects.toMatchObject({ name: 'StoreFailedError' })
  await expect(blockchain.add(bytes('second'))).rejects.toMatchObject({ name: 'StoreFailedError' })
  await node.chains.stop()

  const again = await openLocalNode(undefined, new FaultyStore(disk))
  const reopened = await again.chains.open(id, { signer: alice.signer, accessControl: NOBODY })
  await reopened.blockchain.add(bytes('third'))
  const contents = await Promise.all((await all(reopened.blockchain.blocks())).map((block) => block.content()))
  expect(contents.map(text)).toEqual(['first', 'third'])
  expect(await all(reopened.blockchain.forks())).toEqual([])
  await again.stop()
})
