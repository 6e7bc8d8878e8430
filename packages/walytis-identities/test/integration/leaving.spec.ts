import { decode } from '@ipld/dag-cbor'
import { afterEach, describe, expect, it } from 'vitest'
import { createGroup, type Group, joinGroup } from '../../src/index.ts'
import { type Actor, say, startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

async function pair(): Promise<{ alice: Actor; bob: Actor; ours: Group; theirs: Group }> {
  const [alice, bob] = [await startActor('alice'), await startActor('bob')]
  const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity)
  alice.groups.push(ours)
  const theirs = await joinGroup(bob.walytis, bob.keyStore, bob.identity, (await ours.invite()).toString())
  bob.groups.push(theirs)
  return { alice, bob, ours, theirs }
}

async function kindsIn(group: Group): Promise<string[]> {
  const kinds: string[] = []
  for await (const { kind } of group.history()) {
    kinds.push(kind)
  }
  return kinds
}

describe('a planned removal', () => {
  it('asks the member to leave: what it wrote last stays, and the keys change', async () => {
    const { bob, ours, theirs } = await pair()
    const before = await theirs.epochs.current()
    const last = await say(theirs, before.id, 'my last words')
    const told = new Promise<void>((resolve) => {
      theirs.addEventListener('self:removed', () => resolve(), { once: true })
    })
    await ours.remove(bob.identity.did, { planned: true })
    await told
    expect(ours.members()).toHaveLength(1)
    const kinds = await kindsIn(ours)
    expect(kinds).toContain('leave')
    expect(kinds).not.toContain('remove')
    await until(ours, () => ours.blockchain.has(last.id))
    expect((await ours.blockchain.get(last.id)).revoked).toBe(false)
    const after = await ours.epochs.current()
    expect(after.id.toString()).not.toBe(before.id.toString())
    expect(await ours.epochs.entitled(bob.identity.did, after.id)).toBe(false)
    expect(theirs.epochs.held(after.id)).toBeUndefined()
  })

  it('removes who is not there', async () => {
    const { bob, ours } = await pair()
    const { did } = bob.identity
    await bob.stop()
    await ours.remove(did, { planned: true })
    expect(ours.members()).toHaveLength(1)
    expect(await kindsIn(ours)).toContain('remove')
  })

  it('R16 of a senior is a removal after all: its device does not put itself out because a junior, perhaps stolen, one asks', async () => {
    const { alice, bob, ours, theirs } = await pair()
    await ours.setRole(bob.identity.did, 'admin')
    await until(theirs, () => theirs.me.role === 'admin')
    await theirs.remove(alice.identity.did, { planned: true })
    const kinds = await kindsIn(theirs)
    expect(kinds).toContain('remove')
    expect(kinds).not.toContain('leave')
  })

  it('R11 nobody leaves because somebody asks who may not remove it', async () => {
    const { alice, ours, theirs } = await pair()
    const refused = { name: 'AccessDeniedError' }
    await expect(theirs.remove(alice.identity.did, { planned: true })).rejects.toMatchObject(refused)
    const channel = await theirs.sessions.open(alice.identity.did, 'walytis-identities/leave')
    await channel.close()
    const answers: unknown[] = []
    for await (const answer of channel.messages()) {
      answers.push(decode(answer))
    }
    expect(answers).toEqual([{ v: 1, leaves: false }])
    expect(ours.members()).toHaveLength(2)
    expect(await kindsIn(ours)).not.toContain('leave')
  })
})
