import { afterEach, describe, expect, it } from 'vitest'
import { createGroup, type Group, joinGroup, loadGroup } from '../../src/index.ts'
import { type Actor, startActor, stopActors, until } from './actors.ts'

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
})
