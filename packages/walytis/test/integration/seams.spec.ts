import type { Libp2p } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BaseBlockchain, Block, Walytis } from '../../src/interface/index.ts'
import { createActor } from '../../src/testing/actors.ts'
import { all, temporaryFolder } from '../support/local-chains.ts'
import { encodeAct, moderatedBy } from '../support/moderation-policy.ts'
import { bytes, nextEvent, TestNodes, textsOf, untilText } from '../support/nodes.ts'
import { RawSync, startRawPeer } from '../support/raw-peer.ts'
import { RotatingAccess } from '../support/rotating-access.ts'
import { SigningRefusedError, WorkerSigner } from '../support/worker-signer.ts'

const nodes = new TestNodes()
const cleanup: (() => PromiseLike<unknown>)[] = []

afterEach(async () => {
  await nodes.stop()
  for (const step of cleanup.splice(0)) await step()
})

const addressOf = (node: Walytis) => [{ peer: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }]

describe('an access control with keys that rotate', () => {
  let alice: Walytis
  let bob: Walytis
  let carol: Walytis
  let access: { alice: RotatingAccess; bob: RotatingAccess; carol: RotatingAccess }
  let chains: { alice: BaseBlockchain; bob: BaseBlockchain; carol: BaseBlockchain }

  beforeEach(async () => {
    const folder = await temporaryFolder()
    cleanup.push(() => folder[Symbol.asyncDispose]())
    const started = [await nodes.start(), await nodes.start({ storage: folder.path }), await nodes.start()] as const
    ;[alice, bob, carol] = started
    const roster = { rotation: 0, key: '05'.repeat(32), members: started.map(({ peerId }) => peerId.toString()) }
    access = {
      alice: await RotatingAccess.start(alice, roster),
      bob: await RotatingAccess.start(bob, roster),
      carol: await RotatingAccess.start(carol, roster)
    }
    const founded = await alice.create({ accessControl: access.alice })
    await founded.add(bytes('before'))
    const peers = addressOf(alice)
    chains = {
      alice: founded,
      bob: await bob.replicate(founded.id, { peers, accessControl: access.bob }),
      carol: await carol.replicate(founded.id, { peers, accessControl: access.carol })
    }
  })

  it('R14 cuts off at once whoever a rotation leaves out, at all who know of it, and keeps the others', async () => {
    const left = nextEvent(chains.carol, 'peer:left')
    await access.alice.rotate([alice.peerId, bob.peerId])
    await chains.alice.add(bytes('after'))
    await untilText(chains.bob, 'after')
    await chains.bob.add(bytes('from bob'))
    await untilText(chains.alice, 'from bob')
    await left
    await carol.dial(bob.getMultiaddrs())
    // nobody answers, so it ends when its caller ends it
    await expect(chains.carol.sync({ signal: AbortSignal.timeout(1_000) })).rejects.toMatchObject({
      name: 'TimeoutError'
    })
    expect(await textsOf(chains.carol)).toEqual(['before'])
    await chains.carol.add(bytes('from carol'))
    expect((await chains.alice.sync({ peer: bob.peerId })).level).toBe(true)
    expect(await textsOf(chains.alice)).toEqual(['before', 'after', 'from bob'])
    expect(chains.alice.getPeers().map(String)).toEqual([bob.peerId.toString()])
  })

  it('R14 names the chain to nobody who comes with the old key', async () => {
    const raw: Libp2p = await startRawPeer()
    cleanup.push(async () => await raw.stop())
    const [old] = await access.alice.keys()
    await access.alice.rotate([alice.peerId, bob.peerId])
    await chains.alice.add(bytes('after'))
    await untilText(chains.bob, 'after')
    const sync = await RawSync.open(raw, bob, chains.bob.id, old ?? new Uint8Array(32))
    await sync.until('tags')
    await sync.send({ type: 'bye' })
    await sync.untilEnd()
    expect(sync.received.filter((message) => 'chain' in message)).toEqual([])
  })

  it('lets in again who was away and has asked for the new key', async () => {
    const { peerId } = bob
    await bob.stop()
    await access.alice.rotate([alice.peerId, peerId])
    await chains.alice.add(bytes('while bob was away'))
    await bob.start()
    const again = await RotatingAccess.start(bob, access.bob.roster)
    const copy = await bob.open(chains.alice.id, { accessControl: again })
    await bob.dial(alice.getMultiaddrs())
    await again.pull(alice.peerId)
    expect(again.roster.rotation).toBe(1)
    await copy.sync({ peer: alice.peerId })
    await untilText(copy, 'while bob was away')
  })
})

