import { expect, it } from 'vitest'
import type { Block, Change, ConsumerFailure } from '../interface/index.ts'
import type { SuiteContext } from './suite-context.ts'
import { bytes, contentText } from './suite-tools.ts'

/** The part of the compliance suite about `consume`. */
export function blockchainConsumerTests(context: () => SuiteContext): void {
  const reader = (seen: Block[]) => async (change: Change) => {
    if (change.kind === 'block') seen.push(change.block)
  }

  it('hand over what was and what comes, in order', async () => {
    const { chain } = context()
    await chain.add(bytes('1'))
    const seen: Block[] = []
    const consumer = await chain.consume('reader', reader(seen))
    await chain.add(bytes('2'))
    await consumer.drained()
    expect(await Promise.all(seen.map(contentText))).toEqual(['1', '2'])
    await consumer.close()
  })

  it('go on where they stopped', async () => {
    const { chain } = context()
    const before: Block[] = []
    await chain.add(bytes('1'))
    const first = await chain.consume('reader', reader(before))
    await first.drained()
    await first.close()
    await chain.add(bytes('2'))
    expect(before.length).toBe(1)
    const after: Block[] = []
    const second = await chain.consume('reader', reader(after))
    await second.drained()
    expect(await Promise.all(after.map(contentText))).toEqual(['2'])
    await second.close()
  })

  it('hand a change over again until its handler succeeds', async () => {
    const { chain } = context()
    let attempts = 0
    const consumer = await chain.consume('struggling', async () => {
      attempts++
      if (attempts < 3) throw new RangeError('not yet')
    })
    await chain.add(bytes('hard'))
    await consumer.drained()
    expect(attempts).toBe(3)
    expect(consumer.failure).toBeUndefined()
    await consumer.close()
  })

  it('can begin now', async () => {
    const { chain } = context()
    await chain.add(bytes('old'))
    const seen: Block[] = []
    const consumer = await chain.consume('newcomer', reader(seen), { from: 'now' })
    await chain.add(bytes('new'))
    await consumer.drained()
    expect(await Promise.all(seen.map(contentText))).toEqual(['new'])
    await consumer.close()
  })

  it('tell of each failure of their handler', async () => {
    const { chain } = context()
    const told: ConsumerFailure[] = []
    const handler = async (): Promise<void> => {
      if (told.length < 2) throw new RangeError('not yet')
    }
    const consumer = await chain.consume('struggling', handler, { onFailure: (failure) => told.push(failure) })
    await chain.add(bytes('hard'))
    await consumer.drained()
    expect(told.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(told[1]?.retryIn).toBeGreaterThan(told[0]?.retryIn ?? 0)
    expect(told[0]).toMatchObject({ consumer: 'struggling', error: { message: 'not yet' } })
    await consumer.close()
  })

  it('of different names do not wait for each other, nor does anybody wait for them', async () => {
    const { chain } = context()
    const gate = Promise.withResolvers<void>()
    const slow = await chain.consume('slow', async () => await gate.promise)
    const failing = await chain.consume('failing', async () => {
      throw new RangeError('never')
    })
    const seen: Block[] = []
    const quick = await chain.consume('quick', reader(seen))
    await chain.add(bytes('1'))
    await chain.add(bytes('2'))
    await quick.drained()
    expect(await Promise.all(seen.map(contentText))).toEqual(['1', '2'])
    gate.resolve()
    await slow.drained()
    for (const consumer of [slow, failing, quick]) await consumer.close()
  })

  it('refuse a second one of the same name while the first runs', async () => {
    const { chain } = context()
    const first = await chain.consume('reader', async () => {})
    await expect(chain.consume('reader', async () => {})).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    await first.close()
    await (await chain.consume('reader', async () => {})).close()
  })

  it('end with their signal', async () => {
    const { chain } = context()
    const stopping = new AbortController()
    const consumer = await chain.consume('reader', async () => {}, { signal: stopping.signal })
    await consumer.drained()
    stopping.abort()
    await chain.add(bytes('unheard'))
    await expect(consumer.drained()).rejects.toMatchObject({ name: 'ClosedError' })
    await (await chain.consume('reader', async () => {})).close()
  })
}
