/**
 * Frontiers: a few blocks that stand for themselves and everything before them. What somebody has, or has read, is one. Unlike a place in the
 * canonical order, a frontier says nothing of blocks that were written beside it and came later.
 */
import type { BlockId } from 'walytis/interface'
import { MAX_FRONTIER } from '../constants.ts'

/** Blocks, none of which is an ancestor of another as far as was known. */
export type Frontier = readonly BlockId[]

/** Whether a block is a proper ancestor of another; false while either is not known here. */
export type Precedes = (ancestor: BlockId, descendant: BlockId) => Promise<boolean>

/** Whether a block is in what a frontier stands for. */
export async function covers(frontier: Frontier, id: BlockId, precedes: Precedes): Promise<boolean> {
  if (frontier.some((each) => each.equals(id))) return true
  for (const each of frontier) if (await precedes(id, each)) return true
  return false
}

/** What either of two frontiers stands for. When that takes too many blocks, later ones are preferred: something read may show as unread again. */
export async function union(a: Frontier, b: Frontier, precedes: Precedes): Promise<Frontier> {
  const result: BlockId[] = []
  for (const [index, id] of [...b, ...a].entries()) {
    const others = [...b, ...a].filter((_, at) => at !== index)
    const isRepeated = [...b, ...a].slice(0, index).some((each) => each.equals(id))
    const distinct = others.filter((each) => !each.equals(id))
    if (!isRepeated && !(await covers(distinct, id, precedes))) result.push(id)
  }
  return result.slice(0, MAX_FRONTIER)
}

/** Whether two frontiers name the same blocks. */
export function isSame(a: Frontier, b: Frontier): boolean {
  return a.length === b.length && a.every((id) => b.some((each) => each.equals(id)))
}
