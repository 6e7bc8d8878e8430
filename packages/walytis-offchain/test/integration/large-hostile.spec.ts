import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Channel } from 'walytis-identities'
import { CONTENT_PROTOCOL } from '../../src/constants.ts'
import { decodeHead, encodeHead, encodeRequest } from '../../src/exchange/content-messages.ts'
import { idOf } from '../support/places.ts'
import { contentOf, inPieces, largeContent, MiB } from './large-content.ts'
import { arrival, bytes, Cast, event, type Member, met } from './members.ts'

let cast: Cast
let alice: Member
let bob: Member

beforeEach(async () => {
  cast = new Cast()
  alice = await cast.founder('alice')
  bob = await cast.joiner('bob', alice)
  await met(alice, bob)
})
afterEach(async () => {
  await cast.end()
})

/** The first answer to each request over one channel. */
async function ask(asking: Member, asked: Member, requests: Uint8Array[]): Promise<Uint8Array[]> {
  const channel = await asking.group.sessions.open(asked.identity.did, CONTENT_PROTOCOL)
  const frames = channel.messages()[Symbol.asyncIterator]()
  const answers: Uint8Array[] = []
  for (const request of requests) {
    await channel.send(request)
    const { value } = await frames.next()
    answers.push(value ?? new Uint8Array())
  }
  channel.abort(new RangeError('heard enough'))
  return answers
}

/** A member whose answers are not those of its private chain. */
async function serveInstead(member: Member, handler: (channel: Channel) => Promise<void>): Promise<void> {
  await member.chain.close()
  member.group.sessions.handle(CONTENT_PROTOCOL, handler)
}

describe('a device that serves large contents', () => {
  it('R30 refuses what is unknown, what is no large content and what is beyond its end alike', async () => {
    const { id } = await alice.chain.add(inPieces(largeContent(MiB)))
    const small = await alice.chain.add(bytes('small'))
    const answers = await ask(bob, alice, [
      encodeRequest({ block: idOf('unknown'), window: 0 }),
      encodeRequest({ block: small.id, window: 0 }),
      encodeRequest({ block: id, window: 1 }),
      encodeRequest({ block: id, window: 2 ** 40 })
    ])
    for (const answer of answers) expect(answer).toEqual(encodeHead(undefined))
    const [head] = await ask(bob, alice, [encodeRequest({ block: id, window: 0 })])
    expect(decodeHead(head ?? new Uint8Array())).toMatchObject({ hashes: expect.any(Uint8Array) })
  })

  it('F8 ends the channel at a request that is none', async () => {
    const channel = await bob.group.sessions.open(alice.identity.did, CONTENT_PROTOCOL)
    await channel.send(Uint8Array.of(0xff, 0x00))
    const reading = (async () => {
      for await (const _ of channel.messages()) throw new RangeError('an answer came')
    })()
    await expect(reading).rejects.toMatchObject({ name: 'ChannelClosedError' })
  })

  it('R14 F14 gives a removed member nothing more: not by a channel from before, nor by a new one', async () => {
    const carol = await cast.joiner('carol', alice)
    const block = await alice.chain.add(inPieces(largeContent(20 * MiB)))
    await event(carol.chain, 'content:available')
    await met(bob, carol)
    const open = await bob.group.sessions.open(carol.identity.did, CONTENT_PROTOCOL)
    const noted = new Promise<void>((resolve) => {
      carol.group.addEventListener('members:changed', ({ detail }) => detail.removed.length > 0 && resolve())
    })
    await alice.group.remove(bob.identity.did)
    await noted
    let heard = 0
    const listening = (async () => {
      for await (const frame of open.messages()) heard += frame.length
    })().catch(() => undefined)
    await open.send(encodeRequest({ block: block.id, window: 0 })).catch(() => undefined)
    await listening
    expect(heard).toBe(0)
    await expect(
      bob.group.sessions.open(carol.identity.did, CONTENT_PROTOCOL, { signal: AbortSignal.timeout(3000) })
    ).rejects.toThrow()
  })

  it('hands on nothing that its disk has changed, and says so to whoever reads it', async () => {
    await bob.chain.setFetchPolicy('on-demand')
    const content = largeContent(3 * MiB)
    const block = await alice.chain.add(inPieces(content))
    const folder = join(alice.folder, 'walytis-offchain', alice.chain.id)
    const [name = ''] = await readdir(folder)
    const file = await readFile(join(folder, name))
    const middle = file.length >> 1
    file.set([(file[middle] ?? 0) ^ 1], middle)
    await writeFile(join(folder, name), file)
    await expect(contentOf(block)).rejects.toMatchObject({ name: 'StoreCorruptError' })
    let penalised = false
    bob.chain.addEventListener('device:penalised', () => {
      penalised = true
    })
    await expect.poll(() => bob.chain.has(block.id), { timeout: 30_000 }).toBe(true)
    const copy = await bob.chain.get(block.id)
    await expect(bob.chain.whenAvailable(copy, { signal: AbortSignal.timeout(1500) })).rejects.toThrow()
    expect(penalised).toBe(false)
  })
})

describe('a device that fetches a large content', () => {
  let carol: Member

  beforeEach(async () => {
    carol = await cast.joiner('carol', alice)
    await carol.chain.setFetchPolicy('on-demand')
    await met(carol, bob)
  })

  it('R29 throws away wrong bytes, penalises who gave them, and gets the right ones from another', async () => {
    const content = largeContent(9 * MiB)
    const given = event(bob.chain, 'content:available')
    const block = await alice.chain.add(inPieces(content))
    await given
    await expect.poll(() => carol.chain.has(block.id), { timeout: 30_000 }).toBe(true)
    // Alice can't be asked before Bob was, who makes things up.
    await alice.chain.close()
    await serveInstead(bob, async (channel) => {
      for await (const _ of channel.messages()) {
        await channel.send(encodeHead({ hashes: new Uint8Array(32 * 32), proof: new Uint8Array(32) }))
      }
    })
    const penalised = event(carol.chain, 'device:penalised')
    const reading = contentOf(await carol.chain.get(block.id))
    expect((await penalised).detail).toMatchObject({ device: bob.identity.did, rule: 'envelope-root' })
    alice = await cast.restart(alice)
    await carol.walytis.dial(alice.walytis.getMultiaddrs())
    expect((await reading).equals(content)).toBe(true)
  })

  it('R36 F16 F21 lets short messages through while a large content stands still at a device that falls silent', async () => {
    await bob.chain.setFetchPolicy('on-demand')
    const block = await alice.chain.add(inPieces(largeContent(9 * MiB)))
    await expect.poll(() => bob.chain.has(block.id), { timeout: 30_000 }).toBe(true)
    const asked = Promise.withResolvers<void>()
    await serveInstead(alice, async (channel) => {
      for await (const _ of channel.messages()) asked.resolve()
    })
    const copy = await bob.chain.get(block.id)
    await bob.chain.pin(copy)
    await asked.promise
    expect(bob.chain.receiving(copy)).toMatchObject({ bytes: 0, expected: 9 * MiB, paused: false })
    await carol.chain.add(bytes('short and quick'))
    await arrival(bob, 'short and quick')
    expect(bob.chain.receiving(copy)).toMatchObject({ bytes: 0 })
  })
})
