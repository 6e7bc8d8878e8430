import type { CID } from 'multiformats/cid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EXCHANGE_PROTOCOL } from '../../src/constants.ts'
import { decodeMessage, encodeMessage } from '../../src/exchange/messages.ts'
import { privately } from '../../src/index.ts'
import { idOf } from '../support/places.ts'
import { arrival, bytes, Cast, event, type Member, met, stop, textOf, texts } from './members.ts'
import { envelopeOf, loseEnvelope } from './stored.ts'

let cast: Cast
beforeEach(() => {
  cast = new Cast()
})
afterEach(async () => {
  await cast.end()
})

/** What a member's private chain answers to requests over a channel, one after the other. */
async function answers(asking: Member, asked: Member, requests: CID[][]): Promise<Uint8Array[]> {
  const channel = await asking.group.sessions.open(asked.identity.did, EXCHANGE_PROTOCOL)
  const given: Uint8Array[] = []
  const next = async (): Promise<void> => {
    const blocks = requests[given.length]
    if (blocks !== undefined) await channel.send(encodeMessage({ kind: 'want', blocks }))
  }
  await next()
  for await (const frame of channel.messages()) {
    const decoded = decodeMessage(frame)
    if (!decoded.ok || decoded.message.kind !== 'give') continue
    given.push(frame)
    await next()
    if (given.length === requests.length) break
  }
  await channel.close()
  return given
}

describe('members', () => {
  it('come to have what others write, tell who wrote it, and acknowledge it', async () => {
    const alice = await cast.founder('alice')
    const bob = await cast.joiner('bob', alice)
    const carol = await cast.joiner('carol', alice)
    const block = await bob.chain.add(bytes('hello'), { topics: ['greeting'] })
    for (const member of [alice, carol]) {
      const received = await arrival(member, 'hello')
      expect(received.author).toBe(bob.identity.did)
      expect(received.topics).toEqual(['greeting'])
      expect(received.size).toBe(5)
      expect(received.verified).toBe(true)
    }
    await expect
      .poll(() => [...bob.chain.holders(block)].sort(), { timeout: 30_000 })
      .toEqual([alice, carol].map((m) => m.identity.did).sort())
  })

  it('get what was written while they were away from whoever has it, the author being gone', async () => {
    const alice = await cast.founder('alice')
    const bob = await cast.joiner('bob', alice)
    const carol = await cast.joiner('carol', alice)
    await alice.chain.add(bytes('before'))
    await Promise.all([arrival(bob, 'before'), arrival(carol, 'before'), met(bob, carol)])
    await stop(carol)
    for (let n = 1; n <= 20; n++) await alice.chain.add(bytes(`while away ${n}`))
    await arrival(bob, 'while away 20')
    await stop(alice)
    const back = await cast.restart(carol)
    await arrival(back, 'while away 20')
    await expect.poll(async () => await back.chain.count()).toBe(21)
    expect(await texts(back.chain)).toEqual(['before', ...Array.from({ length: 20 }, (_, n) => `while away ${n + 1}`)])
  })

  it('take contents of the largest size', async () => {
    const alice = await cast.founder('alice')
    const bob = await cast.joiner('bob', alice)
    const content = 'x'.repeat(256 * 1024)
    const added = event(bob.chain, 'block:added')
    await alice.chain.add(bytes(content))
    expect((await textOf((await added).detail.block)) === content).toBe(true)
  })

  it('who join a group that shares its history read all of it; others read from there on', async () => {
    for (const history of ['shared', 'from-join'] as const) {
      const alice = await cast.founder('alice', history)
      const early = await alice.chain.add(bytes('early'), { topics: ['old'] })
      const bob = await cast.joiner('bob', alice)
      await alice.chain.add(bytes('late'))
      await arrival(bob, 'late')
      await bob.chain.sync()
      if (history === 'shared') await arrival(bob, 'early')
      expect(await texts(bob.chain)).toEqual(history === 'shared' ? ['early', 'late'] : ['late'])
      expect(await bob.chain.count({ topics: { all: ['old'] } })).toBe(history === 'shared' ? 1 : 0)
      const seen = await bob.chain.get(early.id)
      expect(seen.available).toBe(history === 'shared')
      if (history === 'from-join') {
        await expect(seen.content({ signal: AbortSignal.timeout(200) })).rejects.toThrow()
      }
    }
  })
})

