/** The compliance suite, run by somebody who has only the packages. */
import type { Walytis } from 'walytis'
import type { Blockchain } from 'walytis/interface'
import { blockchainSuite } from 'walytis/testing'
import { startNode } from './node.ts'

interface Context {
  chain: Blockchain
  second: Blockchain
  nodes: Walytis[]
}

blockchainSuite<Context>('a plain chain', {
  setup: async () => {
    const nodes = await Promise.all([startNode(), startNode()])
    const chain = await nodes[0].create({ name: 'suite' })
    const second = await nodes[1].join((await chain.invite()).toString())
    return { chain, second, nodes }
  },
  teardown: async ({ nodes }) => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
})
