import { describe, expect, it } from 'vitest'
import { ReadAhead } from '../../src/storage/read-ahead.ts'
import { countReads } from '../../src/testing/count-reads.ts'
import { all, bytes, createChain, openLocalNode, text } from '../support/local-chains.ts'

describe('contents read ahead', () => {
  function ahead(contents: ReadonlyMap<number, Uint8Array>, asked: number[]): ReadAhead {
    return new ReadAhead(async (arrival, atMost) => {
      asked.push(arrival)
      return new Map([...contents].filter(([number]) => number >= arrival && number < arrival + Math.min(atMost, 3)))
    })
  }

  it('are those after two that were asked for in order, and no others', async () => {
    const asked: number[] = []
    const contents = new Map([1, 2, 3, 4, 5, 6].map((number) => [number, Uint8Array.of(number)]))
    const reader = ahead(contents, asked)
    expect(await reader.take(5)).toBeUndefined()
    expect(await reader.take(1)).toBeUndefined()
    expect(asked).toEqual([])
    for (const number of [2, 3, 4, 5]) expect(await reader.take(number)).toEqual(Uint8Array.of(number))
    expect(asked).toEqual([2, 5])
  })

  it('leave it to a look into the store when a content is asked for again, or is not there', async () => {
    const asked: number[] = []
    const reader = ahead(new Map([[2, Uint8Array.of(2)]]), asked)
    await reader.take(1)
    expect(await reader.take(2)).toEqual(Uint8Array.of(2))
    expect(await reader.take(2)).toBeUndefined()
    expect(await reader.take(3)).toBeUndefined()
  })

  it('make reading a chain from beginning to end cost a few reads, whatever lies between', async () => {
    const node = await openLocalNode()
    const { blockchain } = await createChain(node)
    const written = Array.from({ length: 300 }, (_, index) => (index % 7 === 0 ? '' : `content ${index}`))
    await Promise.all(written.map((content) => blockchain.add(bytes(content))))
    const reads = countReads(node.store)
    const read: string[] = []
    for await (const block of blockchain.blocks()) read.push(text(await block.content()))
    expect(read).toEqual(written)
    // after a gap it may begin anew
    expect(reads().contents).toBeLessThan(20)
    const backwards = (await all(blockchain.blocks({ reverse: true }))).map(async (block) =>
      text(await block.content())
    )
    expect(await Promise.all(backwards)).toEqual(written.toReversed())
    await node.stop()
  })
})
