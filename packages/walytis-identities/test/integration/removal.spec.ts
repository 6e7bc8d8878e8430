import { encode } from '@ipld/dag-cbor'
import { afterEach, describe, expect, it } from 'vitest'
import { parseBlockId } from 'walytis'
import { createGroup, type Group, joinGroup, loadGroup } from '../../src/index.ts'
import { KEY_PROTOCOL } from '../../src/members/key-delivery.ts'
import { encodeKeyMessage } from '../../src/members/key-messages.ts'
import { type Actor, addressesOf, resume, say, startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

async function three(): Promise<{ actors: [Actor, Actor, Actor]; groups: [Group, Group, Group] }> {
  const [alice, bob, carol] = [await startActor('alice'), await startActor('bob'), await startActor('carol')]
  const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity)
  alice.groups.push(ours)
  const invitation = (await ours.invite({ uses: 2, role: 'admin' })).toString()
  const bobs = await joinGroup(bob.walytis, bob.keyStore, bob.identity, invitation)
  bob.groups.push(bobs)
  const carols = await joinGroup(carol.walytis, carol.keyStore, carol.identity, invitation)
  carol.groups.push(carols)
  for (const group of [ours, bobs, carols]) {
    await until(group, () => group.members().length === 3)
  }
  await bobs.blockchain.addPeers([addressesOf(carol)])
  return { actors: [alice, bob, carol], groups: [ours, bobs, carols] }
}

