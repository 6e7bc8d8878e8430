import { CID } from 'multiformats/cid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Change } from 'walytis/interface'
import { Pool } from '../../src/exchange/pool.ts'
import { type PrivateBlock, privately } from '../../src/index.ts'
import { Intake } from '../../src/intake/intake.ts'
import type { IntakeListener } from '../../src/intake/listener.ts'
import { Reader } from '../../src/reader.ts'
import { ContentStore } from '../../src/store/content-store.ts'
import { arrival, bytes, Cast, type Member, stop, texts } from './members.ts'
import { envelopeOf } from './stored.ts'

let cast: Cast

beforeEach(() => {
  cast = new Cast()
})
afterEach(async () => {
  await cast.end()
})

/** Alice writes under four epochs; then Bob joins, and she writes once more. */
async function joinsLate(history: 'shared' | 'from-join'): Promise<{ alice: Member; bob: Member; epochs: CID[] }> {
  const alice = await cast.founder('alice', history)
  const epochs: CID[] = []
  for (let n = 1; n <= 4; n++) {
    await alice.chain.add(bytes(`under epoch ${n}`), { topics: ['old'] })
    epochs.push((await alice.group.epochs.current()).id)
    if (n < 4) await alice.group.rotate()
  }
  const bob = await cast.joiner('bob', alice)
  await alice.chain.add(bytes('after the join'), { topics: ['new'] })
  await arrival(bob, 'after the join')
  return { alice, bob, epochs }
}

describe('a newcomer after several rotations', () => {
  it('R18 reads all where the history is shared', async () => {
    const { alice, bob, epochs } = await joinsLate('shared')
    await arrival(bob, 'under epoch 1')
    await expect.poll(async () => await bob.chain.count()).toBe(5)
    expect(await texts(bob.chain)).toEqual(await texts(alice.chain))
    expect(await bob.chain.count({ topics: { any: ['old'] } })).toBe(4)
    expect(new Set(epochs.map((epoch) => bob.group.epochs.held(epoch)?.id.toString())).size).toBe(4)
  })

  it('R18 reads from its join on elsewhere: it has no key of before, is given no content, and learns no topic', async () => {
    const { alice, bob, epochs } = await joinsLate('from-join')
    expect(epochs.map((epoch) => bob.group.epochs.held(epoch))).toEqual([undefined, undefined, undefined, undefined])
    expect(await texts(bob.chain)).toEqual(['after the join'])
    expect(await bob.chain.count()).toBe(1)
    expect(await bob.chain.count({ topics: { any: ['old'] } })).toBe(0)
    // It can check the whole chain all the same.
    let held = 0
    for await (const record of alice.group.blockchain.records()) {
      expect(await bob.group.blockchain.has(record.block.id)).toBe(true)
      held++
    }
    expect(held).toBeGreaterThan(5)
    for await (const { id } of alice.chain.blocks({ topics: { all: ['old'] } })) {
      const block = await bob.chain.get(id)
      expect([block.contentState, block.topics, block.size]).toEqual(['locked', [], 0])
      await expect(envelopeOf(bob, id)).rejects.toThrow('no envelope')
    }
  })
})

describe('content that comes before the key of its epoch', () => {
  it('is opened as soon as the key has come, and found by its topics', async () => {
    const alice = await cast.founder('alice')
    const bob = await cast.joiner('bob', alice)
    await bob.chain.close()
    const { id } = await alice.chain.add(bytes('sealed so far'), { topics: ['later'] })
    await expect.poll(async () => await bob.group.blockchain.has(id)).toBe(true)
    const told: string[] = []
    const noted = (what: string) => (): void => void told.push(what)
    const listener: IntakeListener = {
      available: (_shown, content) => void told.push(new TextDecoder().decode(content)),
      wanted: noted('wanted'),
      unwanted: noted('unwanted'),
      announced: noted('announced'),
      removed: noted('removed'),
      obtained: noted('obtained'),
      known: noted('known'),
      wrong: noted('wrong'),
      refused: noted('refused'),
      changed: noted('changed')
    }
    const { group } = bob
    let hasKey = false
    const epochs = { held: (epoch: CID) => (hasKey ? group.epochs.held(epoch) : undefined) }
    const store = await ContentStore.open(group.store, bob.chain.id, bob.keyStore)
    const intake = new Intake({
      base: group.blockchain,
      group,
      store,
      reader: new Reader(CID.parse(bob.chain.id), epochs),
      pool: new Pool(),
      listener,
      fetches: () => true,
      report: (error) => void told.push(String(error)),
      now: () => 0
    })
    await intake.give(id, alice.identity.did, await envelopeOf(alice, id))
    await intake.observe(id, false)
    expect(told).toEqual(['obtained'])
    const epoch = (await store.row(id))?.epoch
    if (epoch == null) throw new TypeError('the block has no epoch')
    await intake.unlock(epoch)
    expect(told).toEqual(['obtained'])
    hasKey = true
    await intake.unlock(epoch)
    expect(told).toEqual(['obtained', 'sealed so far'])
    await intake.stop()

    const chain = await privately(group)
    expect(await texts(chain)).toEqual(['sealed so far'])
    expect(await chain.count({ topics: { all: ['later'] } })).toBe(1)
    await chain.close()
  })

  it('is handed to consumers when a device comes back after rotations, each block once it can be read', async () => {
    const alice = await cast.founder('alice')
    const bob = await cast.joiner('bob', alice)
    await alice.chain.add(bytes('before'))
    await arrival(bob, 'before')
    await stop(bob)
    for (let n = 1; n <= 3; n++) {
      await alice.group.rotate()
      await alice.chain.add(bytes(`after rotation ${n}`))
    }
    const back = await cast.restart(bob)
    const handed: string[] = []
    const all = Promise.withResolvers<void>()
    const consumer = await back.chain.consume('reader', async ({ kind, block }: Change<PrivateBlock>) => {
      if (kind !== 'block' || !block.available) return
      handed.push(new TextDecoder().decode(await block.content()))
      if (new Set(handed).size === 4) all.resolve()
    })
    await all.promise
    await consumer.close()
    expect([...new Set(handed)]).toEqual(expect.arrayContaining(await texts(alice.chain)))
    expect(await texts(back.chain)).toEqual(['before', ...[1, 2, 3].map((n) => `after rotation ${n}`)])
  })
})

describe('a member that was removed', () => {
  it('R13 keeps what it had, and is shown nothing new', async () => {
    const alice = await cast.founder('alice')
    const bob = await cast.joiner('bob', alice)
    const carol = await cast.joiner('carol', alice)
    await alice.chain.add(bytes('while bob was here'))
    await arrival(bob, 'while bob was here')
    await alice.group.remove(bob.identity.did)
    const { id } = await alice.chain.add(bytes('without bob'))
    await arrival(carol, 'without bob')
    expect(await texts(bob.chain)).toEqual(['while bob was here'])
    expect(await bob.chain.has(id)).toBe(false)
    await expect(bob.chain.whenAvailable({ id })).rejects.toMatchObject({ name: 'NotFoundError' })
  })
})
