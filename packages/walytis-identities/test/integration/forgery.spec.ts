import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { EVENT_TOPIC } from '../../src/constants.ts'
import { type Device, deviceOf } from '../../src/device.ts'
import { encodeEvents, type RawEvent } from '../../src/events/format.ts'
import { type ConsentTerms, consentBytes, proofBytes, verifierOf } from '../../src/events/verify.ts'
import { sessionsOf } from '../../src/group/node-sessions.ts'
import { createGroup, type Group, type GroupInvitation } from '../../src/index.ts'
import { suiteOf } from '../../src/keys/suite.ts'
import { guestKey, type InvitationDetails, invitationKeys, parseInvitation } from '../../src/members/invite.ts'
import { decodeJoinAnswer, encodeJoinRequest, type JoinRequest } from '../../src/members/join-messages.ts'
import { type Actor, startActor, stopActors } from './actors.ts'

afterEach(stopActors)

/** A group whose admin, alice, keeps to no rule: she writes events by hand. */
async function byzantine(): Promise<{ alice: Actor; carol: Actor; group: Group; write: Writer }> {
  const [alice, carol] = [await startActor('alice'), await startActor('carol')]
  const group = await createGroup(alice.walytis, alice.keyStore, alice.identity)
  alice.groups.push(group)
  const device = deviceIn(alice)
  const write: Writer = (events, sign = (bytes) => device.signEvent(bytes)) =>
    group.blockchain.append(async (position) => {
      const topics = [EVENT_TOPIC]
      return { content: await encodeEvents(events, { ...position, topics }, sign), topics }
    })
  return { alice, carol, group, write }
}

/** The event of a device link, but for what `change` says. */
function linkOf(change: object): RawEvent {
  const fields = { invitation: randomBytes(16), verifier: randomBytes(32), uses: 1, shared: false, role: 'member' }
  return { kind: 'invite', ...fields, expires: 1, link: true, ...change }
}

