import type { BlockView } from '../app/view.ts'
import { STAGE_ROLES, type StageBlock, type StageRole } from './view.ts'

/** What several devices have of one chat, put together: each block once, lowest first. */
export function mergedGraph(graphs: ReadonlyMap<StageRole, readonly BlockView[]>, most: number): StageBlock[] {
  const blocks = new Map<string, StageBlock>()
  for (const role of STAGE_ROLES) {
    for (const { id, parents, height, author } of graphs.get(role) ?? []) {
      const heldBy = [...(blocks.get(id)?.heldBy ?? []), role]
      blocks.set(id, { id, parents, height, author, heldBy })
    }
  }
  return [...blocks.values()].sort((a, b) => a.height - b.height || (a.id < b.id ? -1 : 1)).slice(-most)
}
