import type { Stream } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { SESSION_PROTOCOL } from '../../src/constants.ts'
import type { Channel } from '../../src/interface/session.ts'
import { collect } from '../support/collect.ts'
import { bytesOf, connectNodes, groupOf, sessionNode, TableGroup, textOf } from '../support/session-nodes.ts'

const PROTOCOL = '/test/echo/1.0.0'

async function echo(channel: Channel): Promise<void> {
  for await (const message of channel.messages()) {
    await channel.send(message)
  }
}

async function pair() {
  const alice = await sessionNode()
  const bob = await sessionNode()
  await connectNodes([alice, bob])
  const [aliceGroup, bobGroup] = await groupOf('chat', [alice, bob])
  if (aliceGroup === undefined || bobGroup === undefined) {
    throw new TypeError('a group for each node')
  }
  const aliceSessions = await alice.manager.attach(aliceGroup)
  const bobSessions = await bob.manager.attach(bobGroup)
  return { alice, bob, aliceGroup, bobGroup, aliceSessions, bobSessions }
}

describe('sessions between nodes', () => {
  it('carry messages both ways and end when both have said so', async () => {
    const { bob, aliceSessions, bobSessions, alice } = await pair()
    const served = new Promise<Channel>((resolve) => {
      bobSessions.handle(PROTOCOL, async (channel) => {
        await echo(channel)
        resolve(channel)
      })
    })
    const channel = await aliceSessions.open(bob.device.did, PROTOCOL)
    expect(channel.device).toBe(bob.device.did)
    await channel.send(bytesOf('one'))
    await channel.send(bytesOf('two'))
    await channel.close()
    expect((await collect(channel.messages())).map(textOf)).toEqual(['one', 'two'])
    expect((await served).member).toBe(alice.device.did)
    expect(aliceSessions.connected()).toEqual([bob.device.did])
    expect(bobSessions.connected()).toEqual([alice.device.did])
    await expect(channel.send(bytesOf('late'))).rejects.toMatchObject({ name: 'ChannelClosedError' })
  })

  it('makes one session when both sides dial at once, and for many groups', async () => {
    const { alice, bob, aliceGroup, bobGroup } = await pair()
    const ups: string[] = []
    const more = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const [one, two] = await groupOf(`group ${index}`, [alice, bob])
        if (one === undefined || two === undefined) {
          throw new TypeError('a group for each node')
        }
        const sessions = await alice.manager.attach(one)
        sessions.watch((device, state) => ups.push(`${device} ${state}`))
        await bob.manager.attach(two)
        return [one, two] as const
      })
    )
    let handshakes = 0
    const dial = bob.walytis.libp2p.dialProtocol.bind(bob.walytis.libp2p)
    bob.walytis.libp2p.dialProtocol = (peer, protocol, options) => {
      handshakes += protocol === SESSION_PROTOCOL ? 1 : 0
      return dial(peer, protocol, options)
    }
    const found = await Promise.all([
      ...more.flatMap(([one, two]) => [alice.manager.ensure(bob.peer, one), bob.manager.ensure(alice.peer, two)]),
      alice.manager.ensure(bob.peer, aliceGroup),
      bob.manager.ensure(alice.peer, bobGroup)
    ])
    expect(new Set(found)).toEqual(new Set([alice.device.did, bob.device.did]))
    expect(handshakes).toBeLessThanOrEqual(1)
    expect(alice.manager.devicesAt(bob.peer, aliceGroup)).toEqual([bob.device.did])
    expect(bob.manager.devicesAt(alice.peer, bobGroup)).toEqual([alice.device.did])
    expect(ups).toEqual(Array.from({ length: 20 }, () => `${bob.device.did} up`))
  })

  it('tells a stranger nothing, and all refusals look alike', async () => {
    const { alice, bob, aliceGroup, bobGroup } = await pair()
    const mallory = await sessionNode()
    await connectNodes([mallory, bob])
    const unreachable = { name: 'UnreachableError' }
    const wrongKey = new TableGroup('chat', mallory.device, [new Uint8Array(32).fill(99)])
    wrongKey.members.set(bob.device.did, bob.device.did)
    await expect(mallory.manager.ensure(bob.peer, wrongKey)).rejects.toMatchObject(unreachable)
    expect(bob.manager.deviceAt(mallory.peer, bobGroup)).toBeUndefined()

    // he knows the rendezvous key but is no member: a session, and nothing on it
    const noMember = new TableGroup('chat', mallory.device)
    noMember.members.set(bob.device.did, bob.device.did)
    const sessions = await mallory.manager.attach(noMember)
    bob.manager.deviceAt(mallory.peer, bobGroup)
    await expect(sessions.open(bob.device.did, PROTOCOL)).rejects.toMatchObject(unreachable)
    expect(bob.manager.deviceAt(mallory.peer, bobGroup)).toBeUndefined()
    await expect(bob.manager.ensure(mallory.peer, bobGroup)).rejects.toMatchObject(unreachable)
    await expect(alice.manager.ensure(mallory.peer, aliceGroup)).rejects.toMatchObject(unreachable)
  })

  it('opens nothing for a protocol that nobody takes, nor with somebody who is no member', async () => {
    const { bob, aliceSessions } = await pair()
    await expect(aliceSessions.open(bob.device.did, PROTOCOL)).rejects.toMatchObject({ name: 'UnreachableError' })
    const stranger = await sessionNode()
    await expect(aliceSessions.open(stranger.device.did, PROTOCOL)).rejects.toMatchObject({ name: 'NotMemberError' })
  })

  it('R14 closes channels in the tick of a removal, before another byte', async () => {
    const { alice, bob, aliceGroup, bobGroup, aliceSessions, bobSessions } = await pair()
    bobSessions.handle(PROTOCOL, echo)
    const channel = await aliceSessions.open(bob.device.did, PROTOCOL)
    await channel.send(bytesOf('before'))
    const messages = channel.messages()[Symbol.asyncIterator]()
    expect(textOf((await messages.next()).value ?? new Uint8Array())).toBe('before')
    const states: string[] = []
    bobSessions.watch((_, state) => states.push(state))
    bobGroup.change(() => bobGroup.members.delete(alice.device.did))
    expect(states).toEqual(['down'])
    expect(bob.manager.deviceAt(alice.peer, bobGroup)).toBeUndefined()
    await expect(messages.next()).rejects.toMatchObject({ name: 'ChannelClosedError' })
    await expect(channel.send(bytesOf('after'))).rejects.toMatchObject({ name: 'ChannelClosedError' })
    expect(aliceGroup.memberOf(bob.device.did)).toBeDefined()
    await expect(aliceSessions.open(bob.device.did, PROTOCOL)).rejects.toMatchObject({ name: 'UnreachableError' })
  })

  it('lets a device in that shows it belongs to a member, and learns who answered in the same way', async () => {
    const { alice, bob, aliceGroup, bobGroup } = await pair()
    const phone = await sessionNode()
    await connectNodes([phone, bob])
    const phoneGroup = new TableGroup('chat', phone.device)
    phoneGroup.ownEvidence = [{ block: bytesOf("the phone is alice's"), content: new Uint8Array() }]
    bobGroup.ownEvidence = [{ block: bytesOf('bob is bob'), content: new Uint8Array() }]
    bobGroup.provable.set("the phone is alice's", alice.device.did)
    phoneGroup.provable.set('bob is bob', bob.device.did)
    await phone.manager.attach(phoneGroup)
    expect(await phone.manager.ensure(bob.peer, phoneGroup)).toBe(bob.device.did)
    expect(bob.manager.deviceAt(phone.peer, bobGroup)).toBe(phone.device.did)
    expect(bobGroup.memberOf(phone.device.did)).toBe(alice.device.did)
    expect(aliceGroup.presented).toBe(0)
  })

  it('gives somebody with an invitation a channel of its own, and nothing else', async () => {
    const { bob, bobGroup } = await pair()
    const carol = await sessionNode()
    await connectNodes([carol, bob])
    const key = new Uint8Array(32).fill(77)
    bobGroup.guests = [{ id: 'invitation 1', key }]
    const guests: string[] = []
    bobGroup.guest = async (channel, invitation) => {
      guests.push(invitation, channel.device)
      await echo(channel)
    }
    const request = { peer: bob.peer, group: bobGroup.did, device: carol.device, key }
    const channel = await carol.manager.openAsGuest(request)
    await channel.send(bytesOf('may I?'))
    await channel.close()
    expect((await collect(channel.messages())).map(textOf)).toEqual(['may I?'])
    expect(guests).toEqual(['invitation 1', carol.device.did])
    expect(bob.manager.deviceAt(carol.peer, bobGroup)).toBeUndefined()

    const other = { ...request, key: new Uint8Array(32).fill(78) }
    await expect(carol.manager.openAsGuest(other)).rejects.toMatchObject({ name: 'UnreachableError' })
    bobGroup.guests = []
    await expect(carol.manager.openAsGuest(request)).rejects.toMatchObject({ name: 'UnreachableError' })
  })

  it('tells when the other side vanishes, and comes back on demand', async () => {
    const { alice, bob, aliceSessions, bobSessions } = await pair()
    bobSessions.handle(PROTOCOL, echo)
    const channel = await aliceSessions.open(bob.device.did, PROTOCOL)
    const states: string[] = []
    const down = new Promise<void>((resolve) => {
      aliceSessions.watch((_, state) => {
        states.push(state)
        if (state === 'down') {
          resolve()
        }
      })
    })
    const ended = collect(channel.messages())
    for (const connection of alice.walytis.libp2p.getConnections(bob.peer)) {
      connection.abort(new TypeError('the cable was cut'))
    }
    await expect(ended).rejects.toMatchObject({ name: 'ChannelClosedError' })
    await down
    await connectNodes([alice, bob])
    const again = await aliceSessions.open(bob.device.did, PROTOCOL)
    await again.send(bytesOf('back'))
    await again.close()
    expect((await collect(again.messages())).map(textOf)).toEqual(['back'])
    expect(states).toEqual(['down', 'up'])
  })

  it('R27 a frame that somebody injects ends the session, and nothing of it is delivered', async () => {
    const { alice, bob, aliceSessions, bobSessions } = await pair()
    const streams: Stream[] = []
    const dial = alice.walytis.libp2p.dialProtocol.bind(alice.walytis.libp2p)
    alice.walytis.libp2p.dialProtocol = async (peer, protocol, options) => {
      const stream = await dial(peer, protocol, options)
      streams.push(stream)
      return stream
    }
    const delivered: string[] = []
    const broken = new Promise<unknown>((resolve) => {
      bobSessions.handle(PROTOCOL, async (channel) => {
        try {
          for await (const message of channel.messages()) {
            delivered.push(textOf(message))
            await channel.send(message)
          }
        } catch (error) {
          resolve(error)
          throw error
        }
      })
    })
    const channel = await aliceSessions.open(bob.device.did, PROTOCOL)
    await channel.send(bytesOf('genuine'))
    const answers = channel.messages()[Symbol.asyncIterator]()
    expect(textOf((await answers.next()).value ?? new Uint8Array())).toBe('genuine')

    const forged = new Uint8Array(4 + 40).fill(9)
    forged.set([0, 0, 0, 40])
    streams.at(-1)?.send(forged)
    expect(await broken).toMatchObject({ name: 'ChannelClosedError', reason: 'a frame does not open' })
    await expect(answers.next()).rejects.toMatchObject({ name: 'ChannelClosedError' })
    expect(bobSessions.connected()).toEqual([])
    expect(delivered).toEqual(['genuine'])
    await expect(channel.send(bytesOf('late'))).rejects.toMatchObject({ name: 'ChannelClosedError' })
  })

  it('stops a sender whose receiver does not read', async () => {
    const { bob, aliceSessions, bobSessions } = await pair()
    const release = Promise.withResolvers<void>()
    const received: number[] = []
    const done = new Promise<void>((resolve) => {
      bobSessions.handle(PROTOCOL, async (channel) => {
        await release.promise
        for await (const message of channel.messages()) {
          received.push(message.length)
        }
        resolve()
      })
    })
    const channel = await aliceSessions.open(bob.device.did, PROTOCOL)
    const large = new Uint8Array(1024 * 1024)
    let sent = 0
    const sending = (async () => {
      for (; sent < 16; sent++) {
        await channel.send(large)
      }
      await channel.close()
    })()
    const stalled = await Promise.race([sending.then(() => 'sent all'), waitForStall(() => sent)])
    expect(stalled).toBe('stalled')
    expect(sent).toBeLessThan(8)
    release.resolve()
    await sending
    await done
    expect(received).toEqual(Array.from({ length: 16 }, () => large.length))
    await expect(channel.send(new Uint8Array(1024 * 1024 + 1))).rejects.toMatchObject({ name: 'LimitExceededError' })
  })
})

/** Resolves once a counter has not moved for many turns of the event loop. */
async function waitForStall(count: () => number): Promise<'stalled'> {
  let last = -1
  while (last !== count()) {
    last = count()
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return 'stalled'
}
