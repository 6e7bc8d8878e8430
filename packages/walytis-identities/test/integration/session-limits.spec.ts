import { describe, expect, it } from 'vitest'
import { SESSION_PROTOCOL } from '../../src/constants.ts'
import { FramedStream } from '../../src/session/framed-stream.ts'
import { connectNodes, groupOf, sessionNode, TableGroup } from '../support/session-nodes.ts'

describe('sessions under attack', () => {
  it('F16 lets go of a handshake that goes silent, and takes only a few at once from one peer', async () => {
    const bob = await sessionNode({ handshakeTime: 2000, pendingPerPeer: 2 })
    const mallory = await sessionNode()
    const alice = await sessionNode()
    await connectNodes([mallory, bob])
    await connectNodes([alice, bob])
    const [aliceGroup, bobGroup] = await groupOf('chat', [alice, bob])
    if (aliceGroup === undefined || bobGroup === undefined) {
      throw new TypeError('a group for each node')
    }
    await bob.manager.attach(bobGroup)
    const open = async () => {
      const stream = await mallory.walytis.libp2p.dialProtocol(bob.peer, SESSION_PROTOCOL)
      return new FramedStream(stream, 1024)
    }
    const silent = [await open(), await open()]
    const ends = silent.map((stream) => stream.read().then(String, (error: Error) => error.name))
    const third = await open()
    // the third is reset at once, while the first two still wait
    await expect(third.read()).rejects.toMatchObject({ name: 'ChannelClosedError' })
    expect(await Promise.race([...ends, Promise.resolve('waiting')])).toBe('waiting')
    expect(await alice.manager.ensure(bob.peer, aliceGroup)).toBe(bob.device.did)
    expect(await Promise.all(ends)).toEqual(['ChannelClosedError', 'ChannelClosedError'])

    const knowing = new TableGroup('chat', mallory.device)
    knowing.members.set(bob.device.did, bob.device.did)
    bobGroup.members.set(mallory.device.did, mallory.device.did)
    expect(await mallory.manager.ensure(bob.peer, knowing)).toBe(bob.device.did)
  })

  it('refuses a device whose evidence lacks the latest rotation that is known', async () => {
    const alice = await sessionNode()
    const bob = await sessionNode()
    await connectNodes([alice, bob])
    const [aliceGroup, bobGroup] = await groupOf('chat', [alice, bob])
    if (aliceGroup === undefined || bobGroup === undefined) {
      throw new TypeError('a group for each node')
    }
    bobGroup.latest.set(alice.device.did, 'a rotation that the evidence does not contain')
    await bob.manager.attach(bobGroup)
    await alice.manager.attach(aliceGroup)
    const unreachable = { name: 'UnreachableError' }
    await expect(alice.manager.ensure(bob.peer, aliceGroup)).rejects.toMatchObject(unreachable)
    await expect(bob.manager.ensure(alice.peer, bobGroup)).rejects.toMatchObject(unreachable)
    bobGroup.latest.set(alice.device.did, alice.device.did.slice('did:walytis:'.length))
    expect(await alice.manager.ensure(bob.peer, aliceGroup)).toBe(bob.device.did)
  })

  it('makes a new session when the other side has forgotten the old one', async () => {
    const alice = await sessionNode()
    const bob = await sessionNode()
    await connectNodes([alice, bob])
    const [aliceGroup, bobGroup] = await groupOf('chat', [alice, bob])
    if (aliceGroup === undefined || bobGroup === undefined) {
      throw new TypeError('a group for each node')
    }
    const sessions = await alice.manager.attach(aliceGroup)
    await bob.manager.attach(bobGroup)
    await alice.manager.ensure(bob.peer, aliceGroup)
    const down = new Promise<string>((resolve) => {
      sessions.watch((device, state) => state === 'down' && resolve(device))
    })
    await bob.manager.stop()
    expect(await down).toBe(bob.device.did)
    await expect(alice.manager.ensure(bob.peer, aliceGroup)).rejects.toMatchObject({ name: 'UnreachableError' })
    await bob.manager.attach(bobGroup)
    expect(await alice.manager.ensure(bob.peer, aliceGroup)).toBe(bob.device.did)
  })

  it('gives up when its caller does', async () => {
    const alice = await sessionNode()
    const bob = await sessionNode()
    await connectNodes([alice, bob])
    const [aliceGroup] = await groupOf('chat', [alice, bob])
    if (aliceGroup === undefined) {
      throw new TypeError('a group for each node')
    }
    // somebody who takes the stream and never answers
    await bob.walytis.libp2p.handle(SESSION_PROTOCOL, () => undefined)
    const controller = new AbortController()
    const attempt = alice.manager.ensure(bob.peer, aliceGroup, { signal: controller.signal })
    controller.abort()
    await expect(attempt).rejects.toMatchObject({ name: 'AbortError' })
  })
})