type Writer = (events: RawEvent[], sign?: (bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array) => Promise<unknown>

function deviceIn(actor: Actor): Device {
  const device = deviceOf(actor.identity)
  if (device === undefined) {
    throw new RangeError('no device')
  }
  return device
}

/** An `add` of carol, made as it should be but for what `change` says. */
async function addOf(
  carol: Actor,
  _group: Group,
  invitation: GroupInvitation,
  change: { terms?: Partial<ConsentTerms>; signer?: Device; secret?: Uint8Array } = {}
): Promise<RawEvent> {
  const { details } = parseInvitation(invitation)
  const device = deviceIn(carol)
  const terms = { ...termsOf(details, device), ...change.terms }
  const keys = invitationKeys(change.secret ?? details.secret)
  const { suite, classical, postQuantum } = keys
  return {
    kind: 'add',
    member: carol.identity.did,
    role: 'member',
    invitation: details.invitation,
    consent: {
      device: device.did,
      signature: await (change.signer ?? device).sign(consentBytes(terms)),
      keys: { suite, classical, postQuantum },
      proof: suiteOf(keys).sign(keys, proofBytes(terms))
    },
    blocks: await device.evidence()
  }
}

function termsOf(details: InvitationDetails, device: Device): ConsentTerms {
  const { group, invitation, inviter } = details
  return { group, invitation, inviter, member: device.did, device: device.did, keys: device.keys }
}

const breaks = (rule: string): object => ({ name: 'InvalidBlockError', rule })

describe('R12 nobody is added without consent', () => {
  it('the honest event is accepted', async () => {
    const { carol, group, write } = await byzantine()
    await write([await addOf(carol, group, await group.invite())])
    expect(group.members().map(({ did }) => did)).toContain(carol.identity.did)
  })

  it('not with a signature of the admin as that of the third party', async () => {
    const { alice, carol, group, write } = await byzantine()
    const event = await addOf(carol, group, await group.invite(), { signer: deviceIn(alice) })
    await expect(write([event])).rejects.toMatchObject(breaks('consent-signature'))
  })

  it('R4 not with a consent to another group, invitation or inviter', async () => {
    const { alice, carol, group, write } = await byzantine()
    const other = await createGroup(alice.walytis, alice.keyStore, alice.identity)
    alice.groups.push(other)
    for (const terms of [{ group: other.did }, { invitation: randomBytes(16) }, { inviter: carol.identity.did }]) {
      const event = await addOf(carol, group, await group.invite(), { terms })
      await expect(write([event])).rejects.toMatchObject(breaks('consent-signature'))
    }
  })

  it('R20 not by somebody who does not have the invitation', async () => {
    const { carol, group, write } = await byzantine()
    const event = await addOf(carol, group, await group.invite(), { secret: randomBytes(32) })
    await expect(write([event])).rejects.toMatchObject(breaks('invitation-keys'))
  })

  it('not without evidence of the member, nor with evidence that was changed', async () => {
    const { carol, group, write } = await byzantine()
    const event = await addOf(carol, group, await group.invite())
    await expect(write([{ ...event, blocks: [] }])).rejects.toMatchObject(breaks('evidence-missing'))
    const [raw] = await deviceIn(carol).evidence()
    const content = Uint8Array.from(raw?.content ?? [])
    content.set([1 ^ (content[40] ?? 0)], 40)
    const forged = { ...event, blocks: [{ block: raw?.block, content }] }
    await expect(write([forged])).rejects.toMatchObject(breaks('content-mismatch'))
    const foreign = { ...event, blocks: await deviceOf(group.device)?.evidence() }
    await expect(write([foreign])).rejects.toMatchObject(breaks('evidence-foreign'))
  })
})

describe('R21 a request to join that was overheard', () => {
  it('is refused from any device but the one that it speaks of, though the invitation is at hand', async () => {
    const { alice, carol, group } = await byzantine()
    const mallory = await startActor('mallory')
    const invitation = await group.invite()
    const { details } = parseInvitation(invitation)
    const { member, consent, blocks } = (await addOf(carol, group, invitation)) as unknown as JoinRequest
    await mallory.walytis.dial(alice.walytis.getMultiaddrs())
    const manager = sessionsOf({ walytis: mallory.walytis, now: Date.now, randomBytes })
    const channel = await manager.openAsGuest({
      peer: alice.walytis.peerId,
      group: group.did,
      device: deviceIn(mallory),
      key: guestKey(verifierOf(invitationKeys(details.secret)))
    })
    await channel.send(encodeJoinRequest({ member, consent, blocks }))
    const { value } = await channel.messages()[Symbol.asyncIterator]().next()
    expect(decodeJoinAnswer(value)).toBeUndefined()
    expect(group.members().map(({ did }) => did)).toEqual([alice.identity.did])
    channel.abort(new TypeError('done'))
  })
})

describe('events', () => {
  it('R9 fall with a missing or foreign post-quantum signature', async () => {
    const { carol, write } = await byzantine()
    const event = {
      kind: 'invite',
      invitation: randomBytes(16),
      verifier: randomBytes(32),
      uses: 1,
      shared: false,
      role: 'member',
      expires: 1
    }
    await expect(write([event], () => new Uint8Array(3309))).rejects.toMatchObject(breaks('event-signature'))
    await expect(write([event], (bytes) => deviceIn(carol).signEvent(bytes))).rejects.toMatchObject(
      breaks('event-signature')
    )
    await expect(write([event])).resolves.toBeDefined()
  })

  it('an epoch names the devices that it is for', async () => {
    const { group, write } = await byzantine()
    const { publicKey } = (await import('../../src/members/epoch-secrets.ts')).deriveEpoch(randomBytes(32))
    const event = { kind: 'epoch', publicKey, devices: randomBytes(32), reason: 'scheduled' }
    await expect(write([event])).rejects.toMatchObject(breaks('epoch-devices'))
    expect(group.members()).toHaveLength(1)
  })

  it('F19 of unknown kinds are kept without effect; a critical one stops own acts until there is an update', async () => {
    const { group, write } = await byzantine()
    await write([{ kind: 'future-thing', value: 1 }])
    await expect(group.invite()).resolves.toBeDefined()
    await write([{ kind: 'future-rule', critical: true }])
    await expect(group.invite()).rejects.toMatchObject({ name: 'UpdateRequiredError', kinds: ['future-rule'] })
  })

  it('with fields too many or too few are refused by name', async () => {
    const { alice, write } = await byzantine()
    const cases: [RawEvent, string][] = [
      [{ kind: 'remove', member: alice.identity.did, extra: 1 }, 'remove-fields'],
      [{ kind: 'remove', member: 'did:walytis:nobody' }, 'remove-fields'],
      [{ kind: 'leave', reason: 'tired' }, 'leave-fields'],
      [{ kind: 'role', member: alice.identity.did, role: 'owner' }, 'role-fields'],
      [{ kind: 'mirror', member: alice.identity.did, blocks: [] }, 'mirror-empty'],
      [{ kind: 'inception' }, 'second-inception'],
      [{ kind: 'revoke-invite', invitation: randomBytes(15) }, 'revoke-invite-fields'],
      [linkOf({ shared: true }), 'invite-link'],
      [linkOf({ uses: 2 }), 'invite-link'],
      [linkOf({ link: false }), 'invite-link']
    ]
    for (const [event, rule] of cases) {
      await expect(write([event])).rejects.toMatchObject(breaks(rule))
    }
  })

  it('R12 a mirror is checked block by block, and must bring something new', async () => {
    const { alice, carol, write } = await byzantine()
    const blocks = await deviceIn(carol).evidence()
    await write([{ kind: 'mirror', member: carol.identity.did, blocks }])
    await expect(write([{ kind: 'mirror', member: carol.identity.did, blocks }])).rejects.toMatchObject(
      breaks('mirror-nothing-new')
    )
    const foreign = { kind: 'mirror', member: alice.identity.did, blocks }
    await expect(write([foreign])).rejects.toMatchObject(breaks('evidence-foreign'))
  })
})