describe('a policy of moderation', () => {
  it('puts blocks out of effect and back alike at all nodes, whenever they join', async () => {
    const [alice, bob, carol] = [await nodes.start(), await nodes.start(), await nodes.start()]
    const signer = createActor('moderator').signer
    const policy = moderatedBy(signer.publicKey)
    const forum = await alice.create({ signer, policy })
    await expect(bob.join(await forum.invite())).rejects.toMatchObject({ name: 'PolicyMismatchError' })
    const atBob = await bob.join(await forum.invite(), { policy })
    const heard: string[] = []
    const consumer = await atBob.consume('forum', async ({ kind, block }) => {
      heard.push(`${kind} ${new TextDecoder().decode(await block.content()).slice(0, 4)}`)
    })
    const spam = await atBob.add(bytes('spam'))
    await atBob.add(bytes('ham'))
    await untilText(forum, 'ham')

    const revoked = new Promise((resolve) => atBob.addEventListener('block:revoked', resolve, { once: true }))
    await forum.add(encodeAct('revoke', spam.id), { topics: ['moderation'] })
    await revoked
    expect((await atBob.get(spam.id)).revoked).toBe(true)
    expect(await textsOf(atBob)).not.toContain('spam')
    const atCarol = await carol.join(await forum.invite(), { policy })
    expect(await textsOf(atCarol)).toEqual(await textsOf(forum))
    expect(await atCarol.count()).toBe(2)

    const back = new Promise((resolve) => atCarol.addEventListener('block:reinstated', resolve, { once: true }))
    await forum.add(encodeAct('reinstate', spam.id), { topics: ['moderation'] })
    await back
    await untilCountOf(atBob, 4)
    expect((await atBob.get(spam.id)).revoked).toBe(false)
    await consumer.drained()
    expect(heard).toEqual(['block spam', 'block ham', 'block {"ki', 'revoke spam', 'block {"ki', 'reinstate spam'])
    for (const chain of [atBob, atCarol]) expect((await textsOf(chain)).join()).toBe((await textsOf(forum)).join())
  })

  it('lets nobody else moderate, nor name what was not seen', async () => {
    const alice = await nodes.start()
    const signer = createActor('moderator').signer
    const policy = moderatedBy(signer.publicKey)
    const forum = await alice.create({ policy })
    const block = await forum.add(bytes('hello'))
    const usurped = forum.add(encodeAct('revoke', block.id), { topics: ['moderation'] })
    await expect(usurped).rejects.toMatchObject({ name: 'InvalidBlockError', rule: 'not-the-moderator' })
    const moderated = await alice.create({ policy, signer })
    for (const [content, rule] of [
      [encodeAct('revoke', block.id), 'unseen-target'],
      [bytes('nonsense'), 'malformed-act'],
      [new Uint8Array(65 * 1024), 'malformed-act']
    ] as const) {
      const adding = moderated.add(content, { topics: ['moderation'] })
      await expect(adding).rejects.toMatchObject({ name: 'InvalidBlockError', rule })
    }
    expect(await forum.count()).toBe(1)
    expect(await moderated.count()).toBe(0)
  })
})

describe('a signer whose key lives elsewhere', () => {
  let signer: WorkerSigner

  beforeEach(async () => {
    signer = await WorkerSigner.start()
    cleanup.push(async () => await signer.stop())
  })

  it('writes blocks that other nodes accept as its own, also after a restart, and joins by invitation', async () => {
    await using folder = await temporaryFolder()
    let alice = await nodes.start({ storage: folder.path })
    const bob = await nodes.start()
    const notes = await alice.create({ signer })
    const copy = await bob.join(await notes.invite())
    const adding = Array.from({ length: 20 }, (_, index) => notes.add(bytes(`note ${index}`)))
    const added = await Promise.all(adding)
    await untilText(copy, 'note 19')
    const blocks = await all(copy.blocks())
    expect(blocks.map(({ id }) => id.toString())).toEqual(added.map(({ id }: Block) => id.toString()))
    expect(blocks.every(({ creator }) => creator.equals(signer.publicKey))).toBe(true)
    const { id } = notes
    await alice.stop()
    alice = await nodes.start({ storage: folder.path })
    const again = await alice.open(id, { signer })
    expect((await again.add(bytes('later'))).seq).toBe(22)

    const theirs = await bob.create()
    const joined = await alice.join(await theirs.invite(), { signer })
    await joined.add(bytes('by the same key'))
    const block = await untilText(theirs, 'by the same key')
    expect(block.creator.equals(signer.publicKey)).toBe(true)
  })

  it('may keep a caller waiting, who may give up; what comes after is written in order', async () => {
    const alice = await nodes.start()
    const notes = await alice.create({ signer })
    const release = signer.hold()
    const patience = new AbortController()
    const abandoned = notes.add(bytes('abandoned'), { signal: patience.signal })
    const second = notes.add(bytes('second'))
    patience.abort()
    await expect(abandoned).rejects.toMatchObject({ name: 'AbortError' })
    release()
    expect((await second).seq).toBe(2)
    expect(await textsOf(notes)).toEqual(['second'])
  })

  it('that waits for ever holds up neither readers nor the end of the node', async () => {
    const alice = await nodes.start()
    const notes = await alice.create({ signer })
    await notes.add(bytes('signed'))
    signer.hold()
    const waiting = expect(notes.add(bytes('waiting'))).rejects.toMatchObject({ name: 'ClosedError' })
    expect(await textsOf(notes)).toEqual(['signed'])
    await alice.stop()
    await waiting
  })

  it('that refuses, or is gone, fails the call and not the chain', async () => {
    const alice = await nodes.start()
    const notes = await alice.create({ signer })
    await expect(signer.sign(bytes('a cheque'))).rejects.toThrow(SigningRefusedError)
    const release = signer.hold()
    const lost = notes.add(bytes('lost'))
    await signer.stop()
    release()
    await expect(lost).rejects.toThrow(SigningRefusedError)
    await expect(notes.add(bytes('lost too'))).rejects.toThrow(SigningRefusedError)
    expect(await textsOf(notes)).toEqual([])
  })
})

async function untilCountOf(chain: BaseBlockchain, count: number): Promise<void> {
  await expect.poll(() => chain.count(), { timeout: 15_000 }).toBe(count)
}
