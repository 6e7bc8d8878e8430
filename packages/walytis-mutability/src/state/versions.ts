import type { PublicKey } from '@libp2p/interface'
import type { BlockId } from 'walytis/interface'
import type { ChangeKind } from '../operations/format.ts'

/** What the fold needs to know of a block that changes an original. Ids are CID strings. */
export interface ChangeRecord {
  readonly id: string
  /** The id itself: with the height, the place in the canonical order. */
  readonly block: BlockId
  readonly height: number
  readonly kind: ChangeKind
  readonly author: string
  readonly creator: PublicKey
  /** As its author claims; display only. */
  readonly time: Date
  /** Bytes of an update's content, 0 for other changes. */
  readonly size: number
}

/** What is shown of an update. */
export type ShownUpdate = Pick<ChangeRecord, 'block' | 'time' | 'size'>

/** A change that takes effect, with its place among the other changes of the same original. */
export interface LinkedChange extends ChangeRecord {
  /** The latest changes in effect that it follows, in canonical order; empty when it directly follows the original. */
  readonly follows: readonly LinkedChange[]
  /** The update whose content stands once this change is made; undefined: the original's own content. */
  readonly shows: ChangeRecord | undefined
}

/** The canonical order: by height, then by id (docs/protocol.md §4). Respects causality. */
export function compareCanonically(a: ChangeRecord, b: ChangeRecord): number {
  return a.height - b.height || compareBytes(a.block.bytes, b.block.bytes)
}

/** The canonically last of some changes. */
export function lastOf<C extends ChangeRecord>(changes: readonly C[]): C | undefined {
  return changes.reduce<C | undefined>(
    (last, change) => (last === undefined || compareCanonically(last, change) < 0 ? change : last),
    undefined
  )
}

/**
 * The content that stands after some changes that don't follow each other: the canonically last among the updates that
 * no other update follows. A delete or restore stands for the update beneath it, so a concurrent edit is never lost.
 */
export function shownBy(changes: readonly LinkedChange[]): ChangeRecord | undefined {
  return lastOf(changes.flatMap((change) => change.shows ?? []))
}

/** Give a change its place. `follows` must be maximal: none of them follows another. */
export function link(record: ChangeRecord, follows: readonly LinkedChange[]): LinkedChange {
  return {
    ...record,
    follows: [...follows].sort(compareCanonically),
    shows: record.kind === 'update' ? record : shownBy(follows)
  }
}

/**
 * The maximal ones among `tips` and all that they follow, which `isAncestor` says are ancestors of a block: what a change in
 * that block follows. Asks about tips first, so a change that follows everything known costs one question per tip.
 */
export async function followedBy(
  tips: readonly LinkedChange[],
  isAncestor: (change: LinkedChange) => Promise<boolean>
): Promise<LinkedChange[]> {
  const followed = new Map<string, LinkedChange>()
  const asked = new Set<string>()
  const queue = [...tips]
  for (let change = queue.pop(); change !== undefined; change = queue.pop()) {
    if (asked.has(change.id)) continue
    asked.add(change.id)
    if (await isAncestor(change)) followed.set(change.id, change)
    else queue.push(...change.follows)
  }
  return maximal([...followed.values()])
}

/** Those that no other one follows, directly or through others. */
function maximal(changes: readonly LinkedChange[]): LinkedChange[] {
  if (changes.length < 2) return [...changes]
  const lowest = Math.min(...changes.map((change) => change.height))
  const below = new Set<string>()
  const queue = changes.flatMap((change) => change.follows)
  for (let change = queue.pop(); change !== undefined; change = queue.pop()) {
    if (below.has(change.id) || change.height < lowest) continue
    below.add(change.id)
    queue.push(...change.follows)
  }
  return changes.filter((change) => !below.has(change.id))
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.byteLength, b.byteLength)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.byteLength - b.byteLength
}
