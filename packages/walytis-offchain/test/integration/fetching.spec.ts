import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BlockId } from 'walytis/interface'
import { loadGroup } from 'walytis-identities'
import { EXCHANGE_PROTOCOL } from '../../src/constants.ts'
import { encodeMessage } from '../../src/exchange/messages.ts'
import { type FetchPolicy, type PrivateBlock, type PrivateBlockchain, privately } from '../../src/index.ts'
import { arrival, bytes, Cast, event, type Member, textOf } from './members.ts'
import { envelopeOf } from './stored.ts'

let cast: Cast
let alice: Member
let bob: Member

beforeEach(async () => {
  cast = new Cast()
  alice = await cast.founder('alice')
  bob = await cast.joiner('bob', alice)
})
afterEach(async () => {
  await cast.end()
})

const SMALL = 'small'
const LONG = 'long '.repeat(400)

/** What Alice wrote while Bob was away is shown to Bob, who fetches by this policy. */
async function back(
  fetch: FetchPolicy
): Promise<{ chain: PrivateBlockchain; small: PrivateBlock; long: PrivateBlock }> {
  await bob.chain.close()
  const [small, long] = [await alice.chain.add(bytes(SMALL)), await alice.chain.add(bytes(LONG))]
  await expect.poll(async () => await bob.group.blockchain.has(long.id)).toBe(true)
  const chain = await privately(bob.group, { fetch })
  return { chain, small: await chain.get(small.id), long: await chain.get(long.id) }
}

async function stateOf(chain: PrivateBlockchain, { id }: { id: BlockId }): Promise<string> {
  return (await chain.get(id)).contentState
}

describe('a fetch policy', () => {
  it('fetches all at once by default', async () => {
    const { chain, small, long } = await back('at-once')
    await Promise.all([chain.whenAvailable(small), chain.whenAvailable(long)])
    expect(await stateOf(chain, long)).toBe('available')
    await chain.close()
  })

  it('leaves contents for when they are read, and fetches those alone', async () => {
    const { chain, small, long } = await back('on-demand')
    expect([small.contentState, long.contentState]).toEqual(['on-demand', 'on-demand'])
    const available = event(chain, 'content:available')
    expect(await textOf(long)).toBe(LONG)
    expect(long.contentState).toBe('available')
    expect((await available).detail.block.id.equals(long.id)).toBe(true)
    expect(await stateOf(chain, small)).toBe('on-demand')
    await chain.close()
  })

  it('fetches up to a size', async () => {
    const { chain, small, long } = await back({ upTo: 256 })
    await chain.whenAvailable(small)
    expect(await stateOf(chain, long)).toBe('on-demand')
    await chain.close()
  })

  it('can be changed, for what is missing already too', async () => {
    const { chain, small, long } = await back('on-demand')
    const available = event(chain, 'content:available', ({ detail }) => detail.block.id.equals(small.id))
    await chain.setFetchPolicy({ upTo: 256 })
    await available
    expect(await stateOf(chain, long)).toBe('on-demand')
    await chain.setFetchPolicy('at-once')
    expect(await stateOf(chain, long)).toMatch(/wanted|available/)
    await chain.close()
  })
})

describe('waiting for one content', () => {
  it('ends by its deadline or its signal, and leaves the others alone', async () => {
    await alice.chain.close()
    await bob.chain.close()
    const lonely = await privately(alice.group)
    const written = await lonely.add(bytes('nobody serves this'))
    await lonely.close()
    await expect.poll(async () => await bob.group.blockchain.has(written.id)).toBe(true)
    const chain = await privately(bob.group, { fetch: 'on-demand' })
    const block = await chain.get(written.id)
    const deadline = chain.whenAvailable(block, { signal: AbortSignal.timeout(50) })
    await expect(deadline).rejects.toMatchObject({ name: 'TimeoutError' })
    const controller = new AbortController()
    const [aborted, patient] = [block.content({ signal: controller.signal }), block.content()]
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    const serving = await privately(alice.group)
    expect(new TextDecoder().decode(await patient)).toBe('nobody serves this')
    await Promise.all([chain.close(), serving.close()])
  })

  it('ends when the chain is closed', async () => {
    const { chain, small } = await back('on-demand')
    await alice.chain.close()
    const waiting = chain.whenAvailable(small)
    const ended = expect(waiting).rejects.toMatchObject({ name: 'ClosedError' })
    await chain.close()
    await ended
  })

  it('is refused for a block that nobody knows', async () => {
    const { chain, small } = await back('on-demand')
    const foreign = await (await cast.founder('carol')).chain.add(bytes('elsewhere'))
    await expect(chain.whenAvailable(foreign)).rejects.toMatchObject({ name: 'NotFoundError' })
    await expect(chain.pin(foreign)).rejects.toMatchObject({ name: 'NotFoundError' })
    expect(small.available).toBe(false)
    await chain.close()
  })
})

