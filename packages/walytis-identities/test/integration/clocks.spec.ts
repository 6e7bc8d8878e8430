import { afterEach, describe, expect, it } from 'vitest'
import { createTestClock } from 'walytis/testing'
import { createGroup, joinGroup } from '../../src/index.ts'
import { say, startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

const YEAR = 365 * 24 * 60 * 60 * 1000

describe('clocks that are wrong by years', () => {
  it('F6 F10 R6 decide nothing about members, keys and content', async () => {
    const [early, late] = [createTestClock(Date.UTC(2016, 0, 1)), createTestClock(Date.UTC(2036, 0, 1))]
    const alice = await startActor('alice', early.now)
    const bob = await startActor('bob', late.now)
    const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity, { now: early.now })
    alice.groups.push(ours)
    // for Bob the invitation has expired twenty years ago; what counts is the clock of who admits
    const invitation = (await ours.invite({ role: 'admin' })).toString()
    const theirs = await joinGroup(bob.walytis, bob.keyStore, bob.identity, invitation, { now: late.now })
    bob.groups.push(theirs)

    const first = await say(theirs, (await theirs.epochs.current()).id, 'from 2036')
    await until(ours, () => ours.blockchain.has(first.id))
    // everything of Alice's from now on is dated before her group began
    early.set(1)
    const second = await say(ours, (await ours.epochs.current()).id, 'from 1970')
    await until(theirs, () => theirs.blockchain.has(second.id))
    late.advance(-80 * YEAR)
    await theirs.rotate()
    const epoch = await theirs.epochs.current()
    await until(ours, () => ours.epochs.held(epoch.id) !== undefined)
    expect(await ours.blockchain.isAncestor(first.id, second.id)).toBe(true)

    await ours.remove(bob.identity.did)
    expect(ours.members().map(({ did }) => did)).toEqual([alice.identity.did])
    expect((await ours.blockchain.get(first.id)).revoked).toBe(false)
    const after = await ours.epochs.current()
    expect(await ours.epochs.entitled(bob.identity.did, after.id)).toBe(false)
  })

  it('R20 F6 an invitation that has expired by the clock of who admits is refused, whatever the joiner reads', async () => {
    const clock = createTestClock(Date.UTC(2026, 0, 1))
    const [alice, bob] = [await startActor('alice'), await startActor('bob')]
    const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity, { now: clock.now })
    alice.groups.push(ours)
    const invitation = (await ours.invite()).toString()
    clock.advance(YEAR)
    const join = (now: () => number): Promise<unknown> =>
      joinGroup(bob.walytis, bob.keyStore, bob.identity, invitation, { now })
    await expect(join(() => 0)).rejects.toMatchObject({ name: 'InvitationError', reason: 'unreachable' })
    await expect(join(clock.now)).rejects.toMatchObject({ name: 'InvitationError', reason: 'expired' })
    expect(ours.members()).toHaveLength(1)
  })
})
