import { shapeOf } from '../src/content/shape.ts'
import type { BlockId } from '../src/interface/index.ts'
import type { ManagedChain } from '../src/replica.ts'
import { bob } from '../src/testing/actors.ts'
import { blockchainSuite } from '../src/testing/blockchain-suite.ts'
import type { SuiteContext } from '../src/testing/suite-context.ts'
import {
  createChain,
  type LocalNode,
  OFFLINE,
  openLocalNode,
  replicate,
  temporaryFolder
} from './support/local-chains.ts'

interface Context extends SuiteContext {
  readonly nodes: LocalNode[]
  readonly folder: AsyncDisposable
}

blockchainSuite<Context>('a chain on disk', {
  setup: async () => {
    const folder = await temporaryFolder()
    const alices = await openLocalNode(`${folder.path}/alice`)
    const network = { ...OFFLINE, fetch: (_: string, block: BlockId) => copyContent(chain, second, block) }
    const bobs = await openLocalNode(`${folder.path}/bob`, undefined, network)
    const chain = await createChain(alices)
    const second: ManagedChain = await replicate(chain, bobs, bob)
    connect(chain, second)
    connect(second, chain)
    return { chain: chain.blockchain, second: second.blockchain, nodes: [alices, bobs], folder }
  },
  teardown: async ({ nodes, folder }) => {
    for (const node of nodes) await node.stop()
    await folder[Symbol.asyncDispose]()
  }
})

/** What a live stream does, without the stream: one replica's new blocks go to the other. */
function connect(from: ManagedChain, to: ManagedChain): void {
  from.replica.onAccepted((blocks) => {
    to.replica
      .ingest(
        blocks.map(({ raw }) => raw),
        bob.peerId
      )
      .catch((error) => {
        // a test that closes its chains ends the connection
        if (error.name !== 'ClosedError') throw error
      })
  })
}

/** What the exchange of larger contents does, without a network. */
async function copyContent(from: ManagedChain, to: ManagedChain, block: BlockId): Promise<void> {
  const content = await to.files.of(block)
  if (content === undefined) throw new RangeError('the block has no larger content')
  const { reference } = content
  for (let position = 0; position < shapeOf(reference.size).total; position++) {
    await to.files.append(reference, position, [await from.files.read(reference, position)])
  }
  await to.files.complete(reference)
}
