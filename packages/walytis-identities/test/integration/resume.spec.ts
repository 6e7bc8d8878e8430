import { describe, expect, it } from 'vitest'
import { SESSION_PROTOCOL } from '../../src/constants.ts'
import type { Channel } from '../../src/interface/session.ts'
import { resumable } from '../../src/session/resumable.ts'
import { collect } from '../support/collect.ts'
import { bytesOf, connectNodes, groupOf, type SessionNode, sessionNode, textOf } from '../support/session-nodes.ts'

const PROTOCOL = '/test/resume/1.0.0'

async function pair() {
  const alice = await sessionNode()
  const bob = await sessionNode()
  await connectNodes([alice, bob])
  const [aliceGroup, bobGroup] = await groupOf('chat', [alice, bob])
  if (aliceGroup === undefined || bobGroup === undefined) {
    throw new TypeError('a group for each node')
  }
  const aliceSessions = resumable(await alice.manager.attach(aliceGroup))
  const bobSessions = resumable(await bob.manager.attach(bobGroup))
  return { alice, bob, aliceGroup, bobGroup, aliceSessions, bobSessions }
}

/** Break all connections between two nodes, as a network does: without a word. */
async function drop(one: SessionNode, two: SessionNode): Promise<void> {
  for (const connection of one.walytis.libp2p.getConnections(two.peer)) {
    connection.abort(new RangeError('the network is gone'))
  }
}

function handshakesOf({ walytis: { libp2p } }: SessionNode): () => number {
  let count = 0
  const dial = libp2p.dialProtocol.bind(libp2p)
  libp2p.dialProtocol = (peer, protocol, options) => {
    count += protocol === SESSION_PROTOCOL ? 1 : 0
    return dial(peer, protocol, options)
  }
  return () => count
}

describe('resumable channels between nodes', () => {
  it('F5 lose and repeat nothing when the connection drops again and again, and each time have new keys', async () => {
    const { alice, bob, aliceSessions, bobSessions } = await pair()
    const handshakes = handshakesOf(alice)
    const there: string[] = []
    const served = new Promise<void>((resolve, reject) => {
      bobSessions.handle(PROTOCOL, async (channel: Channel) => {
        try {
          for await (const message of channel.messages()) {
            there.push(textOf(message))
            await channel.send(message)
          }
          resolve()
        } catch (error) {
          reject(error)
        }
      })
    })
    const channel = await aliceSessions.open(bob.device.did, PROTOCOL)
    const back: string[] = []
    const echoed = (async () => {
      for await (const message of channel.messages()) {
        back.push(textOf(message))
        if (back.length % 100 === 50) {
          await drop(alice, bob)
        }
      }
    })()
    const sent = Array.from({ length: 400 }, (_, index) => `message ${index}`)
    for (const text of sent) {
      await channel.send(bytesOf(text))
    }
    await channel.close()
    await Promise.all([echoed, served])
    expect(there).toEqual(sent)
    expect(back).toEqual(sent)
    expect(handshakes()).toBeGreaterThanOrEqual(4)
  })

  it('R14 go on with nobody who was removed while the connection was down', async () => {
    const { alice, bob, aliceGroup, bobGroup, aliceSessions, bobSessions } = await pair()
    const got: string[] = []
    bobSessions.handle(PROTOCOL, async (channel) => {
      for await (const message of channel.messages()) {
        got.push(textOf(message))
        await channel.send(message)
      }
    })
    const channel = await aliceSessions.open(bob.device.did, PROTOCOL)
    await channel.send(bytesOf('before'))
    const messages = channel.messages()[Symbol.asyncIterator]()
    expect(textOf((await messages.next()).value ?? new Uint8Array())).toBe('before')
    bobGroup.change(() => bobGroup.members.delete(alice.device.did))
    aliceGroup.change(() => aliceGroup.members.delete(bob.device.did))
    await channel.send(bytesOf('after')).catch(() => undefined)
    await expect(messages.next()).rejects.toMatchObject({ name: 'ChannelClosedError' })
    expect(got).toEqual(['before'])
    bobSessions.stop()
    await expect(collect(channel.messages())).rejects.toMatchObject({ name: 'ChannelClosedError' })
  })
})
