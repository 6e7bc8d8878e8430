import type { MayChange, OriginalInfo } from '../interface.ts'
import { applyChange, type CurrentState, type IsAncestor, stateAfter, UNCHANGED } from './current.ts'
import { type ChangeRecord, compareCanonically, type LinkedChange } from './versions.ts'

/** All changes of one original that are in effect, and what they come to. Plain data, never changed in place. */
export interface History {
  /** In effect, well-formed, and after the original; in canonical order. Some may be denied. */
  readonly records: readonly ChangeRecord[]
  readonly state: CurrentState
}

/** A history, and from which of its records on it was judged anew. */
export interface Judged {
  readonly history: History
  readonly from: number
}

/** What judging needs to know. */
export interface Judging {
  readonly original: OriginalInfo
  readonly mayChange: MayChange
  readonly isAncestor: IsAncestor
}

/** A record as it is kept, with what was found of it. */
export interface KeptRecord {
  readonly record: ChangeRecord
  /** Undefined: denied. Else ids of the changes that it follows, and of the update that stands after it, if any. */
  readonly place: { readonly follows: readonly string[]; readonly shows: string | undefined } | undefined
}

/** The history of an original that nobody has changed. */
export const NO_HISTORY: History = { records: [], state: UNCHANGED }

/** With one more record. What comes canonically before it stays as it was judged. */
export async function withRecord(history: History, record: ChangeRecord, judging: Judging): Promise<Judged> {
  const last = history.records.at(-1)
  const isLast = last === undefined || compareCanonically(last, record) < 0
  const from = isLast
    ? history.records.length
    : history.records.findIndex((known) => compareCanonically(known, record) > 0)
  return await judged(history, [record, ...history.records.slice(from)], from, judging)
}

/** Without the record of this id. */
export async function withoutRecord(history: History, id: string, judging: Judging): Promise<Judged> {
  const from = history.records.findIndex((record) => record.id === id)
  if (from === -1) return { history, from: history.records.length }
  return await judged(history, history.records.slice(from + 1), from, judging)
}

/** A history from what was kept of it, in any order. Undefined when records are missing that others speak of. */
export function historyOf(kept: readonly KeptRecord[]): History | undefined {
  const ordered = [...kept].sort((a, b) => compareCanonically(a.record, b.record))
  const records = new Map(ordered.map(({ record }) => [record.id, record]))
  const linked = new Map<string, LinkedChange>()
  for (const { record, place } of ordered) {
    if (place === undefined) continue
    const follows = place.follows.flatMap((id) => linked.get(id) ?? [])
    const shows = place.shows === undefined ? undefined : records.get(place.shows)
    if (follows.length !== place.follows.length || (shows === undefined && place.shows !== undefined)) return undefined
    linked.set(record.id, { ...record, follows, shows })
  }
  return { records: ordered.map(({ record }) => record), state: stateAfter([...linked.values()]) }
}

/** The history whose first records are kept, and whose others are these, in canonical order. */
async function judged(
  { records, state }: History,
  rest: readonly ChangeRecord[],
  from: number,
  { original, mayChange, isAncestor }: Judging
): Promise<Judged> {
  const kept = records.slice(0, from)
  const last = kept.at(-1)
  let next = state
  if (from < records.length) {
    const before = last === undefined ? [] : state.changes.filter((change) => compareCanonically(change, last) <= 0)
    next = stateAfter(before)
  }
  for (const record of rest) next = await applyChange(next, record, original, mayChange, isAncestor)
  return { history: { records: [...kept, ...rest], state: next }, from }
}
