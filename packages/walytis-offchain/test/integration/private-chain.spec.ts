import { blockchainSuite } from 'walytis/testing'
import { MAX_CONTENT_SIZE } from '../../src/constants.ts'
import { Cast } from './members.ts'

/** The private chain of two devices, as any chain. */
blockchainSuite('a private chain', {
  maxContentBytes: MAX_CONTENT_SIZE,
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
