import { afterEach, describe, expect, it } from 'vitest'
import { createGroup, type Group, joinGroup, loadGroup } from '../../src/index.ts'
import { parseInvitation, TextInvitation } from '../../src/members/invite.ts'
import { type Actor, addressesOf, resume, say, startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

/** A user with one device. */
async function makeUser(actor: Actor): Promise<Group> {
  const user = await createGroup(actor.walytis, actor.keyStore, actor.identity)
  actor.groups.push(user)
  return user
}

async function found(actor: Actor, user: Group): Promise<Group> {
  const chat = await createGroup(actor.walytis, actor.keyStore, user)
  actor.groups.push(chat)
  return chat
}

async function join(actor: Actor, member: Actor['identity'] | Group, invitation: string): Promise<Group> {
  const group = await joinGroup(actor.walytis, actor.keyStore, member, invitation)
  actor.groups.push(group)
  return group
}

describe('users with several devices', () => {
  it('a phone gets into the chats of its user, and can have their epochs', async () => {
    const laptop = await startActor('laptop')
    const phone = await startActor('phone')
    const bob = await startActor('bob')
    const alice = await makeUser(laptop)
    const chat = await found(laptop, alice)
    const bobUser = await makeUser(bob)
    const bobChat = await join(bob, bobUser, (await chat.invite()).toString())
    expect(bobChat.members().map(({ did }) => did)).toEqual([alice.did, bobUser.did])

    const onPhone = await join(phone, phone.identity, (await alice.invite({ role: 'admin' })).toString())
    await until(chat, () => chat.members()[0]?.devices.length === 2)
    const phoneChat = await loadGroup(phone.walytis, phone.keyStore, chat.did, { member: onPhone })
    phone.groups.push(phoneChat)
    expect(phoneChat.members().map(({ did }) => did)).toEqual([alice.did, bobUser.did])
    expect(phoneChat.me.devices).toEqual([laptop.identity.did, phone.identity.did])
    await until(bobChat, () => bobChat.members()[0]?.devices.length === 2)

    const [a, b, c] = [await chat.epochs.current(), await phoneChat.epochs.current(), await bobChat.epochs.current()]
    expect(b.id.toString()).toBe(a.id.toString())
    expect(c.secret('x')).toEqual(b.secret('x'))

    await alice.remove(phone.identity.did)
    await until(bobChat, () => bobChat.members()[0]?.devices.length === 1)
    const after = await bobChat.epochs.current()
    expect(after.id.toString()).not.toBe(a.id.toString())
    expect(await bobChat.epochs.entitled(phone.identity.did, after.id)).toBe(false)
    await until(chat, () => chat.members()[0]?.devices.length === 1)
    expect((await chat.epochs.current()).secret('x')).toEqual(after.secret('x'))
  })

  it('R22 of two who race for one use at two devices, one stays, and the other gets no more keys', async () => {
    const [laptop, phone, dave, erin] = [
      await startActor('laptop'),
      await startActor('phone'),
      await startActor('dave'),
      await startActor('erin')
    ]
    const alice = await makeUser(laptop)
    const chat = await found(laptop, alice)
    const onPhone = await join(phone, phone.identity, (await alice.invite({ role: 'admin' })).toString())
    await until(chat, () => chat.members()[0]?.devices.length === 2)
    const phoneChat = await loadGroup(phone.walytis, phone.keyStore, chat.did, { member: onPhone })
    phone.groups.push(phoneChat)
    const invitation = await chat.invite()
    await until(phoneChat, async () => (await phoneChat.blockchain.count()) === (await chat.blockchain.count()))

    // Dave is admitted at the laptop while the phone is off, Erin at the phone while the laptop is off.
    await phone.stop()
    await join(dave, dave.identity, invitation.toString())
    await dave.stop()
    await laptop.stop()
    await resume(phone)
    const chatOnPhone = await loadGroup(phone.walytis, phone.keyStore, chat.did)
    phone.groups.push(chatOnPhone)
    const { details } = parseInvitation(invitation)
    const atPhone = new TextInvitation({ ...details, peers: [addressesOf(phone)] }).toString()
    const erinChat = await join(erin, erin.identity, atPhone)
    expect(erinChat.members()).toHaveLength(2)

    await resume(laptop)
    const chatOnLaptop = await loadGroup(laptop.walytis, laptop.keyStore, chat.did, { peers: [addressesOf(phone)] })
    laptop.groups.push(chatOnLaptop)
    const settled = async (): Promise<boolean> =>
      String(await chatOnLaptop.blockchain.heads()) === String(await chatOnPhone.blockchain.heads())
    await until(chatOnLaptop, settled, 15_000)
    const stays = chatOnLaptop.members().map(({ did }) => did)
    expect(stays).toHaveLength(2)
    expect(chatOnPhone.members().map(({ did }) => did)).toEqual(stays)
    const out = stays.includes(dave.identity.did) ? erin : dave
    const epoch = await chatOnLaptop.epochs.current()
    expect(await chatOnLaptop.epochs.entitled(out.identity.did, epoch.id)).toBe(false)
    await until(chatOnPhone, () => chatOnPhone.epochs.held(epoch.id) !== undefined)
  })
})

describe('evidence that does not fit in one block', () => {
  it('a user with three devices founds a chat from the last of them, and joins another', async () => {
    const [laptop, phone, tablet, bob] = [
      await startActor('laptop'),
      await startActor('phone'),
      await startActor('tablet'),
      await startActor('bob')
    ]
    const alice = await makeUser(laptop)
    await join(phone, phone.identity, (await alice.invite({ role: 'admin' })).toString())
    const onTablet = await join(tablet, tablet.identity, (await alice.invite({ role: 'admin' })).toString())
    await until(onTablet, () => onTablet.members().length === 3)

    const chat = await found(tablet, onTablet)
    expect(chat.me.devices).toEqual([laptop.identity.did, phone.identity.did, tablet.identity.did])
    await chat.epochs.current()
    const bobUser = await makeUser(bob)
    const bobChat = await join(bob, bobUser, (await chat.invite()).toString())
    expect(bobChat.members().map(({ devices }) => devices.length)).toEqual([3, 1])

    const other = await found(bob, bobUser)
    const joined = await join(tablet, onTablet, (await other.invite()).toString())
    expect(joined.me.devices).toHaveLength(3)
    await until(other, () => other.members().length === 2)
  })
})

describe('rotated keys', () => {
  it('R7 are introduced by the device itself; the old ones count no more', async () => {
    const [alice, bob] = [await startActor('alice'), await startActor('bob')]
    const ours = await createGroup(alice.walytis, alice.keyStore, alice.identity)
    alice.groups.push(ours)
    const theirs = await join(bob, bob.identity, (await ours.invite()).toString())
    const epoch = await theirs.epochs.current()
    const before = await say(theirs, epoch.id, 'under the old key')
    await until(ours, () => ours.blockchain.has(before.id))

    await theirs.close()
    bob.groups.pop()
    await bob.identity.rotate()
    const again = await loadGroup(bob.walytis, bob.keyStore, ours.did, {
      member: bob.identity,
      peers: [addressesOf(alice)]
    })
    bob.groups.push(again)
    const rotated = async (): Promise<boolean> => {
      const kinds: string[] = []
      for await (const { kind } of ours.history()) {
        kinds.push(kind)
      }
      return kinds.includes('mirror')
    }
    await until(ours, rotated)
    const after = await say(again, epoch.id, 'under the new key')
    await until(ours, () => ours.blockchain.has(after.id))
    const [old, fresh] = [await ours.blockchain.record(before.id), await ours.blockchain.record(after.id)]
    expect(old?.block.creator.equals(fresh?.block.creator)).toBe(false)
    expect(fresh && (await ours.authorOf(fresh.block))).toBe(bob.identity.did)
    expect((await ours.blockchain.get(before.id)).revoked).toBe(false)
  })
})
