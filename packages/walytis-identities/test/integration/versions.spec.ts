import { afterEach, describe, expect, it } from 'vitest'
import { EVENT_TOPIC } from '../../src/constants.ts'
import { deviceOf } from '../../src/device.ts'
import { encodeEvents, type RawEvent } from '../../src/events/format.ts'
import { createGroup, type Group, joinGroup } from '../../src/index.ts'
import { type Actor, say, startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

/** Write events as a newer version would. */
async function writeAsNewer(actor: Actor, group: Group, events: RawEvent[]): Promise<void> {
  const device = deviceOf(actor.identity)
  await group.blockchain.append(async (position) => {
    const at = { ...position, topics: [EVENT_TOPIC] }
    const sign = async (bytes: Uint8Array): Promise<Uint8Array> => (await device?.signEvent(bytes)) ?? bytes
    return { content: await encodeEvents(events, at, sign), topics: [EVENT_TOPIC] }
  })
}

/** Alice's version is newer than Bob's and Carol's. */
async function twoVersions(): Promise<{
  alice: Actor
  carol: Actor
  newer: Group
  older: Group
  level: () => Promise<boolean>
}> {
  const [alice, bob, carol] = [await startActor('alice'), await startActor('bob'), await startActor('carol')]
  const newer = await createGroup(alice.walytis, alice.keyStore, alice.identity)
  alice.groups.push(newer)
  const invitation = (await newer.invite({ role: 'admin' })).toString()
  const older = await joinGroup(bob.walytis, bob.keyStore, bob.identity, invitation)
  bob.groups.push(older)
  const level = async (): Promise<boolean> =>
    String(await newer.blockchain.heads()) === String(await older.blockchain.heads())
  return { alice, carol, newer, older, level }
}

describe('F19 two versions in one group', () => {
  it('what the older does not know has no effect there, and both go on, each way', async () => {
    const { alice, carol, newer, older, level } = await twoVersions()
    await writeAsNewer(alice, newer, [
      { kind: 'future-thing', value: 1 },
      { kind: 'role-of-the-future', value: [2] }
    ])
    await until(older, level)
    const epoch = await older.epochs.current()
    const [one, two] = [await say(older, epoch.id, 'from the older'), await say(newer, epoch.id, 'from the newer')]
    await until(newer, () => newer.blockchain.has(one.id))
    await until(older, () => older.blockchain.has(two.id))
    // the older admits somebody after it, and the newer sees it alike
    const invitation = (await older.invite()).toString()
    const third = await joinGroup(carol.walytis, carol.keyStore, carol.identity, invitation)
    carol.groups.push(third)
    await until(newer, () => newer.members().length === 3)
    await until(newer, level)
    expect(newer.members()).toEqual(older.members())
    expect(third.members()).toEqual(older.members())
  })

  it('what the older must know stops its own acts, and nothing of what the others do', async () => {
    const { alice, carol, newer, older, level } = await twoVersions()
    const invitation = await newer.invite()
    const epoch = await newer.epochs.current()
    await until(older, () => older.epochs.held(epoch.id) !== undefined)
    await until(older, level)
    await writeAsNewer(alice, newer, [{ kind: 'future-rule', critical: true }])
    await until(older, level)
    const update = { name: 'UpdateRequiredError', kinds: ['future-rule'] }
    await expect(older.invite()).rejects.toMatchObject(update)
    await expect(older.remove(alice.identity.did)).rejects.toMatchObject(update)
    await expect(older.leave()).rejects.toMatchObject(update)
    // it reads, writes and follows what the newer does
    const said = await say(older, epoch.id, 'still here')
    await until(newer, () => newer.blockchain.has(said.id))
    await writeAsNewer(alice, newer, [{ kind: 'revoke-invite', invitation: Buffer.from(invitation.id, 'hex') }])
    await until(older, level)
    const refused = joinGroup(carol.walytis, carol.keyStore, carol.identity, invitation)
    await expect(refused).rejects.toMatchObject({ name: 'InvitationError' })
    await writeAsNewer(alice, newer, [{ kind: 'role', member: older.device.did, role: 'member' }])
    await until(older, () => older.me.role === 'member')
    expect(older.members()).toEqual(newer.members())
  })
})
