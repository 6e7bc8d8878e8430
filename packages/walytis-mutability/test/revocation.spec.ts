import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MutableBlock, type MutableBlockchain, mutable } from '../src/index.ts'
import { bytes, textOf, textsOf } from './support/pair.ts'
import { openRevokingChain, type RevokingChain } from './support/revoking-chain.ts'

let beneath: RevokingChain
let chain: MutableBlockchain
let told: string[]

beforeEach(async () => {
  beneath = await openRevokingChain()
  chain = await mutable(beneath.chain)
  told = []
  for (const type of ['edited', 'deleted', 'restored', 'revoked', 'reinstated'] as const) {
    chain.addEventListener(`block:${type}`, () => told.push(type))
  }
})

afterEach(async () => {
  await beneath[Symbol.asyncDispose]()
})

/** The id of the last change of a block. */
async function lastChange(block: MutableBlock) {
  let last = { id: block.id }
  for await (const version of block.versions()) last = version
  return last
}

/** Everything that was told so far has been followed: the chain shows what stands. */
async function current(block: MutableBlock): Promise<MutableBlock> {
  await chain.count()
  return await chain.get(block.id)
}

describe('when blocks beneath go out of effect', () => {
  it('a revoked edit gives way to the one before, and comes back', async () => {
    const block = await (await chain.add(bytes('one'))).edit(bytes('two'))
    const third = await lastChange(await block.edit(bytes('three')))
    await beneath.revoke(third)
    expect(await textOf(await current(block))).toBe('two')
    expect((await chain.get(third.id)).id.equals(block.id)).toBe(true)
    await beneath.reinstate(third)
    expect(await textOf(await current(block))).toBe('three')
    expect(told).toEqual(['edited', 'edited', 'edited', 'edited'])
  })

  it('an edit in the middle of others takes only itself away', async () => {
    const first = await (await chain.add(bytes('one'))).edit(bytes('two'))
    const middle = await lastChange(first)
    const last = await first.edit(bytes('three'))
    await beneath.revoke(middle)
    expect(await textOf(await current(last))).toBe('three')
    expect(await versionCount(await current(last))).toBe(2)
    await beneath.reinstate(middle)
    expect(await versionCount(await current(last))).toBe(3)
    expect(told).toEqual(['edited', 'edited'])
  })

  it('a revoked delete brings the block back', async () => {
    const deletion = await lastChange(await (await chain.add(bytes('one'))).delete())
    expect(await chain.count()).toBe(0)
    await beneath.revoke(deletion)
    expect(await textsOf(chain.blocks())).toEqual(['one'])
    await beneath.reinstate(deletion)
    expect(await textsOf(chain.blocks())).toEqual([])
    expect(told).toEqual(['deleted', 'restored', 'deleted'])
  })

  it('a revoked original is left out, comes back marked, and back into view as it was', async () => {
    const block = await (await chain.add(bytes('one'))).edit(bytes('two'))
    await beneath.revoke(block)
    expect(await chain.count()).toBe(0)
    expect((await current(block)).revoked).toBe(true)
    await beneath.reinstate(block)
    expect(await textsOf(chain.blocks())).toEqual(['two'])
    expect(told).toEqual(['edited', 'revoked', 'reinstated'])
  })

  it('a deleted original that is revoked is not counted out twice', async () => {
    await chain.add(bytes('other'))
    const block = await (await chain.add(bytes('one'))).delete()
    await beneath.revoke(block)
    expect(await chain.count()).toBe(1)
    await beneath.reinstate(block)
    expect(await chain.count()).toBe(1)
  })

  it('shows the same when it is opened again in between, and changes come back later', async () => {
    const edited = await (await chain.add(bytes('one'))).edit(bytes('two'))
    const update = await lastChange(edited)
    await beneath.revoke(update)
    await chain.close()
    const again = await mutable(await beneath.reopen())
    expect(await textOf(await again.get(edited.id))).toBe('one')
    expect((await again.get(update.id)).id.equals(edited.id)).toBe(true)
    expect(await textOf(await again.get(edited.id))).toBe('one')
    await beneath.reinstate(update)
    expect(await again.count()).toBe(1)
    expect(await textOf(await again.get(edited.id))).toBe('two')
  })

  it('R42 a consumer that was away is told on return', async () => {
    const edited = await (await chain.add(bytes('one'))).edit(bytes('two'))
    const seen: string[] = []
    const read = async ({ block }: { block: MutableBlock }): Promise<void> => {
      seen.push(await textOf(block))
    }
    const first = await chain.consume('view', read)
    await first.drained()
    await first.close()
    await beneath.revoke(await lastChange(edited))
    const second = await chain.consume('view', read)
    await second.drained()
    expect(seen.at(-1)).toBe('one')
    await second.close()
  })
})

async function versionCount(block: MutableBlock): Promise<number> {
  let count = 0
  for await (const _ of block.versions()) count++
  return count
}
