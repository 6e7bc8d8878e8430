import { FILE_FANOUT, FILE_LEAF_BYTES } from '../constants.ts'

/**
 * The tree of a larger content's UnixFS file (docs/protocol.md, "Larger content"). Its size alone decides its shape: leaves of 256 KiB, inner
 * nodes with 1,024 links, all full but the last of each level. So there is one tree for one content, and a root that lies
 * about its size, goes deeper, or leaves bytes out has another shape than it must have. Pure.
 */

/** Where a node stands: level 0 are the leaves, in the order of the bytes. */
export interface NodePlace {
  readonly level: number
  readonly index: number
}

export interface FileShape {
  /** Bytes of content. */
  readonly size: number
  /** Nodes of each level, leaves first; one on the last: the root. */
  readonly counts: readonly number[]
  /** All nodes. */
  readonly total: number
}

/** @param size more than 256 KiB, at most 256 GiB */
export function shapeOf(size: number): FileShape {
  const counts = [Math.ceil(size / FILE_LEAF_BYTES)]
  for (let last = counts[0] ?? 1; last > 1; last = counts.at(-1) ?? 1) counts.push(Math.ceil(last / FILE_FANOUT))
  return { size, counts, total: counts.reduce((sum, count) => sum + count, 0) }
}

/** The node at a position, from 0, of the order in which nodes travel: the root first, each node before what is beneath it. */
export function placeAt(shape: FileShape, position: number): NodePlace {
  let level = shape.counts.length - 1
  let index = 0
  let rest = position
  while (rest > 0) {
    const beneath = subtreeNodes(level - 1)
    const child = Math.floor((rest - 1) / beneath)
    rest = (rest - 1) % beneath
    index = index * FILE_FANOUT + child
    level--
  }
  return { level, index }
}

/** The position of a node in that order. */
export function positionOf(shape: FileShape, { level, index }: NodePlace): number {
  let position = 0
  let within = index
  for (let height = level; height < shape.counts.length - 1; height++) {
    // the siblings before, and the parent
    position += (within % FILE_FANOUT) * subtreeNodes(height) + 1
    within = Math.floor(within / FILE_FANOUT)
  }
  return position
}

/** Bytes of content beneath a node. */
export function bytesUnder(shape: FileShape, { level, index }: NodePlace): number {
  const full = FILE_LEAF_BYTES * FILE_FANOUT ** level
  return Math.min(full, shape.size - index * full)
}

/** Bytes of content in the first nodes of that order. */
export function bytesBefore(shape: FileShape, position: number): number {
  if (position >= shape.total) return shape.size
  const { level, index } = placeAt(shape, position)
  return index * FILE_LEAF_BYTES * FILE_FANOUT ** level
}

/** Places of a node's children, in order. */
export function childrenOf(shape: FileShape, { level, index }: NodePlace): NodePlace[] {
  const first = index * FILE_FANOUT
  const count = Math.min(FILE_FANOUT, (shape.counts[level - 1] ?? 0) - first)
  return Array.from({ length: count }, (_, child) => ({ level: level - 1, index: first + child }))
}

/** The place of a node's parent; undefined for the root. */
export function parentOf(shape: FileShape, { level, index }: NodePlace): NodePlace | undefined {
  if (level >= shape.counts.length - 1) return undefined
  return { level: level + 1, index: Math.floor(index / FILE_FANOUT) }
}

/** Nodes of a full subtree whose top is on this level. */
function subtreeNodes(level: number): number {
  let nodes = 1
  for (let height = 0; height < level; height++) nodes = 1 + FILE_FANOUT * nodes
  return nodes
}
