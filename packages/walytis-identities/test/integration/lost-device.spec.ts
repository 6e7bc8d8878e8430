import { afterEach, describe, expect, it } from 'vitest'
import {
  createGroup,
  createIdentity,
  type Group,
  joinGroup,
  loadGroup,
  loadIdentity,
  safetyNumber
} from '../../src/index.ts'
import { type Actor, addressesOf, resume, say, startActor, stopActors, until } from './actors.ts'

afterEach(stopActors)

/** Alice with a laptop and a phone, Bob, and a chat of theirs at each of the three. */
async function aliceAndBob(): Promise<Record<'laptop' | 'phone' | 'bob', { actor: Actor; user: Group; chat: Group }>> {
  const [laptop, phone, bob] = [await startActor('laptop'), await startActor('phone'), await startActor('bob')]
  const keep = (actor: Actor, group: Group): Group => {
    actor.groups.push(group)
    return group
  }
  const alice = keep(laptop, await createGroup(laptop.walytis, laptop.keyStore, laptop.identity))
  const link = (await alice.invite({ role: 'admin', uses: 2 })).toString()
  const onPhone = keep(phone, await joinGroup(phone.walytis, phone.keyStore, phone.identity, link))
  const chat = keep(laptop, await createGroup(laptop.walytis, laptop.keyStore, alice))
  await until(chat, () => chat.me.devices.length === 2)
  const bobUser = keep(bob, await createGroup(bob.walytis, bob.keyStore, bob.identity))
  const invitation = (await chat.invite()).toString()
  const bobChat = keep(bob, await joinGroup(bob.walytis, bob.keyStore, bobUser, invitation))
  const phoneChat = keep(phone, await loadGroup(phone.walytis, phone.keyStore, chat.did, { member: onPhone }))
  await until(phoneChat, () => phoneChat.members().length === 2)
  await until(bobChat, () => bobChat.members()[0]?.devices.length === 2)
  return {
    laptop: { actor: laptop, user: alice, chat },
    phone: { actor: phone, user: onPhone, chat: phoneChat },
    bob: { actor: bob, user: bobUser, chat: bobChat }
  }
}

const numberIn = (chat: Group): string => {
  const [one, two] = chat.members()
  return one === undefined || two === undefined ? '' : safetyNumber(one, two).digits
}