describe('a content that is missing', () => {
  it('R36 holds up no other, shows as such, and is taken when it comes', async () => {
    const alice = await cast.founder('alice', 'shared')
    const lost = await alice.chain.add(bytes('lost'))
    const envelope = await envelopeOf(alice, lost.id)
    await alice.chain.add(bytes('second'))
    await loseEnvelope(alice, lost.id)
    const bob = await cast.joiner('bob', alice)
    await arrival(bob, 'second')
    await alice.chain.add(bytes('third'))
    await arrival(bob, 'third')
    const states: [string, boolean][] = []
    for await (const block of bob.chain.blocks()) states.push([block.id.toString(), block.available])
    expect(states.map(([, available]) => available)).toEqual([false, true, true])
    const shown = await bob.chain.get(lost.id)
    const waiting = shown.content()
    const available = event(bob.chain, 'content:available')
    const added = event(bob.chain, 'block:added')

    const channel = await alice.group.sessions.open(bob.identity.did, EXCHANGE_PROTOCOL)
    await channel.send(encodeMessage({ kind: 'give', items: [{ block: lost.id, envelope }], missing: [] }))
    expect(new TextDecoder().decode(await waiting)).toBe('lost')
    expect((await available).detail.block.id.equals(lost.id)).toBe(true)
    expect((await added).detail.block.id.equals(lost.id)).toBe(true)
    expect(shown.available).toBe(true)
    expect(await texts(bob.chain)).toEqual(['lost', 'second', 'third'])
  })

  it('is wanted again after a restart', async () => {
    const alice = await cast.founder('alice')
    const bob = await cast.joiner('bob', alice)
    const block = await alice.chain.add(bytes('hello'))
    await arrival(bob, 'hello')
    await bob.chain.close()
    await loseEnvelope(bob, block.id)
    const again = await cast.restart(bob)
    expect(await textOf(await again.chain.get(block.id))).toBe('hello')
  })
})

describe('a member that serves wrong bytes', () => {
  it('R29 is found out, penalised, and does not keep the right bytes away', async () => {
    const alice = await cast.founder('alice')
    const bob = await cast.joiner('bob', alice)
    const carol = await cast.joiner('carol', alice)
    await met(bob, carol)
    await carol.chain.close()
    await bob.chain.close()
    const block = await alice.chain.add(bytes('true words'))
    const right = await envelopeOf(alice, block.id)
    const wrong = Uint8Array.from(right)
    wrong[200] = (wrong[200] ?? 0) ^ 1
    await expect.poll(async () => await carol.group.blockchain.has(block.id)).toBe(true)
    await alice.chain.close()

    let asked = 0
    bob.group.sessions.handle(EXCHANGE_PROTOCOL, async (channel) => {
      for await (const frame of channel.messages()) {
        const decoded = decodeMessage(frame)
        if (!decoded.ok || decoded.message.kind !== 'want') continue
        asked++
        await channel.send(encodeMessage({ kind: 'give', items: [{ block: block.id, envelope: wrong }], missing: [] }))
      }
    })
    const chain = await privately(carol.group)
    const penalised = await event(chain, 'device:penalised')
    expect(penalised.detail).toMatchObject({ device: bob.identity.did, rule: 'envelope-root' })
    expect(asked).toBeGreaterThan(0)
    expect((await chain.get(block.id)).available).toBe(false)

    const back = await privately(alice.group)
    expect(await textOf(await chain.get(block.id))).toBe('true words')
    expect(await envelopeOf({ ...carol, chain }, block.id)).toEqual(right)
    await Promise.all([chain.close(), back.close()])
  })
})

describe('a request', () => {
  it('R30 for what is unknown, of another chat, or from before one joined, is refused alike', async () => {
    const alice = await cast.founder('alice')
    const early = await alice.chain.add(bytes('early'))
    const bob = await cast.joiner('bob', alice)
    const allowed = await alice.chain.add(bytes('allowed'))
    await arrival(bob, 'allowed')
    const elsewhere = await cast.founder('alice elsewhere')
    const foreign = await elsewhere.chain.add(bytes('of another chat'))

    // Bob's own chain would take the answers.
    await bob.chain.close()
    const forbidden = [early.id, foreign.id, idOf('unknown')]
    const [given, ...refused] = await answers(bob, alice, [[allowed.id], ...forbidden.map((id) => [id])])
    const decoded = decodeMessage(given ?? new Uint8Array())
    expect(decoded).toMatchObject({ ok: true, message: { kind: 'give', items: [{}], missing: [] } })
    expect(refused).toEqual(forbidden.map((id) => encodeMessage({ kind: 'give', items: [], missing: [id] })))
  })
})
