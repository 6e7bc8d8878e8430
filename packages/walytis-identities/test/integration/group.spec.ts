import { afterEach, describe, expect, it } from 'vitest'
import { createGroup, joinGroup } from '../../src/index.ts'
import { startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

describe('two devices', () => {
  it('join by invitation and share an epoch', async () => {
    const alice = await startActor('alice')
    const bob = await startActor('bob')
    const group = await createGroup(alice.walytis, alice.keyStore, alice.identity)
    alice.groups.push(group)
    const invitation = await group.invite()
    const joined = await joinGroup(bob.walytis, bob.keyStore, bob.identity, invitation.toString())
    bob.groups.push(joined)

    expect(joined.members().map(({ did }) => did)).toEqual([alice.identity.did, bob.identity.did])
    await until(group, () => group.members().length === 2)
    const ours = await group.epochs.current()
    const theirs = await joined.epochs.current()
    expect(theirs.id.toString()).toBe(ours.id.toString())
    expect(theirs.secret('test')).toEqual(ours.secret('test'))
  })
})
