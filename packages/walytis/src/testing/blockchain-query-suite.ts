import { beforeEach, expect, it } from 'vitest'
import type { Block, Blockchain, BlockQuery } from '../interface/index.ts'
import type { SuiteContext } from './suite-context.ts'
import { bytes, contents, idsOf } from './suite-tools.ts'

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

  it('answer every combination of conditions as a filter over all blocks would', async () => {
    const [, second, , fourth] = added
    if (second === undefined || fourth === undefined) throw new RangeError('nothing was added')
    await checkAllQueries(context().chain, [second.creator], [second.time, fourth.time], second)
  })

  it('give nothing for topics that no block can carry', async () => {
    const { chain } = context()
    for (const topic of ['', 'x'.repeat(129), '\ud800']) {
      expect(await contents(chain.blocks({ topics: { all: [topic] } }))).toEqual([])
      expect(await contents(chain.blocks({ topics: { any: ['red', topic] } }))).toEqual(['a', 'b'])
      expect(await chain.count({ topics: { any: [topic] } })).toBe(0)
    }
    expect(await contents(chain.blocks({ topics: { any: [] } }))).toEqual([])
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

/** Ask all that the interface can ask about a few topics, creators and times, and compare with a filter over all blocks. */
export async function checkAllQueries(
  chain: Blockchain,
  creators: readonly Block['creator'][],
  times: readonly [Date, Date],
  after: Block
): Promise<void> {
  const listed = { canonical: await blocksOf(chain, {}), arrival: await blocksOf(chain, { order: 'arrival' }) }
  for (const query of allQueries(creators, times, after)) {
    const expected = filtered(listed[query.order ?? 'canonical'], query)
    expect(await idsOf(chain.blocks(query)), describeQuery(query)).toEqual(expected)
    expect(await chain.count(query), describeQuery(query)).toBe(expected.length)
  }
}

function* allQueries(
  creators: readonly (Block['creator'] | undefined)[],
  times: readonly [Date, Date],
  after: Block
): Generator<BlockQuery> {
  const topics = [undefined, { all: ['round'] }, { any: ['red', 'green'] }, { all: ['round', 'green'], any: ['green'] }]
  for (const order of ['canonical', 'arrival'] as const)
    for (const topic of topics)
      for (const creator of [undefined, ...creators])
        for (const time of [{}, { since: times[0] }, { until: times[1] }, { since: times[0], until: times[1] }])
          for (const part of [{}, { reverse: true, limit: 2 }])
            for (const position of order === 'arrival' ? [undefined, after.id] : [undefined])
              yield { order, topics: topic, creator, ...time, ...part, after: position }
}

function filtered(blocks: readonly Block[], { topics, creator, since, until, after, ...rest }: BlockQuery): string[] {
  const from = after === undefined ? 0 : 1 + blocks.findIndex(({ id }) => id.equals(after))
  const found = blocks.slice(from).filter((block) => {
    if (topics?.all?.every((topic) => block.topics.includes(topic)) === false) return false
    if (topics?.any?.some((topic) => block.topics.includes(topic)) === false) return false
    if (creator?.equals(block.creator) === false) return false
    return (since === undefined || block.time >= since) && (until === undefined || block.time <= until)
  })
  if (rest.reverse === true) found.reverse()
  return found.slice(0, rest.limit).map(({ id }) => id.toString())
}

async function blocksOf(chain: Blockchain, query: BlockQuery): Promise<Block[]> {
  const blocks: Block[] = []
  for await (const block of chain.blocks(query)) blocks.push(block)
  return blocks
}

function describeQuery({ creator, after, ...query }: BlockQuery): string {
  return JSON.stringify({ ...query, creator: creator?.toString(), after: after?.toString() })
}
