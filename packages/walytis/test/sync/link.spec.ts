import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ManagedChain, Replica } from '../../src/replica.ts'
import { Link } from '../../src/sync/link.ts'
import { bob } from '../../src/testing/actors.ts'
import { forgeBlock } from '../../src/testing/forge.ts'
import { platformTimers } from '../../src/timers.ts'
import { createChain, type LocalNode, openLocalNode } from '../support/local-chains.ts'

describe('a chain on a stream', () => {
  let node: LocalNode
  let chain: ManagedChain
  let failures: unknown[]
  let ingested: PromiseWithResolvers<void>
  let link: Link

  beforeEach(async () => {
    node = await openLocalNode()
    chain = await createChain(node)
    failures = []
    ingested = Promise.withResolvers()
    const replica: Replica = {
      ...chain.replica,
      ingest: (...request) => chain.replica.ingest(...request).finally(() => ingested.resolve())
    }
    link = new Link({
      chain: replica.chain,
      peer: bob.peerId,
      role: 'initiator',
      timers: platformTimers(),
      batchBytes: 1024,
      replica: () => replica,
      send: () => {},
      notice: () => {},
      credit: async () => {},
      ingested: () => {},
      failed: (error) => failures.push(error)
    })
    link.dispatch({ type: 'granted' })
    await turns()
  })

  afterEach(() => node.stop())

  const turns = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
  }

  async function takeBlock(): Promise<void> {
    const [first] = await chain.blockchain.heads()
    const stored = first === undefined ? undefined : await chain.blockchain.record(first)
    if (stored === undefined) return expect.unreachable('no genesis')
    const { block, content } = await forgeBlock({ signer: bob.signer, genesis: stored.block, parents: [stored.block] })
    link.dispatch({
      type: 'message',
      message: { type: 'blocks', chain: chain.replica.chain, n: 1, blocks: [{ block, content }] }
    })
  }

  it('that is closed here does not cost the stream, whatever was under way for it', async () => {
    await takeBlock()
    link.dispatch({ type: 'revoked' })
    const stopped = chain.stop()
    await ingested.promise
    await stopped
    await turns()
    expect(failures).toEqual([])
  })

  it('whose store fails ends the stream', async () => {
    await takeBlock()
    await chain.stop()
    await ingested.promise
    await turns()
    expect(failures).toMatchObject([{ name: 'ClosedError' }])
  })
})
