import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockIdOf } from '../../src/block/id.ts'
import { compareOrder } from '../../src/graph/order.ts'
import type { OrderedId } from '../../src/replica.ts'
import { MAX_IDS_PER_MESSAGE, MAX_RANGES_PER_MESSAGE, MAX_RECONCILE_MESSAGES } from '../../src/sync/limits.ts'
import { decodeMessage, encodeMessage, type Range } from '../../src/sync/messages.ts'
import { type IdSource, openReconciliation, reconcile } from '../../src/sync/reconcile.ts'

const entry = (n: number): OrderedId => ({ height: n % 97, id: blockIdOf(Uint8Array.of(n >> 8, n & 255)) })
const chain = blockIdOf(new Uint8Array(1))

function sourceOf(entries: readonly OrderedId[]): IdSource {
  const sorted = [...entries].sort(compareOrder)
  return async function* (lower, upper) {
    for (const one of sorted) {
      if (lower !== undefined && compareOrder(one, lower) < 0) continue
      if (upper !== undefined && compareOrder(one, upper) >= 0) return
      yield one
    }
  }
}

interface Outcome {
  readonly have: Set<string>
  readonly need: Set<string>
}

/** Both sides in turn, by messages as they travel, until one has nothing more to say. */
async function run(
  ours: readonly OrderedId[],
  theirs: readonly OrderedId[]
): Promise<{ us: Outcome; them: Outcome; messages: number }> {
  const sides = [ours, theirs].map((entries) => ({
    ids: sourceOf(entries),
    have: new Set<string>(),
    need: new Set<string>()
  }))
  let ranges: readonly Range[] = await openReconciliation((sides[0] as (typeof sides)[0]).ids)
  let messages = 0
  for (let turn = 1; ranges.length > 0; turn++) {
    expect(ranges.length).toBeLessThanOrEqual(MAX_RANGES_PER_MESSAGE)
    expect(ranges.reduce((sum, { part }) => sum + (Array.isArray(part) ? part.length : 0), 0)).toBeLessThanOrEqual(
      MAX_IDS_PER_MESSAGE
    )
    const travelled = decodeMessage(encodeMessage({ type: 'ranges', chain, round: 1, ranges }))
    if (travelled?.type !== 'ranges') return expect.unreachable('the message can not be decoded')
    expect(++messages).toBeLessThan(MAX_RECONCILE_MESSAGES)
    const side = sides[turn % 2] as (typeof sides)[0]
    const step = await reconcile(travelled.ranges, side.ids)
    for (const { id } of step.have) side.have.add(id.toString())
    for (const { id } of step.need) side.need.add(id.toString())
    ranges = step.reply
  }
  return { us: sides[0] as Outcome, them: sides[1] as Outcome, messages }
}

/** The naive difference of sets: what the real one has to find. */
function difference(a: readonly OrderedId[], b: readonly OrderedId[]): Set<string> {
  const known = new Set(b.map(({ id }) => id.toString()))
  return new Set(a.map(({ id }) => id.toString()).filter((id) => !known.has(id)))
}

async function expectDifference(ours: readonly OrderedId[], theirs: readonly OrderedId[]): Promise<number> {
  const { us, them, messages } = await run(ours, theirs)
  // each difference is found by at least one side: as its own surplus or as its lack
  expect(new Set([...us.have, ...them.need])).toEqual(difference(ours, theirs))
  expect(new Set([...us.need, ...them.have])).toEqual(difference(theirs, ours))
  return messages
}

describe('reconciliation of sets', () => {
  it('finds the same differences as the naive comparison, whatever the sets', async () => {
    const numbers = fc.uniqueArray(fc.nat({ max: 1200 }), { maxLength: 400 })
    await fc.assert(
      fc.asyncProperty(numbers, numbers, numbers, async (common, ours, theirs) => {
        const left = [...new Set([...common, ...ours])].map(entry)
        const right = [...new Set([...common, ...theirs])].map(entry)
        await expectDifference(left, right)
      }),
      { numRuns: 60 }
    )
  })

  it('finds one difference among thousands in a few messages', async () => {
    const all = Array.from({ length: 5000 }, (_, i) => entry(i))
    expect(await expectDifference(all, all.toSpliced(2345, 1))).toBeLessThanOrEqual(6)
  })

  it('says nothing more about equal sets', async () => {
    const all = Array.from({ length: 300 }, (_, i) => entry(i))
    expect(await expectDifference(all, all)).toBe(1)
  })

  it('copes with one side empty', async () => {
    const all = Array.from({ length: 1000 }, (_, i) => entry(i))
    await expectDifference(all, [])
    await expectDifference([], all)
    await expectDifference([], [])
  })

  it('keeps messages within their limits when everything differs', async () => {
    const all = Array.from({ length: 20_000 }, (_, i) => entry(i))
    await expectDifference(
      all.filter((_, i) => i % 2 === 0),
      all.filter((_, i) => i % 2 === 1)
    )
  })
})