describe('removal', () => {
  it('R13 R14 begins an epoch whose seed the removed one can not get from anybody, with its real key store', async () => {
    const { actors, groups } = await three()
    const [, bob, carol] = actors
    const [ours, bobs, carols] = groups
    await ours.remove(bob.identity.did)
    await until(carols, () => carols.members().length === 2)
    const epoch = await ours.epochs.current()
    expect((await carols.epochs.current()).id.toString()).toBe(epoch.id.toString())

    // Nobody told Bob, not even of its removal: its own node would let it ask, and the others refuse.
    expect(bobs.members()).toHaveLength(3)
    expect(bobs.epochs.held(epoch.id)).toBeUndefined()
    for (const device of [ours.device.did, carol.identity.did]) {
      const attempt = (async () => {
        const channel = await bobs.sessions.open(device, KEY_PROTOCOL, { signal: AbortSignal.timeout(3000) })
        await channel.send(encodeKeyMessage({ kind: 'want', epochs: [epoch.id.toString()] }))
        const answers: Uint8Array[] = []
        for await (const message of channel.messages()) {
          answers.push(message)
        }
        return answers
      })()
      await expect(attempt).rejects.toThrow()
    }
    await expect(bobs.epochs.get(epoch.id, { signal: AbortSignal.timeout(1000) })).rejects.toMatchObject({
      name: 'KeyUnavailableError'
    })
    expect(await ours.epochs.entitled(bob.identity.did, epoch.id)).toBe(false)
  })

  it('R20 does not let the removed one in again by an invitation that has uses left', async () => {
    const [alice, bob] = [await startActor('alice'), await startActor('bob')]
    const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity)
    alice.groups.push(ours)
    const invitation = (await ours.invite({ uses: 3 })).toString()
    const bobs = await joinGroup(bob.walytis, bob.keyStore, bob.identity, invitation)
    bob.groups.push(bobs)
    await ours.remove(bob.identity.did)
    await bobs.close()
    bob.groups.pop()
    await expect(joinGroup(bob.walytis, bob.keyStore, bob.identity, invitation)).rejects.toMatchObject({
      name: 'InvitationError'
    })
    expect(ours.members()).toHaveLength(1)
  })

  it('R15 refuses what the removed one writes afterwards, and takes out what it wrote meanwhile', async () => {
    const { actors, groups } = await three()
    const [alice, bob] = actors
    const [ours, bobs, carols] = groups
    const epoch = await bobs.epochs.current()
    const early = await say(bobs, epoch.id, 'before')
    await until(carols, () => carols.blockchain.has(early.id))
    await until(ours, () => ours.blockchain.has(early.id))
    await alice.stop()

    // Alice is gone; Bob writes on. Alice comes back, without connections, and removes Bob beside that.
    const meanwhile = await say(bobs, epoch.id, 'meanwhile')
    await until(carols, () => carols.blockchain.has(meanwhile.id))
    await bob.stop()
    await actors[2].stop()
    await resume(alice)
    const again = await loadGroup(alice.walytis, alice.keyStore, ours.did)
    alice.groups.push(again)
    await again.remove(bob.identity.did)
    await resume(actors[2])
    const carol = await loadGroup(actors[2].walytis, actors[2].keyStore, ours.did, { peers: [addressesOf(alice)] })
    actors[2].groups.push(carol)
    await until(carol, () => carol.members().length === 2)
    expect((await carol.blockchain.get(early.id)).revoked).toBe(false)
    expect((await carol.blockchain.get(meanwhile.id)).revoked).toBe(true)

    await resume(bob)
    const removed = await loadGroup(bob.walytis, bob.keyStore, ours.did)
    bob.groups.push(removed)
    const late = await removed.blockchain.add(encode({ epoch: epoch.id }), { topics: ['offchain'] })
    expect(await carol.blockchain.has(late.id)).toBe(false)
  })

  it('content must name an epoch that covers every removal before it', async () => {
    const { actors, groups } = await three()
    const [ours, , carols] = groups
    const old = await ours.epochs.current()
    await ours.remove(actors[1].identity.did)
    await expect(say(ours, old.id, 'too late')).rejects.toMatchObject({
      name: 'InvalidBlockError',
      rule: 'epoch-outdated'
    })
    await expect(ours.blockchain.add(encode({ text: 'bare' }))).rejects.toMatchObject({ rule: 'epoch-missing' })
    await until(carols, () => carols.members().length === 2)
    const block = await say(carols, (await carols.epochs.current()).id, 'in time')
    await until(ours, () => ours.blockchain.has(block.id))
  })

  it('after a leave, whoever writes next begins the epoch', async () => {
    const { groups } = await three()
    const [ours, bobs, carols] = groups
    const before = await ours.epochs.current()
    await bobs.leave()
    await until(ours, () => ours.members().length === 2)
    await until(carols, () => carols.members().length === 2)
    const after = await carols.epochs.current()
    expect(after.id.toString()).not.toBe(before.id.toString())
    await until(ours, () => ours.epochs.held(after.id) !== undefined)
    expect((await ours.epochs.current()).id.toString()).toBe(after.id.toString())
    expect(() => bobs.me).toThrow(expect.objectContaining({ name: 'NotMemberError' }))
  })

  it('R11 a member that is no admin can not remove, invite or promote', async () => {
    const [alice, bob] = [await startActor('alice'), await startActor('bob')]
    const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity)
    alice.groups.push(ours)
    const bobs = await joinGroup(bob.walytis, bob.keyStore, bob.identity, (await ours.invite()).toString())
    bob.groups.push(bobs)
    await expect(bobs.remove(alice.identity.did)).rejects.toMatchObject({ name: 'AccessDeniedError' })
    await expect(bobs.invite()).rejects.toMatchObject({ name: 'AccessDeniedError' })
    await expect(bobs.setRole(bob.identity.did, 'admin')).rejects.toMatchObject({ name: 'AccessDeniedError' })
    await ours.setRole(bob.identity.did, 'admin')
    await until(bobs, () => bobs.me.role === 'admin')
    await expect(bobs.invite()).resolves.toMatchObject({ uses: 1 })
  })
})

