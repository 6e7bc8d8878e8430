import { afterEach, describe, expect, it } from 'vitest'
import { createGroup, type Group, joinGroup, loadGroup } from '../../src/index.ts'
import { parseInvitation, TextInvitation } from '../../src/members/invite.ts'
import { type Actor, addressesOf, resume, startActor, stopActors, until } from './actors.ts'

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
