import { compareIds, idKey } from '../block/id.ts'
import { MAX_PARENTS } from '../constants.ts'
import type { BlockId } from '../interface/index.ts'
import type { OrderedId } from '../replica.ts'
import { compareOrder } from './order.ts'

/**
 * Heads of a set of blocks: those of the set that no other of the set follows, through whatever blocks outside it. Pure: the
 * graph is asked through `Walk`.
 */

/** What the walks below ask about the graph. */
export interface Walk {
  /** Direct links of a block to the past. */
  links(id: BlockId): Promise<readonly BlockId[]>
  /** Blocks that link directly to a block. */
  children(id: BlockId): Promise<readonly BlockId[]>
  /** Whether a block belongs to the set. */
  inSet(id: BlockId): Promise<boolean>
}

/** The parents that a new block takes from the heads: at most 16, the highest, sorted as a block lists them. */
export function chooseParents(heads: Iterable<OrderedId>): BlockId[] {
  return [...heads]
    .sort((a, b) => compareOrder(b, a))
    .slice(0, MAX_PARENTS)
    .map((head) => head.id)
    .sort(compareIds)
}

/**
 * The nearest blocks of the set below a block: what it follows directly, blocks outside the set skipped. Costs nothing when
 * all its links are in the set, else as many steps as there are blocks outside it in between.
 */
export async function nearestBelow(id: BlockId, walk: Walk): Promise<BlockId[]> {
  const nearest = new Map<string, BlockId>()
  await search(await walk.links(id), async (below) => {
    if (!(await walk.inSet(below))) return await walk.links(below)
    nearest.set(idKey(below), below)
    return []
  })
  return [...nearest.values()]
}

/** Whether any block of the set follows this one. */
export async function isFollowed(id: BlockId, walk: Walk): Promise<boolean> {
  let followed = false
  await search(await walk.children(id), async (above) => {
    if (followed) return []
    if (!(await walk.inSet(above))) return await walk.children(above)
    followed = true
    return []
  })
  return followed
}

/** Visit each block reached once; `visit` says where to go on. */
async function search(start: readonly BlockId[], visit: (id: BlockId) => Promise<readonly BlockId[]>): Promise<void> {
  const seen = new Set<string>()
  const open = [...start]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const key = idKey(id)
    if (seen.has(key)) continue
    seen.add(key)
    open.push(...(await visit(id)))
  }
}
