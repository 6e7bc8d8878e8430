import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BatchOperation, Block } from 'walytis/interface'
import { InvalidArgumentError, privately } from '../../src/index.ts'
import { ContentStore } from '../../src/store/content-store.ts'
import { rowsOf } from '../../src/store/store-keys.ts'
import { bytes, Cast, type Member, textOf } from './members.ts'

let cast: Cast
let alice: Member

beforeEach(async () => {
  cast = new Cast()
  alice = await cast.founder('alice')
})
afterEach(async () => {
  await cast.end()
})

async function fill(): Promise<void> {
  for (let n = 0; n < 40; n++) {
    const topics = [...(n % 2 === 0 ? ['even'] : []), ...(n % 3 === 0 ? ['third'] : [])]
    await alice.chain.add(bytes(`note ${n}`), { topics })
  }
}

async function notes(chain: Member['chain'], query: Parameters<Member['chain']['blocks']>[0]): Promise<string[]> {
  const found: string[] = []
  for await (const block of chain.blocks(query)) found.push(await textOf(block))
  return found
}

describe('queries of a private chain', () => {
  it('count by topics, creator and time without reading a block', async () => {
    await fill()
    const read = vi.spyOn(alice.group.blockchain, 'record')
    const creator = alice.chain.writer?.creator
    expect(await alice.chain.count()).toBe(40)
    expect(await alice.chain.count({ topics: { all: ['even'] } })).toBe(20)
    expect(await alice.chain.count({ topics: { all: ['even', 'third'] } })).toBe(7)
    expect(await alice.chain.count({ topics: { any: ['even', 'third'] }, creator })).toBe(27)
    expect(await alice.chain.count({ until: new Date(0) })).toBe(0)
    expect(await alice.chain.count({ since: new Date(0), topics: { any: ['third', 'none'] } })).toBe(14)
    expect(read).toHaveBeenCalledTimes(0)
  })

  it('read no more blocks than are asked for, whatever they are about', async () => {
    await fill()
    const read = vi.spyOn(alice.group.blockchain, 'record')
    expect(await notes(alice.chain, { topics: { all: ['even', 'third'] }, reverse: true, limit: 2 })).toEqual([
      'note 36',
      'note 30'
    ])
    expect(read.mock.calls.length).toBeLessThanOrEqual(4)
  })

  it('of what was written before a restart are answered by the same rows', async () => {
    await fill()
    const back = await cast.restart(alice)
    const remade = vi.spyOn(back.group.blockchain, 'record')
    expect(await back.chain.count({ topics: { any: ['third'] } })).toBe(14)
    expect(await back.chain.count()).toBe(40)
    expect(remade).toHaveBeenCalledTimes(0)
  })

  it('need next to nothing read when the chain is opened, however long it is', async () => {
    await fill()
    // All was taken in.
    expect(await alice.chain.count()).toBe(40)
    await alice.chain.close()
    const reads = [
      vi.spyOn(ContentStore.prototype, 'row'),
      vi.spyOn(ContentStore.prototype, 'envelope'),
      vi.spyOn(ContentStore.prototype, 'changes'),
      vi.spyOn(ContentStore.prototype, 'log'),
      vi.spyOn(alice.group.blockchain, 'record'),
      vi.spyOn(alice.group.blockchain, 'blocks')
    ]
    const chain = await privately(alice.group)
    const [rows = 0, ...others] = reads.map((read) => read.mock.calls.length)
    // The last changes may be looked at again, in case they were not all taken in.
    expect(rows).toBeLessThanOrEqual(8)
    expect(others).toEqual([0, 0, 0, 0, 0])
    for (const read of reads) read.mockRestore()
    expect(await chain.count()).toBe(40)
    await chain.close()
  })

  it('F1 are answered in full after a crash in the middle of making the index anew', async () => {
    await fill()
    await alice.chain.close()
    await rowsOf(alice.group.store, alice.chain.id, 'state').del('made-by')
    const stop = new RangeError('the power is gone')
    const write = vi.spyOn(ContentStore.prototype, 'write').mockRejectedValueOnce(stop)
    await expect(privately(alice.group)).rejects.toBe(stop)
    write.mockRestore()
    const chain = await privately(alice.group)
    expect(await notes(chain, { topics: { all: ['even', 'third'] } })).toEqual(
      [0, 6, 12, 18, 24, 30, 36].map((n) => `note ${n}`)
    )
    expect(await chain.count({ creator: chain.writer?.creator })).toBe(40)
    await chain.close()
  })

  it('that make no sense are refused by the error that this package exports', async () => {
    for (const wrong of [
      { after: (await alice.chain.add(bytes('x'))).id },
      { since: new Date(Number.NaN) },
      { limit: 0.5 }
    ]) {
      await expect(notes(alice.chain, wrong)).rejects.toBeInstanceOf(InvalidArgumentError)
      await expect(alice.chain.count(wrong)).rejects.toBeInstanceOf(InvalidArgumentError)
    }
  })

  it('find what came while its key was missing, once the key has come', async () => {
    const early = await cast.founder('early', 'shared')
    await early.chain.add(bytes('before'), { topics: ['old'] })
    const late = await cast.joiner('late', early)
    await expect.poll(async () => await late.chain.count({ topics: { all: ['old'] } })).toBe(1)
    expect(await late.chain.count()).toBe(1)
    expect(await notes(late.chain, { topics: { any: ['old'] }, order: 'arrival' })).toEqual(['before'])
  })
})

describe('a block and the rows by which it is found', () => {
  it('F1 are written together or not at all', async () => {
    const { store } = alice.walytis
    const batch = store.batch.bind(store)
    const batches: BatchOperation[][] = []
    const recording = (operations: BatchOperation[], options: object) => {
      batches.push(operations)
      return batch(operations as never, options)
    }
    vi.spyOn(store, 'batch').mockImplementation(recording as never)
    const block: Block = await alice.chain.add(bytes('whole'), { topics: ['a', 'b'] })
    const parts = new Set(batches.flat().map(({ sublevel }) => sublevel?.prefix.split('!').at(-2)))
    expect(batches.length).toBe(1)
    for (const part of ['envelope', 'block', 'log', 'place', 'topic']) expect([...parts]).toContain(part)
    expect(await alice.chain.count({ topics: { all: ['a', 'b'] } })).toBe(1)
    expect(await alice.chain.has(block.id)).toBe(true)
  })
})
