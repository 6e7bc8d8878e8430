import { MemoryLevel } from 'memory-level'
import { afterEach, describe, expect, it } from 'vitest'
import { createInvitation } from '../../src/membership/invitation.ts'
import { JOIN_PROTOCOL } from '../../src/membership/join.ts'
import { openStore } from '../../src/storage/open-store.ts'
import { forgeGenesis } from '../../src/testing/forge.ts'
import { all, temporaryFolder } from '../support/local-chains.ts'
import { TestNodes } from '../support/nodes.ts'
import { startRawPeer } from '../support/raw-peer.ts'

const genesis = await forgeGenesis()

describe('the life of a node', () => {
  const nodes = new TestNodes()
  afterEach(() => nodes.stop())

  it('ends with what it was receiving given up, and no trace left of it', async () => {
    await using folder = await temporaryFolder()
    const bob = await nodes.start({ storage: folder.path })
    const receiving = bob.replicate(genesis.signed.id.toString(), { peers: [] })
    const refused = expect(receiving).rejects.toMatchObject({ name: 'ClosedError', what: 'node' })
    // the stage is there
    while ((await all(bob.store.keys())).every((key) => !key.includes(genesis.signed.id.toString()))) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    await bob.stop()
    await refused
    const store = await openStore(folder.path)
    expect((await all(store.keys())).filter((key) => key.includes(genesis.signed.id.toString()))).toEqual([])
    await store.close()
  })

  it('ends while a member does not answer', async () => {
    const silent = await startRawPeer()
    const asked = Promise.withResolvers<void>()
    await silent.handle(JOIN_PROTOCOL, () => asked.resolve())
    const bob = await nodes.start()
    const joining = bob.join(
      createInvitation({
        chain: genesis.signed.id,
        secret: new Uint8Array(32),
        peer: silent.peerId.toString(),
        addresses: silent.getMultiaddrs(),
        expires: new Date(Date.now() + 60_000),
        uses: 1,
        shared: false
      })
    )
    const refused = expect(joining).rejects.toMatchObject({ name: 'ClosedError', what: 'node' })
    await asked.promise
    await bob.stop()
    await refused
    await silent.stop()
  })

  it('does not begin with a store of a newer version, into which nothing is written', async () => {
    const store = new MemoryLevel()
    await store.sublevel(['walytis', 'meta'], {}).put('version', '2')
    const before = await all(store.keys())
    await expect(nodes.start({ storage: store })).rejects.toMatchObject({ name: 'StoreVersionError', found: 2 })
    expect(await all(store.keys())).toEqual(before)
    await store.close()
  })
})
