import { idKey } from '../block/id.ts'
import type { BlockId } from '../interface/index.ts'

/** A block as far as ancestry is concerned. */
export interface AncestryNode {
  readonly id: BlockId
  readonly height: number
  readonly seq: number
  /** Equal for blocks of one creator. */
  readonly creator: string
  readonly links: readonly BlockId[]
}

/** How to look blocks up. */
export interface AncestryGraph {
  node(id: BlockId): Promise<AncestryNode>
  /** Whether two blocks of this creator with one seq are known. */
  hasForked(creator: string): boolean
}

/**
 * Whether `ancestor` is a proper ancestor of `descendant`.
 *
 * Walks down from the descendant, highest blocks first, and never below the ancestor's height, so it remembers only the
 * frontier. A later block of the ancestor's creator ends the search at once: `prev` links it to the ancestor, unless the
 * creator has forked.
 */
export async function isAncestor(
  ancestor: AncestryNode,
  descendant: AncestryNode,
  graph: AncestryGraph
): Promise<boolean> {
  const mayJump = !graph.hasForked(ancestor.creator)
  const frontier = new Frontier()
  let current: AncestryNode | undefined = descendant
  while (current !== undefined) {
    if (mayJump && current.creator === ancestor.creator && current.seq > ancestor.seq) return true
    if (current.height > ancestor.height) {
      for (const link of current.links) {
        if (link.equals(ancestor.id)) return true
        const node = await graph.node(link)
        if (node.height > ancestor.height) frontier.push(node)
      }
    }
    current = frontier.pop()
  }
  return false
}

/** Blocks still to be looked at, by height; each once. */
class Frontier {
  readonly #levels = new Map<number, Map<string, AncestryNode>>()

  push(node: AncestryNode): void {
    let level = this.#levels.get(node.height)
    if (level === undefined) {
      level = new Map()
      this.#levels.set(node.height, level)
    }
    level.set(idKey(node.id), node)
  }

  /** One of the highest. Nothing at its height or above can be pushed later, since links lead down. */
  pop(): AncestryNode | undefined {
    let highest = -1
    for (const height of this.#levels.keys()) if (height > highest) highest = height
    const level = this.#levels.get(highest)
    const entry = level?.entries().next().value
    if (level === undefined || entry === undefined) return undefined
    level.delete(entry[0])
    if (level.size === 0) this.#levels.delete(highest)
    return entry[1]
  }
}
