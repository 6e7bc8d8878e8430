import { afterEach, describe, expect, it } from 'vitest'
import { deviceOf } from '../../src/device.ts'
import {
  type Channel,
  createGroup,
  createIdentity,
  type Group,
  joinGroup,
  loadGroup,
  resumable
} from '../../src/index.ts'
import { type Actor, addressesOf, say, startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

const bytes = new TextEncoder().encode('across suites')
const protocol = 'test/talk'

/** An actor whose device has keys of suite 2. */
async function startStrong(name: string): Promise<Actor> {
  const actor = await startActor(name)
  await actor.identity.close()
  actor.identity = await createIdentity(actor.walytis, actor.keyStore, { suite: 2 })
  return actor
}

async function found(actor: Actor, member: Actor['identity'] | Group = actor.identity): Promise<Group> {
  const group = await createGroup(actor.walytis, actor.keyStore, member)
  actor.groups.push(group)
  return group
}

async function join(actor: Actor, invitation: { toString(): string }, member?: Group): Promise<Group> {
  const group = await joinGroup(actor.walytis, actor.keyStore, member ?? actor.identity, invitation.toString())
  actor.groups.push(group)
  return group
}

/** What comes on the next channel of the protocol. */
function nextOn(group: Group): Promise<{ text: string; device: string }> {
  return new Promise((resolve, reject) => {
    const stop = group.sessions.handle(protocol, async (channel) => {
      for await (const message of channel.messages()) {
        stop()
        resolve({ text: new TextDecoder().decode(message), device: channel.device })
      }
      reject(new RangeError('nothing came'))
    })
  })
}

async function send(from: Group, to: string): Promise<void> {
  const channel = await from.sessions.open(to as Group['did'], protocol)
  await channel.send(bytes)
  await channel.close()
}

const suiteIn = (actor: Actor): number | undefined => deviceOf(actor.identity)?.keys.suite

describe('devices of suites 1 and 2 in one group', () => {
  it('admit each other, talk, seal, sign, and put each other out', async () => {
    const [alice, bob, carol] = [await startActor('alice'), await startStrong('bob'), await startActor('carol')]
    expect([alice, bob, carol].map(suiteIn)).toEqual([1, 2, 1])
    const ours = await found(alice)
    const bobs = await join(bob, await ours.invite({ role: 'admin' }))
    const carols = await join(carol, await bobs.invite())
    await until(ours, () => ours.members().length === 3)
    await until(carols, () => carols.members().length === 3)

    for (const [from, to, actor] of [
      [ours, bobs, bob],
      [bobs, ours, alice],
      [carols, bobs, bob]
    ] as const) {
      const received = nextOn(to)
      await send(from, actor.identity.did)
      expect(await received).toEqual({ text: 'across suites', device: from.device.did })
    }
    expect(await ours.verify(bytes, await bob.identity.sign(bytes, 'x'), 'x')).toBe(true)
    const sealed = await bobs.encryptTo(bytes)
    expect(await ours.decrypt(sealed)).toEqual(bytes)

    const before = await ours.epochs.current()
    await bobs.remove(carol.identity.did)
    await until(ours, () => ours.members().length === 2)
    const after = await bobs.epochs.current()
    expect(after.id.toString()).not.toBe(before.id.toString())
    await until(ours, () => ours.epochs.held(after.id) !== undefined)
    expect(carols.epochs.held(after.id)).toBeUndefined()
    const block = await say(bobs, after.id, 'without carol')
    await until(ours, () => ours.blockchain.has(block.id))
    await ours.remove(bob.identity.did)
    expect(ours.members().map(({ did }) => did)).toEqual([alice.identity.did])
  })

  it('make a user of both, and its chats take either', async () => {
    const [laptop, phone, bob] = [await startStrong('laptop'), await startActor('phone'), await startActor('bob')]
    const alice = await found(laptop)
    const chat = await found(laptop, alice)
    const bobUser = await found(bob)
    const bobChat = await join(bob, await chat.invite(), bobUser)
    const onPhone = await join(phone, await alice.invite({ role: 'admin' }))
    await until(chat, () => chat.me.devices.length === 2)
    const phoneChat = await loadGroup(phone.walytis, phone.keyStore, chat.did, { member: onPhone })
    phone.groups.push(phoneChat)
    await until(bobChat, () => bobChat.members()[0]?.devices.length === 2)
    const block = await say(phoneChat, (await phoneChat.epochs.current()).id, 'from the phone')
    await until(bobChat, () => bobChat.blockchain.has(block.id))
    await onPhone.remove(laptop.identity.did)
    await until(bobChat, () => bobChat.members()[0]?.devices.length === 1)
    expect(bobChat.members()[0]?.devices).toEqual([phone.identity.did])
  })
})

describe('a device that moves from suite 1 to suite 2', () => {
  it('R9 goes on in its group with the new keys, while the others talk on', async () => {
    const [alice, bob, carol] = [await startActor('alice'), await startActor('bob'), await startActor('carol')]
    const ours = await found(alice)
    const bobs = await join(bob, await ours.invite({ role: 'admin' }))
    const carols = await join(carol, await ours.invite())
    await until(bobs, () => bobs.members().length === 3)
    const epoch = await ours.epochs.current()

    // alice and carol are in the middle of a talk that goes through all of it
    const talking = [resumable(ours.sessions), resumable(carols.sessions)] as const
    const heard: string[] = []
    let woken: () => void = () => undefined
    talking[1].handle(protocol, async (channel: Channel) => {
      for await (const message of channel.messages()) {
        heard.push(new TextDecoder().decode(message))
        woken()
      }
    })
    const talk = await talking[0].open(carol.identity.did, protocol)
    const spoken = async (text: string): Promise<void> => {
      const arrived = new Promise<void>((resolve) => {
        woken = resolve
      })
      await talk.send(new TextEncoder().encode(text))
      await arrived
    }
    await spoken('before')

    await bobs.close()
    bob.groups.pop()
    await bob.identity.rotate({ suite: 2 })
    expect(suiteIn(bob)).toBe(2)
    await spoken('meanwhile')
    const again = await loadGroup(bob.walytis, bob.keyStore, ours.did, {
      member: bob.identity,
      peers: [addressesOf(alice)]
    })
    bob.groups.push(again)
    const received = nextOn(ours)
    await send(again, alice.identity.did)
    expect(await received).toMatchObject({ device: bob.identity.did })
    const block = await say(again, epoch.id, 'with the new keys')
    await until(carols, () => carols.blockchain.has(block.id))
    const record = await carols.blockchain.record(block.id)
    expect(record && (await carols.authorOf(record.block))).toBe(bob.identity.did)
    await again.remove(carol.identity.did)
    await until(ours, () => ours.members().length === 2)
    expect(heard).toEqual(['before', 'meanwhile'])
    expect(await ours.epochs.entitled(carol.identity.did, (await ours.epochs.current()).id)).toBe(false)
    for (const one of talking) {
      one.stop()
    }
    // there is no way back to the weaker suite
    await expect(bob.identity.rotate({ suite: 1 })).rejects.toMatchObject({ name: 'InvalidArgumentError' })
  })
})
