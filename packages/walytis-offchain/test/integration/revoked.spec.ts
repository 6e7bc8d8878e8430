import { afterEach, beforeEach, expect, it } from 'vitest'
import { arrival, bytes, Cast, event, met, stop, texts } from './members.ts'

let cast: Cast

beforeEach(() => {
  cast = new Cast()
})
afterEach(async () => {
  await cast.end()
})

it('R15 what a member wrote beside its removal leaves lists, counts and topics', async () => {
  const alice = await cast.founder('alice')
  const bob = await cast.joiner('bob', alice)
  const carol = await cast.joiner('carol', alice)
  await met(bob, carol)
  await alice.chain.add(bytes('before'), { topics: ['news'] })
  await Promise.all([arrival(bob, 'before'), arrival(carol, 'before')])
  await stop(alice)
  const { id } = await bob.chain.add(bytes('beside'), { topics: ['news', 'rare'] })
  await arrival(carol, 'beside')
  expect(await carol.chain.count({ topics: { all: ['rare'] } })).toBe(1)
  await Promise.all([stop(bob), stop(carol)])

  const first = await cast.restart(alice)
  await first.group.remove(bob.identity.did)
  await first.chain.add(bytes('after'), { topics: ['news'] })
  const second = await cast.restart(carol)
  const revoked = event(second.chain, 'block:revoked')
  await second.walytis.dial(first.walytis.getMultiaddrs())
  expect((await revoked).detail.block).toMatchObject({ revoked: true, topics: ['news', 'rare'] })
  await arrival(second, 'after')
  expect(await texts(second.chain)).toEqual(['before', 'after'])
  expect(await second.chain.count()).toBe(2)
  expect(await second.chain.count({ topics: { all: ['news'] } })).toBe(2)
  expect(await second.chain.count({ topics: { any: ['rare'] } })).toBe(0)
  expect((await second.chain.get(id)).revoked).toBe(true)
})
