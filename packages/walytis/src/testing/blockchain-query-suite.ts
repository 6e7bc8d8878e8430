import { beforeEach, expect, it } from 'vitest'
import type { Block } from '../interface/index.ts'
import type { SuiteContext } from './suite-context.ts'
import { bytes, contents } from './suite-tools.ts'

/** The part of the compliance suite about `blocks` and `count`. Five blocks of one writer, so both orders are alike. */
export function blockchainQueryTests(context: () => SuiteContext): void {
  let added: Block[]

  beforeEach(async () => {
    const { chain } = context()
    added = []
    for (const [content, topics] of [
      ['a', ['red']],
      ['b', ['red', 'round']],
      ['c', []],
      ['d', ['green', 'round']],
      ['e', ['green']]
    ] as const) {
      added.push(await chain.add(bytes(content), { topics: [...topics] }))
    }
  })

  it('list all in canonical order', async () => {
    const { chain } = context()
    expect(await contents(chain.blocks())).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await chain.count()).toBe(5)
  })

  it('list in the order of arrival', async () => {
    expect(await contents(context().chain.blocks({ order: 'arrival' }))).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it.each(['canonical', 'arrival'] as const)('list backwards and limited, in %s order', async (order) => {
    const { chain } = context()
    expect(await contents(chain.blocks({ order, reverse: true }))).toEqual(['e', 'd', 'c', 'b', 'a'])
    expect(await contents(chain.blocks({ order, limit: 2 }))).toEqual(['a', 'b'])
    expect(await contents(chain.blocks({ order, reverse: true, limit: 2 }))).toEqual(['e', 'd'])
    expect(await contents(chain.blocks({ order, limit: 0 }))).toEqual([])
    expect(await chain.count({ order, limit: 2 })).toBe(2)
  })

  it('go on after a block', async () => {
    const { chain } = context()
    const after = added[2]?.id
    expect(await contents(chain.blocks({ order: 'arrival', after }))).toEqual(['d', 'e'])
    expect(await contents(chain.blocks({ order: 'arrival', after, reverse: true }))).toEqual(['e', 'd'])
    expect(await contents(chain.blocks({ order: 'arrival', after: added[4]?.id }))).toEqual([])
  })

  it('choose by topics', async () => {
    const { chain } = context()
    expect(await contents(chain.blocks({ topics: { all: ['red'] } }))).toEqual(['a', 'b'])
    expect(await contents(chain.blocks({ topics: { all: ['red', 'round'] } }))).toEqual(['b'])
    expect(await contents(chain.blocks({ topics: { any: ['red', 'round'] } }))).toEqual(['a', 'b', 'd'])
    expect(await contents(chain.blocks({ topics: { all: ['round'], any: ['green', 'blue'] } }))).toEqual(['d'])
    expect(await contents(chain.blocks({ topics: { any: ['blue'] } }))).toEqual([])
    expect(await contents(chain.blocks({ topics: { any: ['red', 'round'] }, reverse: true }))).toEqual(['d', 'b', 'a'])
    expect(await contents(chain.blocks({ topics: { all: ['round'] }, order: 'arrival' }))).toEqual(['b', 'd'])
    expect(await chain.count({ topics: { all: ['green'] } })).toBe(2)
  })

  it('choose by creator', async () => {
    const { chain } = context()
    const creator = added[0]?.creator
    expect(await contents(chain.blocks({ creator, limit: 3 }))).toEqual(['a', 'b', 'c'])
    expect(await contents(chain.blocks({ creator, topics: { all: ['green'] } }))).toEqual(['d', 'e'])
  })

  it('choose by claimed time', async () => {
    const { chain } = context()
    const since = added[1]?.time ?? new Date(0)
    const until = added[3]?.time ?? new Date(0)
    const expected = added.filter(({ time }) => time >= since && time <= until).length
    expect(await chain.count({ since, until })).toBe(expected)
    expect(await chain.count({ until: new Date(since.getTime() - 1_000_000) })).toBe(0)
  })

  it('can be left early', async () => {
    const { chain } = context()
    for await (const block of chain.blocks()) {
      expect(block.id.equals(added[0]?.id)).toBe(true)
      break
    }
    expect(await chain.count()).toBe(5)
  })

  it('refuse a position in canonical order', async () => {
    const { chain } = context()
    const wrong = contents(chain.blocks({ after: added[0]?.id }))
    await expect(wrong).rejects.toMatchObject({ name: 'InvalidArgumentError' })
  })
}
