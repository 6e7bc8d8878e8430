import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replicate } from '../../src/membership/replicate.ts'
import type { Replica } from '../../src/replica.ts'
import { ChainEntry } from '../../src/sync/chain-entry.ts'
import { alice, bob, carol } from '../../src/testing/actors.ts'
import { forgeGenesis } from '../../src/testing/forge.ts'
import { type LocalNode, NOBODY, openLocalNode } from '../support/local-chains.ts'

describe('receiving a chain', () => {
  let node: LocalNode

  beforeEach(async () => {
    node = await openLocalNode()
  })

  afterEach(() => node.stop())

  it('does not end with a peer that has nothing of it either', async () => {
    const genesis = await forgeGenesis(alice)
    const id = genesis.signed.id.toString()
    const staged = Promise.withResolvers<{ replica: Replica; entry: ChainEntry }>()
    const receiving = replicate(
      {
        factory: node.chains,
        id,
        seams: { signer: carol.signer, accessControl: NOBODY },
        peers: [],
        batch: [],
        stage: (replica, access) => {
          const entry = new ChainEntry({ id, replica, access })
          staged.resolve({ replica, entry })
          return entry
        },
        unstage: () => {}
      },
      {}
    )
    const { replica, entry } = await staged.promise
    // bob is being given the chain himself: both have no heads at all, which are equal
    entry.emit({ type: 'compared', peer: bob.peerId, level: true, round: 1 })
    await replica.ingest([genesis], alice.peerId)
    entry.emit({ type: 'compared', peer: alice.peerId, level: true, round: 1 })
    expect((await receiving).blockchain.id).toBe(id)
  })
})
