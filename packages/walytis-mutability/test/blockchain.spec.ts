import { blockchainSuite, type SuiteContext } from 'walytis/testing'
import { mutable } from '../src/index.ts'
import { openPair, type Pair } from './support/pair.ts'
import { withoutRows } from './support/without-rows.ts'

interface Context extends SuiteContext {
  readonly pair: Pair
}

blockchainSuite<Context>('a mutable chain over a plain one', {
  setup: async () => {
    const pair = await openPair()
    return { chain: await mutable(pair.alice), second: await mutable(pair.bob), pair }
  },
  teardown: async ({ pair }) => await pair[Symbol.asyncDispose]()
})

blockchainSuite<Context>('a mutable chain over one that keeps no rows', {
  setup: async () => {
    const pair = await openPair()
    const [chain, second] = [await mutable(withoutRows(pair.alice)), await mutable(withoutRows(pair.bob))]
    return { chain, second, pair }
  },
  teardown: async ({ pair }) => await pair[Symbol.asyncDispose]()
})
