import { compareIds } from '../block/id.ts'
import type { BlockId } from '../interface/index.ts'
import type { OrderedId } from '../replica.ts'

/**
 * The canonical order: by height, then by the bytes of the id. Ancestors come before descendants, since height grows along
 * every link, and all nodes that know the same blocks list them alike.
 */
export function compareOrder(a: OrderedId, b: OrderedId): number {
  return a.height - b.height || compareIds(a.id, b.id)
}

/** A block's links to the past: its parents, then `prev` when it is not among them. */
export function linksOf(block: { readonly parents: BlockId[]; readonly prev: BlockId | null }): BlockId[] {
  const { parents, prev } = block
  return prev === null || parents.some((parent) => parent.equals(prev)) ? parents : [...parents, prev]
}

/**
 * Merge sorted sequences into one in canonical order, or its reverse; what several have in common comes once.
 */
export async function* mergeOrdered<T extends OrderedId>(
  sources: AsyncIterable<T>[],
  reverse = false
): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]())
  try {
    const fronts = await Promise.all(iterators.map((iterator) => iterator.next()))
    while (true) {
      const best = pickFirst(fronts, reverse)
      if (best === undefined) return
      yield best
      for (const [index, front] of fronts.entries()) {
        const iterator = iterators[index]
        if (front.done !== true && iterator !== undefined && compareOrder(front.value, best) === 0) {
          fronts[index] = await iterator.next()
        }
      }
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()))
  }
}

function pickFirst<T extends OrderedId>(fronts: IteratorResult<T>[], reverse: boolean): T | undefined {
  let best: T | undefined
  for (const front of fronts) {
    if (front.done === true) continue
    const order = best === undefined ? -1 : compareOrder(front.value, best)
    if (reverse && best !== undefined ? order > 0 : order < 0) best = front.value
  }
  return best
}
