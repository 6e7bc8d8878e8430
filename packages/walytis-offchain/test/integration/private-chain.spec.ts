import { blockchainSuite } from 'walytis/testing'
import { Cast } from './members.ts'

/** The private chain of two devices, as any chain. */
blockchainSuite('a private chain', {
  async setup() {
    const cast = new Cast()
    const alice = await cast.founder('alice')
    const bob = await cast.joiner('bob', alice)
    return { chain: alice.chain, second: bob.chain, cast }
  },
  async teardown({ cast }) {
    await cast.end()
  }
})
