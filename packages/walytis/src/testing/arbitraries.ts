import fc from 'fast-check'
import type { DrawnGraph } from './draw-dag.ts'

/** Random input for property tests. */

/**
 * Random histories for `forgeDag`: up to `size` blocks by authors with these initials, each seeing what some others saw. An
 * author who does not see its own last block forks.
 */
export function arbitraryDag(initials: readonly string[], size: number, forks = false): fc.Arbitrary<DrawnGraph> {
  const step = fc.record({
    author: fc.constantFrom(...initials),
    sees: fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 3 })
  })
  return fc.array(step, { minLength: 1, maxLength: size }).map((steps) => {
    const graph = new Map<string, string[]>()
    const last = new Map<string, string>()
    for (const [index, { author, sees }] of steps.entries()) {
      const names = [...graph.keys()]
      const chosen = new Set(sees.flatMap((seen) => names[seen % Math.max(1, names.length)] ?? []))
      const own = last.get(author)
      if (!forks && own !== undefined) chosen.add(own)
      const name = `${author}${index}`
      graph.set(name, [...chosen])
      last.set(author, name)
    }
    return graph
  })
}

/** All of an array in a random order. */
export function arbitraryOrder<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length })
}
