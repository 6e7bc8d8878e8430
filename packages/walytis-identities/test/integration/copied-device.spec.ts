import { cp, rm } from 'node:fs/promises'
import { join as path } from 'node:path'
import { Level } from 'level'
import { afterEach, describe, expect, it } from 'vitest'
import { createGroup, type Group, joinGroup, loadGroup } from '../../src/index.ts'
import { type Actor, addressesOf, resume, say, startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

/** Give a stopped actor all that another one has on its disk, but for the key of its node: as a backup that is restored elsewhere. */
async function copyDisk(from: Actor, to: Actor): Promise<void> {
  const folder = path(to.folder, 'db')
  await rm(folder, { recursive: true })
  await cp(path(from.folder, 'db'), folder, { recursive: true })
  const level = new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
  let removed = 0
  for await (const key of level.keys()) {
    if (Buffer.from(key).includes('walytis-node')) {
      await level.del(key)
      removed++
    }
  }
  await level.close()
  expect(removed).toBe(1)
}

async function load(actor: Actor, did: string, peers: Actor[] = []): Promise<Group> {
  const group = await loadGroup(actor.walytis, actor.keyStore, did, { peers: peers.map(addressesOf) })
  actor.groups.push(group)
  return group
}

describe('a device of which a copy runs', () => {
  it('F17 is found out by its group, which converges, and can put both out', async () => {
    // keys of the stores follow from the length of the name
    const [alice, bob, copy] = [await startActor('alice'), await startActor('bob'), await startActor('bo2')]
    const founded = await createGroup(alice.walytis, alice.keyStore, alice.identity)
    alice.groups.push(founded)
    const invitation = (await founded.invite({ role: 'admin' })).toString()
    const joined = await joinGroup(bob.walytis, bob.keyStore, bob.identity, invitation)
    bob.groups.push(joined)
    const { did } = founded
    const epoch = await joined.epochs.current()
    const known = await say(joined, epoch.id, 'by the only one')
    await until(founded, () => founded.blockchain.has(known.id))

    await alice.stop()
    await bob.stop()
    await copy.stop()
    await copyDisk(bob, copy)
    copy.identity = bob.identity
    await resume(bob)
    await resume(copy)
    expect(copy.walytis.peerId.equals(bob.walytis.peerId)).toBe(false)
    const [one, two] = [await load(bob, did), await load(copy, did)]
    // apart from each other both write with one key: a text each
    const texts = [await say(one, epoch.id, 'by the original'), await say(two, epoch.id, 'by the copy')]
    expect(texts[0]?.seq).toBe(texts[1]?.seq)

    await resume(alice)
    const ours = await load(alice, did, [bob, copy])
    await until(
      ours,
      async () => {
        const here = await Promise.all(texts.map(({ id }) => ours.blockchain.has(id)))
        return here.every(Boolean)
      },
      30_000
    )
    const proofs: unknown[] = []
    for await (const proof of ours.blockchain.forks()) {
      proofs.push(proof)
    }
    expect(proofs.length).toBeGreaterThan(0)
    const level = async (): Promise<boolean> => {
      const heads = await Promise.all([ours, one, two].map(async ({ blockchain }) => String(await blockchain.heads())))
      return new Set(heads).size === 1
    }
    await until(ours, level, 30_000)
    expect(one.members()).toEqual(ours.members())
    expect(two.members()).toEqual(ours.members())

    await ours.remove(bob.identity.did)
    const after = await ours.epochs.current()
    expect(ours.members().map((member) => member.did)).toEqual([alice.identity.did])
    for (const group of [one, two]) {
      expect(group.epochs.held(after.id)).toBeUndefined()
    }
    for (const { id } of texts) {
      // what was there before the removal stays: a fork is evidence, and by itself removes nobody
      expect((await ours.blockchain.get(id)).revoked).toBe(false)
    }
  })
})
