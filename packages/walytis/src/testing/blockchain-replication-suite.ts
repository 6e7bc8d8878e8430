import { expect, it } from 'vitest'
import type { Blockchain } from '../interface/index.ts'
import { checkAllQueries } from './blockchain-query-suite.ts'
import type { SuiteContext } from './suite-context.ts'
import { bytes, contents, contentText, nextEvent, noise, untilCount } from './suite-tools.ts'

/** The part of the compliance suite that needs a second replica; without one its tests are skipped. */
export function blockchainReplicationTests(context: () => SuiteContext, takesLarge: boolean): void {
  const both = (skip: (note: string) => void): { alice: Blockchain; bob: Blockchain } => {
    const { chain, second } = context()
    if (second === undefined) skip('there is one replica only')
    return { alice: chain, bob: second ?? chain }
  }

  it('brings a block to the other replica', async ({ skip }) => {
    const { alice, bob } = both(skip)
    const told = nextEvent(bob, 'block:added')
    const added = await alice.add(bytes('hello bob'), { topics: ['greeting'] })
    const { block } = (await told).detail
    expect(block.id.toString()).toBe(added.id.toString())
    expect(block.author).toBe(alice.writer?.author)
    expect(await contentText(await bob.get(added.id))).toBe('hello bob')
    expect(await contents(bob.blocks({ topics: { all: ['greeting'] } }))).toEqual(['hello bob'])
  })

  it('shows both replicas the same order', async ({ skip }) => {
    const { alice, bob } = both(skip)
    const writing = [1, 2, 3].flatMap((n) => [alice.add(bytes(`alice ${n}`)), bob.add(bytes(`bob ${n}`))])
    await Promise.all(writing)
    await Promise.all([untilCount(alice, 6), untilCount(bob, 6)])
    const order = await contents(alice.blocks())
    expect(order.length).toBe(6)
    expect(await contents(bob.blocks())).toEqual(order)
    expect((await bob.heads()).map(String)).toEqual((await alice.heads()).map(String))
  })

  it('answers queries about blocks of both writers', async ({ skip }) => {
    const { alice, bob } = both(skip)
    const first = await alice.add(bytes('a'), { topics: ['red', 'round'] })
    const other = await bob.add(bytes('b'), { topics: ['green', 'round'] })
    await Promise.all([untilCount(alice, 2), untilCount(bob, 2)])
    const third = await alice.add(bytes('c'), { topics: ['green'] })
    await untilCount(bob, 3)
    await checkAllQueries(bob, [first.creator, other.creator], [other.time, third.time], other)
  })

  it('lets one answer the other', async ({ skip }) => {
    const { alice, bob } = both(skip)
    const question = await alice.add(bytes('question'))
    await untilCount(bob, 1)
    const answer = await bob.add(bytes('answer'))
    await untilCount(alice, 2)
    expect(await alice.isAncestor(question.id, answer.id)).toBe(true)
    expect(await contents(alice.blocks())).toEqual(['question', 'answer'])
    expect(await contents(alice.blocks({ creator: answer.creator }))).toEqual(['answer'])
  })

  it.runIf(takesLarge)('brings large content to whoever reads it', async ({ skip }) => {
    const { alice, bob } = both(skip)
    const content = noise(1_000_000)
    const told = nextEvent(bob, 'block:added')
    const added = await alice.add(content)
    const { block } = (await told).detail
    expect(block.id.toString()).toBe(added.id.toString())
    expect(block.available).toBe(false)
    const come = nextEvent(bob, 'content:available')
    let last = { received: 0, expected: 0 }
    const given = await block.content({ onProgress: ({ detail }) => (last = detail) })
    expect(Buffer.from(given).equals(content)).toBe(true)
    expect(last).toEqual({ received: content.length, expected: content.length })
    expect((await come).detail.block.id.toString()).toBe(added.id.toString())
    expect((await bob.get(added.id)).available).toBe(true)
    const pieces: Uint8Array[] = []
    for await (const piece of block.stream()) pieces.push(piece)
    expect(Buffer.concat(pieces).equals(content)).toBe(true)
  })

  it('tells a consumer of both', async ({ skip }) => {
    const { alice, bob } = both(skip)
    const seen: string[] = []
    const consumer = await alice.consume('both', async ({ block }) => {
      seen.push(await contentText(block))
    })
    await alice.add(bytes('one'))
    await untilCount(bob, 1)
    await bob.add(bytes('two'))
    await untilCount(alice, 2)
    await consumer.drained()
    expect(seen).toEqual(['one', 'two'])
    await consumer.close()
  })
}