describe('a pinned content', () => {
  it('is fetched whatever the policy, and again after a restart', async () => {
    const { chain, small, long } = await back('on-demand')
    const available = event(chain, 'content:available')
    await chain.pin(small)
    expect((await available).detail.block.pinned).toBe(true)
    await alice.chain.close()
    await chain.pin(long)
    expect(await stateOf(chain, long)).toBe('wanted')
    await chain.close()
    await bob.group.close()
    const group = await loadGroup(bob.walytis, bob.keyStore, bob.group.did, { member: bob.identity })
    const again = await privately(group, { fetch: 'on-demand' })
    const serving = await privately(alice.group)
    await again.whenAvailable(long)
    expect((await again.get(long.id)).pinned).toBe(true)
    await Promise.all([again.close(), serving.close()])
    await group.close()
  })

  it('is not removed before it is unpinned', async () => {
    const block = await alice.chain.add(bytes('keep me'))
    await alice.chain.pin(block)
    await expect(alice.chain.removeContent(block)).rejects.toMatchObject({ name: 'PinnedError' })
    expect(await textOf(await alice.chain.get(block.id))).toBe('keep me')
    await alice.chain.unpin(block)
    await alice.chain.removeContent(block)
    expect(await stateOf(alice.chain, block)).toBe('removed')
  })
})

describe('a content that was removed', () => {
  it('is off the disk, stays so when others give it, and is fetched when it is read', async () => {
    const { id } = await alice.chain.add(bytes('bulky'), { topics: ['big'] })
    const block = await arrival(bob, 'bulky')
    const envelope = await envelopeOf(bob, id)
    const removed = event(bob.chain, 'content:removed')
    await bob.chain.removeContent(block)
    expect((await removed).detail.block).toMatchObject({ available: false, contentState: 'removed' })
    await expect(envelopeOf(bob, id)).rejects.toThrow('no envelope')
    expect(await bob.chain.count({ topics: { all: ['big'] } })).toBe(1)

    const channel = await alice.group.sessions.open(bob.identity.did, EXCHANGE_PROTOCOL)
    await channel.send(encodeMessage({ kind: 'give', items: [{ block: id, envelope }], missing: [] }))
    await alice.chain.add(bytes('after'))
    await arrival(bob, 'after')
    expect(await stateOf(bob.chain, block)).toBe('removed')

    expect(await textOf(await bob.chain.get(id))).toBe('bulky')
    expect(await stateOf(bob.chain, block)).toBe('available')
    expect(await envelopeOf(bob, id)).toEqual(envelope)
  })
})

it('a private chain forwards what the chain beneath tells of itself', async () => {
  const base = alice.group.blockchain
  const { id } = await alice.chain.add(bytes('hello'))
  const repaired = event(alice.chain, 'block:repaired')
  base.dispatchEvent(new CustomEvent('block:repaired', { detail: { block: id } }))
  expect((await repaired).detail.block.equals(id)).toBe(true)
  const failed = event(alice.chain, 'join:failed')
  const error = new RangeError('forged')
  base.dispatchEvent(new CustomEvent('join:failed', { detail: { error } }))
  expect((await failed).detail.error).toBe(error)
})
