import { CID } from 'multiformats/cid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Epoch } from 'walytis-identities'
import { EXCHANGE_PROTOCOL } from '../../src/constants.ts'
import { openContent } from '../../src/envelope/open.ts'
import { encodeMessage } from '../../src/exchange/messages.ts'
import { bindingOf } from '../../src/reference/binding.ts'
import { decodeReference, type Reference } from '../../src/reference/format.ts'
import { arrival, bytes, Cast, type Member, texts } from './members.ts'
import { envelopeOf } from './stored.ts'

let cast: Cast
let alice: Member
let bob: Member
let carol: Member

beforeEach(async () => {
  cast = new Cast()
  alice = await cast.founder('alice')
  bob = await cast.joiner('bob', alice)
  carol = await cast.joiner('carol', alice)
  await alice.chain.add(bytes('to all'))
  await Promise.all([arrival(bob, 'to all'), arrival(carol, 'to all')])
})
afterEach(async () => {
  await cast.end()
})

/** Alice removes Bob and writes on; Carol has got it. */
async function removeBobAndWrite(): Promise<{ id: CID; reference: Reference; envelope: Uint8Array }> {
  await alice.group.remove(bob.identity.did)
  const { id } = await alice.chain.add(bytes('without bob'), { topics: ['secret'] })
  await arrival(carol, 'without bob')
  const record = await alice.group.blockchain.record(id)
  const decoded = decodeReference(record?.content ?? new Uint8Array())
  if (!decoded.ok) throw new TypeError(decoded.rule)
  return { id, reference: decoded.reference, envelope: await envelopeOf(alice, id) }
}

describe('a removed member', () => {
  it('R13 can not open what is written later with any key that it has', async () => {
    const before = (await bob.group.epochs.current()).id
    const { reference, envelope } = await removeBobAndWrite()
    expect(reference.epoch.equals(before)).toBe(false)
    expect(bob.group.epochs.held(reference.epoch)).toBe(undefined)
    await expect(bob.group.epochs.get(reference.epoch, { signal: AbortSignal.timeout(500) })).rejects.toMatchObject({
      name: 'KeyUnavailableError'
    })
    const creator = alice.group.blockchain.writer?.creator
    if (creator === undefined) throw new TypeError('alice can not write')
    const place = bindingOf(CID.parse(alice.chain.id), creator)
    const details = { size: 'without bob'.length, topics: ['secret'] }
    const opens = (epoch: Epoch | undefined) =>
      epoch !== undefined && openContent(envelope, reference, details, place, epoch).ok
    expect(opens(carol.group.epochs.held(reference.epoch))).toBe(true)
    let tried = 0
    for await (const { block } of bob.group.blockchain.records()) {
      const held = bob.group.epochs.held(block.id)
      if (held === undefined) continue
      tried++
      // Also when it is passed off as the new one.
      expect(opens(held)).toBe(false)
      expect(opens({ id: reference.epoch, secret: held.secret.bind(held) })).toBe(false)
    }
    expect(tried).toBeGreaterThan(0)
  })

  it('R14 is given neither blocks nor contents by anybody, by no protocol', async () => {
    const open = await bob.group.sessions.open(alice.identity.did, EXCHANGE_PROTOCOL)
    const { id, envelope } = await removeBobAndWrite()
    const want = encodeMessage({ kind: 'want', blocks: [id] })
    const heard: Uint8Array[] = []

    // By a channel from before.
    await open.send(want).catch(() => undefined)
    const listening = (async () => {
      for await (const frame of open.messages()) heard.push(frame)
    })().catch(() => undefined)
    // By a new one.
    for (const member of [alice, carol]) {
      await expect(
        bob.group.sessions.open(member.identity.did, EXCHANGE_PROTOCOL, { signal: AbortSignal.timeout(3000) })
      ).rejects.toThrow()
    }
    // By sync.
    await bob.chain.sync({ signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    expect(await bob.group.blockchain.has(id)).toBe(false)
    // By every protocol that Alice's node speaks, in its plainest words.
    for (const protocol of alice.walytis.libp2p.getProtocols()) {
      const stream = await bob.walytis.libp2p.dialProtocol(alice.walytis.libp2p.getMultiaddrs(), protocol)
      stream.addEventListener('message', ({ data }) => heard.push(data.subarray()))
      stream.send(want)
      await stream.close({ signal: AbortSignal.timeout(300) }).catch((error: Error) => stream.abort(error))
    }
    await listening
    expect(open.closed).toBe(true)
    const holds = (part: Uint8Array) => heard.some((frame) => Buffer.from(frame).includes(part))
    expect(holds(envelope.subarray(0, 101))).toBe(false)
    expect(holds(envelope.subarray(-100))).toBe(false)
    expect(await bob.chain.has(id)).toBe(false)
  })

  it('R15 is heard by nobody, whether it knows of its removal or not', async () => {
    await removeBobAndWrite()
    await bob.chain.add(bytes('still here?'), { signal: AbortSignal.timeout(3000) }).catch(() => undefined)
    await bob.chain.sync({ signal: AbortSignal.timeout(1000) }).catch(() => undefined)
    await carol.chain.add(bytes('carol goes on'))
    await arrival(alice, 'carol goes on')
    for (const member of [alice, carol]) {
      expect(await texts(member.chain)).toEqual(['to all', 'without bob', 'carol goes on'])
    }
  })
})
