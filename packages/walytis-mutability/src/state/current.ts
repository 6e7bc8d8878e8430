import type { MayChange, OriginalInfo } from '../interface.ts'
import {
  type ChangeRecord,
  followedBy,
  type LinkedChange,
  lastOf,
  link,
  type ShownUpdate,
  shownBy
} from './versions.ts'

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
export const UNCHANGED: CurrentState = {
  changes: [],
  tips: [],
  current: undefined,
  deleted: false,
  shows: undefined
}

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

/** The state of changes that have their places already, in canonical order. */
export function stateAfter(changes: readonly LinkedChange[]): CurrentState {
  const followed = new Set(changes.flatMap((change) => change.follows.map(({ id }) => id)))
  return stateOf(
    changes,
    changes.filter(({ id }) => !followed.has(id))
  )
}

/** What a policy is shown of the state that stands after `tips`. */
export function standing(tips: readonly LinkedChange[]): Parameters<MayChange>[2] {
  return { deleted: isDeleted(tips), latest: tips }
}

/** What shows of an original after its changes. */
export interface Standing {
  readonly deleted: boolean
  /** The update whose content stands; undefined: the original's own. Kept for deleted ones too. */
  readonly shows: ShownUpdate | undefined
}

/** What stands of an original that nobody has changed. */
export const UNTOUCHED: Standing = { deleted: false, shows: undefined }

/** What became different for whoever looks at the block, in the words of the events. */
export function differenceBetween(before: Standing, after: Standing): 'edited' | 'deleted' | 'restored' | undefined {
  if (before.deleted !== after.deleted) return after.deleted ? 'deleted' : 'restored'
  return !after.deleted && before.shows?.block.toString() !== after.shows?.block.toString() ? 'edited' : undefined
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
