import { afterEach, describe, expect, it } from 'vitest'
import { createGroup, type Group, joinGroup, loadGroup } from '../../src/index.ts'
import { type Actor, resume, say, startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

async function found(actor: Actor): Promise<Group> {
  const group = await createGroup(actor.walytis, actor.keyStore, actor.identity)
  actor.groups.push(group)
  return group
}

async function join(actor: Actor, invitation: { toString(): string }): Promise<Group> {
  const group = await joinGroup(actor.walytis, actor.keyStore, actor.identity, invitation.toString())
  actor.groups.push(group)
  return group
}

describe('a group of devices', () => {
  it('is joined by invitation, and shares an epoch', async () => {
    const [alice, bob] = [await startActor('alice'), await startActor('bob')]
    const ours = await found(alice)
    const theirs = await join(bob, await ours.invite())
    expect(theirs.members().map(({ did }) => did)).toEqual([alice.identity.did, bob.identity.did])
    await until(ours, () => ours.members().length === 2)
    const [mine, his] = [await ours.epochs.current(), await theirs.epochs.current()]
    expect(his.id.toString()).toBe(mine.id.toString())
    expect(his.secret('test')).toEqual(mine.secret('test'))
  })

  it('R20 refuses a second use of an invitation, a revoked one, and one that is expired by the clock of who admits', async () => {
    const [alice, bob, carol] = [await startActor('alice'), await startActor('bob'), await startActor('carol')]
    let now = Date.now()
    const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity, { now: () => now })
    alice.groups.push(ours)
    const once = await ours.invite()
    await join(bob, once)
    await expect(join(carol, once)).rejects.toMatchObject({ name: 'InvitationError' })
    const revoked = await ours.invite()
    await ours.revokeInvitation(revoked.id)
    await expect(join(carol, revoked)).rejects.toMatchObject({ name: 'InvitationError' })
    const expiring = await ours.invite({ expires: new Date(now + 60_000) })
    now += 61_000
    await expect(join(carol, expiring)).rejects.toMatchObject({ name: 'InvitationError' })
    expect(ours.members()).toHaveLength(2)
    const names: string[] = []
    for await (const name of carol.keyStore.names('group/')) {
      names.push(name)
    }
    expect(names).toEqual([])
  })

  it('answers again when who was admitted did not hear the answer', async () => {
    const [alice, bob] = [await startActor('alice'), await startActor('bob')]
    const ours = await found(alice)
    const invitation = await ours.invite()
    const theirs = await join(bob, invitation)
    await theirs.close()
    bob.groups.pop()
    await bob.walytis.delete(theirs.blockchain.id)
    const again = await join(bob, invitation)
    expect(again.members()).toHaveLength(2)
    expect(ours.members()).toHaveLength(2)
  })

  it('is what it was after a restart', async () => {
    const [alice, bob] = [await startActor('alice'), await startActor('bob')]
    const ours = await found(alice)
    const theirs = await join(bob, await ours.invite())
    const before = await theirs.epochs.current()
    await say(theirs, before.id, 'hello')
    const members = theirs.members()
    await bob.stop()
    await resume(bob)
    const again = await loadGroup(bob.walytis, bob.keyStore, ours.did)
    bob.groups.push(again)
    expect(again.members()).toEqual(members)
    expect(again.me.did).toBe(bob.identity.did)
    expect((await again.epochs.current()).secret('test')).toEqual(before.secret('test'))
    await say(again, before.id, 'again')
    expect(await again.blockchain.count({ topics: { all: ['offchain'] } })).toBe(2)
  })

  it('says who wrote a block, verifies what its devices sign, and opens what is sealed to it', async () => {
    const [alice, bob] = [await startActor('alice'), await startActor('bob')]
    const ours = await found(alice)
    const theirs = await join(bob, await ours.invite())
    const block = await say(theirs, (await theirs.epochs.current()).id, 'hello')
    const record = await theirs.blockchain.record(block.id)
    expect(record && (await theirs.authorOf(record.block))).toBe(bob.identity.did)
    const signature = await bob.identity.sign(new Uint8Array([1, 2]), 'test')
    expect(await ours.verify(new Uint8Array([1, 2]), signature, 'test')).toBe(true)
    expect(await ours.verify(new Uint8Array([1, 3]), signature, 'test')).toBe(false)
    const stranger = await startActor('mallory')
    expect(
      await ours.verify(new Uint8Array([1]), await stranger.identity.sign(new Uint8Array([1]), 'test'), 'test')
    ).toBe(false)
    expect(await theirs.decrypt(await ours.encryptTo(new Uint8Array([7, 7])))).toEqual(new Uint8Array([7, 7]))
    expect((await ours.document()).controller).toEqual([alice.identity.did, bob.identity.did])
    const kinds: string[] = []
    for await (const { kind } of ours.history()) {
      kinds.push(kind)
    }
    expect(kinds).toEqual(['inception', 'invite', 'add', 'epoch'])
  })
})
