import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyBytes } from '../../src/bytes.ts'
import { MAX_PENDING_PER_PEER, VERIFY_ASIDE } from '../../src/constants.ts'
import { alice, bob, carol, createActor } from '../../src/testing/actors.ts'
import { forgeBlock, forgeGenesis, PLAIN_SETTINGS } from '../../src/testing/forge.ts'
import { all, bytes, type LocalNode, NOBODY, openLocalNode } from '../support/local-chains.ts'
import { drawnHistory, rulesBroken, stageFor } from '../support/plain-history.ts'

describe('ingest', () => {
  let node: LocalNode

  beforeEach(async () => {
    node = await openLocalNode()
  })

  afterEach(async () => {
    await node.stop()
  })

  it('takes blocks in any order, parents first', async () => {
    const { genesis, block } = await drawnHistory('a1-b1-a2')
    const { replica } = await stageFor(node, genesis)
    const orphan = await replica.ingest([block('a2')], bob.peerId)
    expect(orphan.accepted).toEqual([])
    expect(orphan.missing.map(String).sort()).toEqual(
      [block('a1'), block('b1')].map(({ signed }) => `${signed.id}`).sort()
    )
    const middle = await replica.ingest([block('b1')], bob.peerId)
    expect(middle.missing.map(String)).toEqual([block('a1').signed.id.toString()])
    const told: string[] = []
    replica.onAccepted((blocks) => told.push(...blocks.map(({ id }) => id.toString())))
    const rest = await replica.ingest([block('a1'), genesis], bob.peerId)
    const expected = [genesis, block('a1'), block('b1'), block('a2')].map(({ signed }) => signed.id.toString())
    expect(rest.accepted.map(String)).toEqual(expected)
    expect(rest.missing).toEqual([])
    expect(told).toEqual(expected)
    expect(await replica.ingest([block('a2'), genesis], bob.peerId)).toMatchObject({
      accepted: [],
      known: 2,
      rejected: []
    })
  })

  it('names what is wrong with each block of a large batch, checked ahead or not, and takes the others', async () => {
    const genesis = await forgeGenesis(alice)
    const blocks = [genesis]
    for (let index = 1; index < 2 * VERIFY_ASIDE; index++) {
      const parents = [(blocks.at(-1) ?? genesis).signed]
      const prev = index === 1 ? undefined : parents[0]
      blocks.push(
        await forgeBlock({ signer: bob.signer, genesis: genesis.signed, parents, prev, content: bytes(`${index}`) })
      )
    }
    const good = blocks.slice(0, -2)
    const [unsigned, wrongContent] = blocks.slice(-2) as [(typeof blocks)[0], (typeof blocks)[0]]
    const forged = copyBytes(unsigned.block)
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    const batch = [...good, { block: forged, content: unsigned.content }, { ...wrongContent, content: bytes('other') }]
    for (const ahead of [false, true]) {
      const other = await openLocalNode()
      const { replica } = await stageFor(other, genesis)
      if (ahead) replica.prepare(batch, bob.peerId)
      const { accepted, rejected } = await replica.ingest(batch, bob.peerId)
      expect(accepted.map(String)).toEqual(good.map(({ signed }) => signed.id.toString()))
      expect(rejected.map(({ rule }) => rule)).toEqual(['signature', 'content-mismatch'])
      // checked ahead, and come from another peer before their turn: known, and not twice in the chain
      if (ahead) replica.prepare(good, carol.peerId)
      expect((await replica.ingest(good, carol.peerId)).known).toBe(good.length)
      expect(await replica.count()).toBe(good.length)
      await other.stop()
    }
  })

  it('stores a block once that two peers send while it is being checked ahead', async () => {
    const { genesis, block } = await drawnHistory('a1-b1')
    const { replica } = await stageFor(node, genesis)
    const batch = [genesis, block('a1'), block('b1')]
    replica.prepare(batch, bob.peerId)
    const first = await replica.ingest([...batch], carol.peerId)
    const second = await replica.ingest(batch, bob.peerId)
    expect([first.accepted.length, first.known]).toEqual([3, 0])
    expect([second.accepted.length, second.known]).toEqual([0, 3])
    expect(await replica.count()).toBe(3)
  })

  it('tells of a block that waited as from its own sender, not from who brought its parent', async () => {
    const { genesis, block } = await drawnHistory('a1-b1')
    const { replica } = await stageFor(node, genesis)
    await replica.ingest([genesis], alice.peerId)
    const told: string[] = []
    replica.onAccepted((blocks, from) => told.push(...blocks.map(({ id }) => `${id} from ${from}`)))
    await replica.ingest([block('b1')], bob.peerId)
    await replica.ingest([block('a1')], alice.peerId)
    // else alice, who sent only the parent, would never get the child
    expect(told).toEqual([
      `${block('a1').signed.id} from ${alice.peerId}`,
      `${block('b1').signed.id} from ${bob.peerId}`
    ])
  })

  it('R1 stores nothing of a wrongly signed block, and forwards nothing', async () => {
    const { genesis, block } = await drawnHistory('a1-b1')
    const { replica } = await stageFor(node, genesis)
    const told: unknown[] = []
    replica.onAccepted((blocks) => told.push(...blocks))
    const forged = copyBytes(block('a1').block)
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    expect(await rulesBroken(replica, [{ block: forged, content: block('a1').content }])).toEqual(['signature'])
    expect(await replica.count()).toBe(0)
    expect(told).toEqual([])
    expect(await all(node.store.keys({ gte: '!walytis!!chain!', lt: '!walytis!!chain"' }))).toEqual([])
  })

  it('R4 refuses a block of another chain, and does not wait for its parents', async () => {
    const ours = await drawnHistory('a1')
    const theirs = await forgeGenesis(bob)
    const { replica } = await stageFor(node, ours.genesis)
    const block = await forgeBlock({ signer: bob.signer, genesis: theirs.signed, parents: [theirs.signed] })
    expect(await rulesBroken(replica, [block])).toEqual(['wrong-chain'])
  })

  it('R5 refuses a second genesis', async () => {
    const { genesis } = await drawnHistory('a1')
    const { replica } = await stageFor(node, genesis)
    await replica.ingest([genesis], bob.peerId)
    const other = await forgeGenesis(alice, PLAIN_SETTINGS, new Uint8Array(32).fill(1))
    expect(await rulesBroken(replica, [other])).toEqual(['wrong-chain'])
  })

  it('refuses a genesis of another policy', async () => {
    const genesis = await forgeGenesis(alice, { ...PLAIN_SETTINGS, policy: { name: 'other', parameters: bytes('') } })
    const { replica } = await stageFor(node, genesis)
    expect(await rulesBroken(replica, [genesis])).toEqual(['policy-mismatch'])
  })

  it("refuses a block that lies about its seq, its height, or its creator's last block", async () => {
    const { genesis, block } = await drawnHistory('a1-b1')
    const { replica } = await stageFor(node, genesis)
    await replica.ingest([genesis, block('a1'), block('b1')], bob.peerId)
    const stand = {
      signer: bob.signer,
      genesis: genesis.signed,
      parents: [block('b1').signed],
      prev: block('b1').signed
    }
    expect(await rulesBroken(replica, [await forgeBlock({ ...stand, lie: { seq: 3 } })])).toEqual(['seq-mismatch'])
    expect(await rulesBroken(replica, [await forgeBlock({ ...stand, lie: { height: 9 } })])).toEqual([
      'height-mismatch'
    ])
    const stolen = await forgeBlock({ ...stand, prev: block('a1').signed })
    expect(await rulesBroken(replica, [stolen])).toEqual(['prev-creator'])
  })

  it('refuses what stands on a refused block, whichever comes first', async () => {
    const { genesis, block } = await drawnHistory('a1-b1')
    const { replica } = await stageFor(node, genesis)
    await replica.ingest([genesis, block('a1'), block('b1')], bob.peerId)
    const bad = await forgeBlock({
      signer: bob.signer,
      genesis: genesis.signed,
      parents: [block('b1').signed],
      prev: block('b1').signed,
      lie: { height: 9 }
    })
    const child = await forgeBlock({
      signer: alice.signer,
      genesis: genesis.signed,
      parents: [bad.signed],
      prev: block('a1').signed
    })
    const late = await forgeBlock({
      signer: alice.signer,
      genesis: genesis.signed,
      parents: [child.signed],
      prev: child.signed
    })
    expect(await rulesBroken(replica, [child])).toEqual([])
    expect(await rulesBroken(replica, [bad])).toEqual(['height-mismatch', 'ancestor-refused'])
    expect(await rulesBroken(replica, [late])).toEqual(['ancestor-refused'])
    expect(await rulesBroken(replica, [bad])).toEqual(['refused-before'])
  })

  it('R6 takes blocks of any date, and dates change nothing', async () => {
    const { genesis } = await drawnHistory('a1')
    const { replica } = await stageFor(node, genesis)
    await replica.ingest([genesis], bob.peerId)
    let last = genesis
    for (const time of [0, Date.UTC(2100, 0, 1), 1, 8_640_000_000_000_000]) {
      last = await forgeBlock({
        signer: alice.signer,
        genesis: genesis.signed,
        parents: [last.signed],
        prev: last.signed,
        time
      })
      expect(await rulesBroken(replica, [last])).toEqual([])
    }
    expect((await replica.heads()).map(String)).toEqual([last.signed.id.toString()])
  })

  it('R10 keeps both blocks of a fork, with the proof', async () => {
    const { genesis } = await drawnHistory('a1')
    const stage = await stageFor(node, genesis)
    const stand = { signer: bob.signer, genesis: genesis.signed, parents: [genesis.signed] }
    const forks = await Promise.all(
      ['one', 'other', 'third'].map((content) => forgeBlock({ ...stand, content: bytes(content) }))
    )
    await stage.replica.ingest([genesis, ...forks], alice.peerId)
    const { blockchain } = await stage.commit()
    expect(await blockchain.count()).toBe(3)
    const proofs = await all(blockchain.forks())
    expect(proofs.length).toBe(1)
    expect(proofs[0]?.creator.equals(bob.signer.publicKey)).toBe(true)
    expect(proofs[0]?.seq).toBe(1)
    const ids = forks.map(({ signed }) => signed.id.toString())
    expect(proofs[0]?.blocks.every((id) => ids.includes(id.toString()))).toBe(true)
    // both branches go on, and ancestry does not mistake one for the other
    const [one, other] = forks
    if (one === undefined || other === undefined) throw new RangeError()
    const next = await forgeBlock({ ...stand, parents: [one.signed], prev: one.signed })
    await stage.replica.ingest([next], alice.peerId)
    expect(await blockchain.isAncestor(one.signed.id, next.signed.id)).toBe(true)
    expect(await blockchain.isAncestor(other.signed.id, next.signed.id)).toBe(false)
  })

  it('stops writing when a block of its own key turns up that it did not write, also after a restart', async () => {
    const { genesis, block } = await drawnHistory('a1-c1')
    const stage = await stageFor(node, genesis)
    await stage.replica.ingest([genesis, block('a1')], bob.peerId)
    const { blockchain, stop } = await stage.commit()
    await blockchain.add(bytes('mine'))
    const accepted = await stage.replica.ingest([block('c1')], bob.peerId)
    expect(accepted.accepted.length).toBe(1)
    const refused = { name: 'WritingStoppedError', block: block('c1').signed.id.toString() }
    await expect(blockchain.add(bytes('again'))).rejects.toMatchObject(refused)
    await stop()
    const again = await node.chains.open(blockchain.id, { signer: carol.signer, accessControl: NOBODY })
    await expect(again.blockchain.add(bytes('again'))).rejects.toMatchObject(refused)
    await again.stop()
    const fresh = await node.chains.open(blockchain.id, { signer: createActor('dave').signer, accessControl: NOBODY })
    await fresh.blockchain.add(bytes('with a fresh key'))
    expect((await all(fresh.blockchain.forks())).length).toBe(1)
  })

  it('F7 bounds what waits for parents, for each peer', async () => {
    const { genesis } = await drawnHistory('a1')
    const { replica } = await stageFor(node, genesis)
    await replica.ingest([genesis], bob.peerId)
    const hidden = await forgeBlock({ signer: bob.signer, genesis: genesis.signed, parents: [genesis.signed] })
    const flood = []
    let last = hidden
    for (let index = 0; index < MAX_PENDING_PER_PEER.blocks + 20; index++) {
      last = await forgeBlock({
        signer: bob.signer,
        genesis: genesis.signed,
        parents: [last.signed],
        prev: last.signed
      })
      flood.push(last)
    }
    const broken = await rulesBroken(replica, flood)
    expect(broken).toEqual(Array.from({ length: 20 }, () => 'too-many-waiting'))
    // another peer's blocks still find room, and the flood ends well once its parent comes
    const another = await forgeBlock({ signer: alice.signer, genesis: genesis.signed, parents: [hidden.signed] })
    expect(await rulesBroken(replica, [another], carol.peerId)).toEqual([])
    const { accepted } = await replica.ingest([hidden], carol.peerId)
    expect(accepted.length).toBe(MAX_PENDING_PER_PEER.blocks + 2)
  })

  it('never throws for what the bytes are', async () => {
    const { genesis } = await drawnHistory('a1')
    const { replica } = await stageFor(node, genesis)
    const garbage = [new Uint8Array(), bytes('garbage'), new Uint8Array(20_000), new Uint8Array(16_384).fill(0x81)]
    const broken = await rulesBroken(
      replica,
      garbage.map((block) => ({ block, content: block }))
    )
    expect(broken.sort()).toEqual(['block-too-large', 'encoding', 'encoding', 'encoding'])
  })
})
