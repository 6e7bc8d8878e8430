/** Small messages between two devices: over a channel of a session, over a resumable one, and over a bare libp2p stream. */
import { randomBytes } from 'node:crypto'
import { lpStream } from '@libp2p/utils'
import { createWalytis, type Walytis } from 'walytis'
import {
  createGroup,
  createIdentity,
  type Group,
  joinGroup,
  openKeyStore,
  resumable,
  type Sessions
} from 'walytis-identities'
import { compare, interleave, type Line } from './harness.ts'
import { local } from './local.ts'

const protocol = '/bench/messages/1.0.0'
const count = 5000
const message = randomBytes(256)

/** Messages per second from the first `send` until the other side has them all. Both ends share this process. */
export async function measureSessions(): Promise<Line[]> {
  await using alice = await device()
  await using bob = await device()
  const group = await createGroup(alice.node, alice.keyStore, alice.identity)
  const same = await joinGroup(bob.node, bob.keyStore, bob.identity, (await group.invite()).toString())
  const [ours, theirs] = [resumable(group.sessions), resumable(same.sessions)]
  const plain = await overSessions(group.sessions, same.sessions, same)
  const resuming = await overSessions(ours, theirs, same)
  const bare = await overStream(alice.node, bob.node)
  const values = await interleave({ plain, resuming, bare }, { rounds: 5 })
  ours.stop()
  theirs.stop()
  await group.close()
  await same.close()
  const yardstick = 'bare stream with noise, same framing'
  return [
    compare('256-byte messages over a channel', '/s', values.plain, values.bare, yardstick, { atLeast: 0.5 }),
    compare('256-byte messages over a resumable channel', '/s', values.resuming, values.bare, yardstick, {
      atLeast: 0.5
    })
  ]
}

async function device() {
  const node = await createWalytis(local)
  const keyStore = await openKeyStore({ storage: node.store, key: randomBytes(32) })
  const identity = await createIdentity(node, keyStore)
  return { node, keyStore, identity, [Symbol.asyncDispose]: () => node.stop() }
}

async function overSessions(from: Sessions, to: Sessions, other: Group): Promise<() => Promise<number>> {
  const arrivals = counter()
  to.handle(protocol, async (channel) => {
    for await (const _ of channel.messages()) arrivals.add()
  })
  const channel = await from.open(other.device.did, protocol)
  return () => timed(arrivals, () => channel.send(message))
}

async function overStream(from: Walytis, to: Walytis): Promise<() => Promise<number>> {
  const arrivals = counter()
  await to.libp2p.handle(protocol, async (stream) => {
    const frames = lpStream(stream)
    try {
      for (;;) {
        await frames.read()
        arrivals.add()
      }
    } catch (error) {
      // the other side is done: the only way in which this loop ends
      if (stream.status === 'open') throw error
    }
  })
  const frames = lpStream(await from.libp2p.dialProtocol(to.peerId, protocol))
  return () => timed(arrivals, () => frames.write(message))
}

function counter() {
  let seen = 0
  let wanted = Number.POSITIVE_INFINITY
  let done = (): void => undefined
  return {
    add(): void {
      if (++seen === wanted) done()
    },
    /** Resolves after `more` further ones. */
    next(more: number): Promise<void> {
      wanted = seen + more
      return new Promise((resolve) => {
        done = resolve
      })
    }
  }
}

async function timed(arrivals: ReturnType<typeof counter>, send: () => Promise<unknown>): Promise<number> {
  const arrived = arrivals.next(count)
  const began = performance.now()
  for (let index = 0; index < count; index++) await send()
  await arrived
  return (count * 1000) / (performance.now() - began)
}
