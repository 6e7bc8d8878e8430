import type { MayChange, OriginalInfo } from '../interface.ts'
import { type ChangeRecord, followedBy, type LinkedChange, lastOf, link, shownBy } from './versions.ts'

/** How an original stands after the changes in effect that are known (docs/protocol.md §4). Plain data. */
export interface CurrentState {
  /** Changes in effect and permitted, in canonical order. */
  readonly changes: readonly LinkedChange[]
  /** Those that no other follows, in canonical order. */
  readonly tips: readonly LinkedChange[]
  /** The one that decides: the canonically last delete among the tips, else the canonically last tip. */
  readonly current: LinkedChange | undefined
  readonly deleted: boolean
  /** The update whose content stands; undefined: the original's own. Kept for deleted ones too. */
  readonly shows: ChangeRecord | undefined
}

/** An original that nobody has changed. */
export const UNCHANGED: CurrentState = stateOf([], [])

/** Whether `ancestor` is a proper ancestor of `descendant`, by their ids. */
export type IsAncestor = (ancestor: ChangeRecord, descendant: ChangeRecord) => Promise<boolean>

/**
 * The state after one more change, which must come canonically after all that the state holds. A change that `mayChange`
 * denies leaves the state as it is.
 */
export async function applyChange(
  state: CurrentState,
  record: ChangeRecord,
  original: OriginalInfo,
  mayChange: MayChange,
  isAncestor: IsAncestor
): Promise<CurrentState> {
  const follows = await followedBy(state.tips, (change) => isAncestor(change, record))
  if (!mayChange(record, original, standing(follows))) return state
  const change = link(record, follows)
  return stateOf([...state.changes, change], [...state.tips.filter((tip) => !follows.includes(tip)), change])
}

/** The state after all of `records`, which must be in canonical order. Depends on the set alone. */
export async function foldChanges(
  records: readonly ChangeRecord[],
  original: OriginalInfo,
  mayChange: MayChange,
  isAncestor: IsAncestor
): Promise<CurrentState> {
  let state = UNCHANGED
  for (const record of records) state = await applyChange(state, record, original, mayChange, isAncestor)
  return state
}

/** What a policy is shown of the state that stands after `tips`. */
export function standing(tips: readonly LinkedChange[]): Parameters<MayChange>[2] {
  return { deleted: isDeleted(tips), latest: tips }
}

/** What became different for whoever looks at the block, in the words of the events. */
export function differenceBetween(
  before: CurrentState,
  after: CurrentState
): 'edited' | 'deleted' | 'restored' | undefined {
  if (before.deleted !== after.deleted) return after.deleted ? 'deleted' : 'restored'
  return !after.deleted && before.shows?.id !== after.shows?.id ? 'edited' : undefined
}

function stateOf(changes: readonly LinkedChange[], tips: readonly LinkedChange[]): CurrentState {
  const deletes = tips.filter((tip) => tip.kind === 'delete')
  return {
    changes,
    tips,
    current: lastOf(deletes.length > 0 ? deletes : tips),
    deleted: isDeleted(tips),
    shows: shownBy(tips)
  }
}

/**
 * A delete beats everything concurrent with it, restores included: a restore undoes the deletes that it follows. (Were only
 * edits beaten, delete < restore < edit < delete could go in a circle.)
 */
function isDeleted(tips: readonly LinkedChange[]): boolean {
  return tips.some((tip) => tip.kind === 'delete')
}
