import type { AbortOptions, PeerId } from '@libp2p/interface'
import { afterEach, describe, expect, it } from 'vitest'
import { AccessDeniedError } from '../../src/errors.ts'
import type { AccessControl, Walytis } from '../../src/interface/index.ts'
import { bytes, nextEvent, TestNodes, textsOf, untilText } from '../support/nodes.ts'

const QUESTION = '/test/question/1.0.0'

/** A layer above: a peer may take part once it has answered a question on a stream of its own, until its right is taken. */
class Questioning implements AccessControl {
  readonly members = new Set<string>()
  private readonly node: Walytis
  private readonly answered = new Set<string>()

  constructor(node: Walytis) {
    this.node = node
  }

  async start(): Promise<this> {
    await this.node.libp2p.handle(QUESTION, async (stream) => {
      stream.send(bytes('yes'))
      await stream.close()
    })
    return this
  }

  keys = async (): Promise<Uint8Array[]> => [new Uint8Array(32).fill(5)]

  async authorize(peer: PeerId, options?: AbortOptions): Promise<void> {
    const stream = await this.node.libp2p.dialProtocol(peer, QUESTION, { ...options })
    for await (const part of stream) {
      this.answered.add(`${peer} ${new TextDecoder().decode(part.subarray())}`)
      break
    }
    await stream.close()
    if (!this.permits(peer)) throw new AccessDeniedError()
  }

  permits(peer: PeerId): boolean {
    return this.answered.has(`${peer} yes`) && this.members.has(peer.toString())
  }
}

describe('access control of a layer above', () => {
  const nodes = new TestNodes()
  afterEach(() => nodes.stop())

  async function start() {
    const [alice, bob] = [await nodes.start(), await nodes.start()]
    const atAlice = await new Questioning(alice).start()
    const atBob = await new Questioning(bob).start()
    atBob.members.add(alice.peerId.toString())
    const chain = await alice.create({ accessControl: atAlice })
    await chain.add(bytes('before'))
    const peers = [{ peer: alice.peerId.toString(), addresses: alice.getMultiaddrs().map(String) }]
    return { alice, bob, atAlice, atBob, chain, peers }
  }

  it('may talk to the peer by streams of its own while it makes up its mind', async () => {
    const { bob, atAlice, atBob, chain, peers } = await start()
    atAlice.members.add(bob.peerId.toString())
    const same = await bob.replicate(chain.id, { peers, accessControl: atBob })
    expect(same.settings.access).toBe('custom')
    expect(await textsOf(same)).toEqual(['before'])
    await expect(chain.invite()).rejects.toMatchObject({ name: 'AccessDeniedError' })
  })

  it('R14 ends a chain for a peer as soon as its right is gone, and lets it in again when it is back', async () => {
    const { bob, atAlice, atBob, chain, peers } = await start()
    atAlice.members.add(bob.peerId.toString())
    const same = await bob.replicate(chain.id, { peers, accessControl: atBob })
    const [left, gone] = [nextEvent(same, 'peer:left'), nextEvent(chain, 'peer:left')]
    atAlice.members.delete(bob.peerId.toString())
    await chain.add(bytes('not for bob'))
    await Promise.all([left, gone])
    expect(await textsOf(same)).toEqual(['before'])
    const refused = await same.sync()
    expect(refused.level).toBe(false)
    expect(await textsOf(same)).toEqual(['before'])

    atAlice.members.add(bob.peerId.toString())
    await chain.add(bytes('for bob again'))
    await untilText(same, 'for bob again')
    expect(await textsOf(same)).toEqual(['before', 'not for bob', 'for bob again'])
  })

  it('that refuses hands over nothing: the attempt ends when its caller ends it, and leaves no trace', async () => {
    const { bob, atBob, chain, peers } = await start()
    const attempt = bob.replicate(chain.id, { peers, accessControl: atBob, signal: AbortSignal.timeout(1_000) })
    await expect(attempt).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect(bob.open(chain.id, { accessControl: atBob })).rejects.toMatchObject({ name: 'NotFoundError' })
  })
})
