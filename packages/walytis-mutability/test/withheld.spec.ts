import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWalytis } from 'walytis'
import type { Block, BlockId, Walytis } from 'walytis/interface'
import { type MutableBlockchain, mutable } from '../src/index.ts'
import { encodeOperation } from '../src/operations/format.ts'
import { bytes, textOf } from './support/pair.ts'
import { WithholdingChain } from './support/withholding-chain.ts'

let walytis: Walytis
let beneath: WithholdingChain
let plain: Awaited<ReturnType<Walytis['create']>>
let chain: MutableBlockchain

beforeEach(async () => {
  walytis = await createWalytis({ listen: [], discovery: { mdns: false } })
  plain = await walytis.create()
  beneath = new WithholdingChain(plain)
})
afterEach(async () => {
  await walytis.stop()
})

const update = async (original: BlockId, text: string): Promise<Block> =>
  await plain.add(encodeOperation({ kind: 'update', original, content: bytes(text) }), {
    topics: ['mutability:update']
  })

const original = async (text: string): Promise<Block> =>
  await plain.add(bytes(text), { topics: ['mutability:original'] })

/** What a consumer is handed from the beginning on, once it has seen all. */
async function consumed(): Promise<string[]> {
  const texts: string[] = []
  const consumer = await chain.consume('reader', async ({ block }) => {
    texts.push(await textOf(block))
  })
  await consumer.drained({ signal: AbortSignal.timeout(3_000) })
  await consumer.close()
  return texts
}

describe('a change whose content never comes', () => {
  it('R36 holds up no consumer', async () => {
    const { id } = await original('one')
    beneath.withheld.add((await update(id, 'withheld')).id.toString())
    await original('two')
    chain = await mutable(beneath.chain)
    expect(await consumed()).toEqual(['one', 'two'])
  })

  it('is waited for as long as the caller likes, and is not said to be here', async () => {
    const { id } = await original('one')
    const change = await update(id, 'withheld')
    beneath.withheld.add(change.id.toString())
    chain = await mutable(beneath.chain)
    await expect(chain.get(change.id, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'TimeoutError'
    })
    expect(await chain.has(change.id)).toBe(false)
    expect(await textOf(await chain.get(id))).toBe('one')
  })
})

describe('a change of a change that is refused', () => {
  it('R36 is ignored, and holds up no consumer', async () => {
    const { id } = await original('one')
    const bad = await update(id, 'bad')
    const follower = await update(bad.id, 'follows')
    await original('two')
    beneath.refused.add(bad.id.toString())
    chain = await mutable(beneath.chain)
    expect(await consumed()).toEqual(['one', 'two'])
    expect(await chain.has(follower.id)).toBe(false)
    await expect(chain.get(follower.id)).rejects.toMatchObject({ name: 'NotFoundError' })
  })
})

describe('an original that is refused after it was deleted', () => {
  it('R31 R36 is counted out once, so that nobody can make a chain seem shorter than it is', async () => {
    chain = await mutable(beneath.chain)
    await chain.add(bytes('stays'))
    const bad = await chain.add(bytes('bad'))
    await bad.delete()
    expect(await chain.count()).toBe(1)
    beneath.refuse(bad)
    expect(await chain.count()).toBe(1)
    expect(await chain.count({ order: 'arrival', topics: { all: [] } })).toBe(1)
    await chain.close()
    chain = await mutable(new WithholdingChain(await walytis.open(plain.id), beneath.refused).chain)
    expect(await chain.count()).toBe(1)
  })

  it('is left out of the count when it was edited, and when nobody has changed it', async () => {
    chain = await mutable(beneath.chain)
    const edited = await chain.add(bytes('edited'))
    await edited.edit(bytes('again'))
    const untouched = await chain.add(bytes('untouched'))
    await chain.add(bytes('stays'))
    beneath.refuse(edited)
    beneath.refuse(untouched)
    expect(await chain.count()).toBe(1)
  })
})
