import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BlockId } from 'walytis/interface'
import { covers, isSame, type Precedes, union } from '../../src/state/frontier.ts'
import { blockId } from '../people.ts'

/** A random graph: each block follows some of those before it. */
const graph = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
  .map((links) => links.map((of, index) => (index === 0 ? [] : [...new Set(of.map((each) => each % index))])))

/** Everything that a block follows, itself included. */
function closureOf(links: number[][], index: number): Set<number> {
  const reached = new Set([index])
  for (const each of links[index] ?? []) for (const further of closureOf(links, each)) reached.add(further)
  return reached
}

const idOf = (index: number): BlockId => blockId(index)
const indexOf = (id: BlockId): number => id.multihash.digest[0] ?? -1

const precedesIn =
  (links: number[][]): Precedes =>
  async (ancestor, descendant) =>
    !ancestor.equals(descendant) && closureOf(links, indexOf(descendant)).has(indexOf(ancestor))

/** What a frontier stands for, naively. */
function standsFor(links: number[][], frontier: readonly BlockId[]): number[] {
  return [...new Set(frontier.flatMap((id) => [...closureOf(links, indexOf(id))]))].sort((a, b) => a - b)
}

describe('frontiers', () => {
  it('cover what is an ancestor of one of their blocks, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(graph, fc.array(fc.nat(), { maxLength: 4 }), async (links, picks) => {
        const frontier = picks.map((pick) => idOf(pick % links.length))
        const covered: number[] = []
        for (const index of links.keys()) {
          if (await covers(frontier, idOf(index), precedesIn(links))) covered.push(index)
        }
        expect(covered).toEqual(standsFor(links, frontier))
      })
    )
  })

  it('stand together for what either stands for, by no more blocks than it takes', async () => {
    const picks = fc.array(fc.nat(), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(graph, picks, picks, async (links, first, second) => {
        const precedes = precedesIn(links)
        const a = first.map((pick) => idOf(pick % links.length))
        const b = second.map((pick) => idOf(pick % links.length))
        const both = await union(a, b, precedes)
        expect(standsFor(links, both)).toEqual(standsFor(links, [...a, ...b]))
        for (const id of both) {
          expect(
            await covers(
              both.filter((each) => !each.equals(id)),
              id,
              precedes
            )
          ).toBe(false)
        }
        expect(isSame(await union(both, a, precedes), both)).toBe(true)
      })
    )
  })

  it('name at most sixteen blocks, the newly named ones first', async () => {
    const many = Array.from({ length: 20 }, (_, index) => blockId(index))
    const none: Precedes = async () => false
    const both = await union(many.slice(0, 16), many.slice(16), none)
    expect(both).toHaveLength(16)
    expect(both.slice(0, 4)).toEqual(many.slice(16))
  })
})