describe('a lost device', () => {
  it('R19 F14 shows at all own devices and in the safety number; whatever it tries, it gets nothing', async () => {
    const { laptop, phone, bob } = await aliceAndBob()
    const before = numberIn(bob.chat)
    const old = await phone.chat.epochs.current()
    expect(numberIn(laptop.chat)).toBe(before)
    const told = new Promise<string[]>((resolve) => {
      bob.chat.addEventListener('members:changed', ({ detail }) => resolve(detail.devicesRemoved), { once: true })
    })
    await laptop.user.remove(phone.actor.identity.did)
    expect(await told).toEqual([phone.actor.identity.did])
    await until(laptop.chat, () => laptop.chat.me.devices.length === 1)
    const after = numberIn(bob.chat)
    expect(after).not.toBe(before)
    expect(numberIn(laptop.chat)).toBe(after)

    const epoch = await laptop.chat.epochs.current()
    const secret = await say(laptop.chat, epoch.id, 'after the removal')
    await until(bob.chat, () => bob.chat.blockchain.has(secret.id))
    const victims = [laptop.actor, bob.actor]
    const protocols = [
      'walytis-identities/keys',
      'walytis-identities/leave',
      `walytis-identities/enter/${laptop.chat.did}`,
      'any/other'
    ]
    for (const victim of victims) {
      for (const [group, device] of [
        [phone.chat, victim.identity.did],
        [phone.user, victim.identity.did]
      ] as const) {
        for (const protocol of protocols) {
          const attempt = async (): Promise<unknown[]> => {
            const channel = await group.sessions.open(device, protocol, { signal: AbortSignal.timeout(3000) })
            const answers: unknown[] = []
            for await (const answer of channel.messages()) {
              answers.push(answer)
            }
            return answers
          }
          await expect(attempt(), `${victim.name} ${protocol}`).rejects.toThrow()
        }
      }
    }
    await phone.chat.blockchain.addPeers(victims.map(addressesOf))
    const { level } = await phone.chat.blockchain
      .sync({ signal: AbortSignal.timeout(1500) })
      .catch(() => ({ level: false }))
    expect(level).toBe(false)
    expect(await phone.chat.blockchain.has(secret.id)).toBe(false)
    expect(phone.chat.epochs.held(epoch.id)).toBeUndefined()
    const heads = String(await bob.chat.blockchain.heads())
    const forged = await say(phone.chat, old.id, 'forged')
    await phone.chat.blockchain.sync({ signal: AbortSignal.timeout(1500) }).catch(() => undefined)
    expect(String(await bob.chat.blockchain.heads())).toBe(heads)
    expect(await bob.chat.blockchain.has(forged.id)).toBe(false)
  })

  it('F13 R17 a device that was off for ten rotations gets all keys from somebody who rotated none', async () => {
    const { laptop, phone, bob } = await aliceAndBob()
    await phone.actor.stop()
    const texts: string[] = []
    for (let turn = 0; turn < 10; turn++) {
      await laptop.chat.rotate()
      const epoch = await laptop.chat.epochs.current()
      texts.push((await say(laptop.chat, epoch.id, `key ${turn}`)).id.toString())
    }
    const latest = await laptop.chat.epochs.current()
    await until(bob.chat, () => bob.chat.epochs.held(latest.id) !== undefined)
    await laptop.actor.stop()

    await resume(phone.actor)
    const { walytis, keyStore } = phone.actor
    const user = await loadGroup(walytis, keyStore, phone.user.did, { member: phone.actor.identity })
    phone.actor.groups.push(user)
    const back = await loadGroup(walytis, keyStore, phone.chat.did, { member: user, peers: [addressesOf(bob.actor)] })
    phone.actor.groups.push(back)
    await until(back, () => back.epochs.held(latest.id) !== undefined)
    for (const id of texts) {
      const record = await back.blockchain.get(id)
      expect(record.revoked).toBe(false)
    }
    const block = await say(back, (await back.epochs.current()).id, 'back from the plane')
    await until(bob.chat, () => bob.chat.blockchain.has(block.id))
  })
})

describe('the recovery member', () => {
  it('lets a new device in and puts the founding one out', async () => {
    const [old, fresh] = [await startActor('old'), await startActor('fresh')]
    const paper = await createIdentity(old.walytis, old.keyStore)
    const user = await createGroup(old.walytis, old.keyStore, old.identity, { recovery: paper })
    expect(user.members().map(({ did, role }) => [did, role])).toEqual([
      [paper.did, 'admin'],
      [old.identity.did, 'admin']
    ])
    await user.close()
    await paper.close()

    const again = await loadIdentity(old.walytis, old.keyStore, paper.did)
    const recovered = await loadGroup(old.walytis, old.keyStore, user.did, { member: again })
    const link = (await recovered.invite({ role: 'admin' })).toString()
    const onFresh = await joinGroup(fresh.walytis, fresh.keyStore, fresh.identity, link)
    fresh.groups.push(onFresh)
    await recovered.remove(old.identity.did)
    await until(onFresh, () => onFresh.members().length === 2)
    expect(onFresh.members().map(({ did }) => did)).toEqual([paper.did, fresh.identity.did])
    await until(onFresh, async () => (await onFresh.epochs.current()) !== undefined)
    const block = await say(onFresh, (await onFresh.epochs.current()).id, 'recovered')
    await until(recovered, () => recovered.blockchain.has(block.id))
    await recovered.close()
    await again.close()
  })
})