describe('catching up', () => {
  it('R17 a member that was away for several rotations gets the epoch from somebody else than who rotated', async () => {
    const { actors, groups } = await three()
    const [alice, bob, carol] = actors
    const [ours, , carols] = groups
    await bob.stop()
    for (let round = 0; round < 3; round++) {
      await ours.rotate()
    }
    const latest = await ours.epochs.current()
    await until(carols, () => carols.epochs.held(latest.id) !== undefined)
    await alice.stop()
    await resume(bob)
    const back = await loadGroup(bob.walytis, bob.keyStore, ours.did, { peers: [addressesOf(carol)] })
    bob.groups.push(back)
    await until(back, () => back.epochs.held(latest.id) !== undefined)
    const epoch = await back.epochs.current()
    expect(epoch.id.toString()).toBe(latest.id.toString())
    const block = await say(back, epoch.id, 'I am back')
    await until(carols, () => carols.blockchain.has(block.id))
  })

  it('R18 who joins has the epochs from then on, and none from before', async () => {
    const [alice, bob] = [await startActor('alice'), await startActor('bob')]
    const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity)
    alice.groups.push(ours)
    const old = [await ours.epochs.current()]
    await ours.rotate()
    old.push(await ours.epochs.current())
    const bobs = await joinGroup(bob.walytis, bob.keyStore, bob.identity, (await ours.invite()).toString())
    bob.groups.push(bobs)
    expect((await bobs.epochs.current()).id.toString()).toBe((await ours.epochs.current()).id.toString())
    for (const epoch of old) {
      expect(await bobs.epochs.entitled(bob.identity.did, epoch.id)).toBe(false)
      await expect(bobs.epochs.get(epoch.id, { signal: AbortSignal.timeout(500) })).rejects.toMatchObject({
        name: 'KeyUnavailableError'
      })
    }
  })

  it('R18 where history is shared, who joins has all epochs', async () => {
    const [alice, bob] = [await startActor('alice'), await startActor('bob')]
    const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity, { history: 'shared' })
    alice.groups.push(ours)
    const first = await ours.epochs.current()
    await ours.rotate()
    const bobs = await joinGroup(bob.walytis, bob.keyStore, bob.identity, (await ours.invite()).toString())
    bob.groups.push(bobs)
    expect((await bobs.epochs.get(first.id)).secret('x')).toEqual(first.secret('x'))
  })
})

describe('keys that grow old', () => {
  it('are replaced without anybody asking, and everybody gets the new ones', async () => {
    const [alice, bob] = [await startActor('alice'), await startActor('bob')]
    const options = { rotateAfter: 200 }
    const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity, options)
    alice.groups.push(ours)
    const invitation = (await ours.invite()).toString()
    const theirs = await joinGroup(bob.walytis, bob.keyStore, bob.identity, invitation, options)
    bob.groups.push(theirs)
    const seen = new Set<string>()
    ours.addEventListener('epoch:changed', ({ detail }) => seen.add(detail.epoch.toString()))
    await until(ours, () => seen.size >= 3, 20_000)
    const [latest = ''] = [...seen].slice(-1)
    await until(theirs, () => theirs.epochs.held(parseBlockId(latest)) !== undefined)
  })

  it('of others that seem old by a clock that is ahead are replaced once, not again and again', async () => {
    const ahead = Date.now() + 365 * 24 * 60 * 60 * 1000
    const alice = await startActor('alice')
    const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity, {
      now: () => ahead,
      rotateAfter: 10_000_000,
      // no time is added at random
      randomBytes: (length) => (length > 2 ? crypto.getRandomValues(new Uint8Array(length)) : new Uint8Array(length))
    })
    alice.groups.push(ours)
    const seen: string[] = []
    ours.addEventListener('epoch:changed', ({ detail }) => seen.push(detail.epoch.toString()))
    await until(ours, () => seen.length === 1)
    await ours.rotate()
    await until(ours, () => seen.length === 2)
    // what this device began itself is as old as the time since: nothing is due
    await ours.rotate()
    await until(ours, () => seen.length === 3)
    expect(seen).toHaveLength(3)
  })
})
