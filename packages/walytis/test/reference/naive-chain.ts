import type { SignedBlock } from '../../src/interface/index.ts'

/**
 * The rules of a chain as directly as they can be said, without regard for cost: what the real code must agree with.
 */
export interface NaiveState {
  /** Names of blocks in canonical order. */
  readonly order: string[]
  readonly inEffect: string[]
  readonly heads: string[]
  readonly replicated: string[]
  readonly replicatedHeads: string[]
}

export interface NaiveBlock {
  readonly block: SignedBlock
  readonly revoked: boolean
  readonly retained: boolean
}

export function naiveState(blocks: readonly NaiveBlock[]): NaiveState {
  const name = (one: NaiveBlock): string => one.block.id.toString()
  const order = [...blocks].sort(
    (a, b) => a.block.height - b.block.height || Buffer.compare(a.block.id.bytes, b.block.id.bytes)
  )
  const inEffect = order.filter((one) => !one.revoked)
  const roots = order.filter((one) => !one.revoked || one.retained)
  const replicated = order.filter((one) => roots.some((root) => root === one || follows(root, one, blocks)))
  return {
    order: order.map(name),
    inEffect: inEffect.map(name),
    heads: maximal(inEffect, blocks).map(name),
    replicated: replicated.map(name),
    replicatedHeads: maximal(replicated, blocks).map(name)
  }
}

/** Whether `later` has `earlier` among its ancestors. */
export function follows(later: NaiveBlock, earlier: NaiveBlock, blocks: readonly NaiveBlock[]): boolean {
  const { parents, prev } = later.block
  const links = prev === null ? parents : [...parents, prev]
  return links.some((link) => {
    if (link.equals(earlier.block.id)) return true
    const linked = blocks.find((one) => one.block.id.equals(link))
    return linked !== undefined && follows(linked, earlier, blocks)
  })
}

function maximal(set: readonly NaiveBlock[], blocks: readonly NaiveBlock[]): NaiveBlock[] {
  return set.filter((one) => !set.some((other) => follows(other, one, blocks)))
}
