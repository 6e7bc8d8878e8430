/**
 * What a vault says, as a pure function of its records: for each kind and key the record that is latest in canonical order. The
 * order in which records arrive does not matter, nor does seeing one twice.
 */
import { compare } from 'uint8arrays/compare'
import type { BlockId } from 'walytis/interface'
import type { Did } from 'walytis-identities'
import type { ChatRecord, ContactRecord, KnownRecord, VaultRecord } from './records.ts'

/** A record and where its block stands in the vault's chain. */
export interface VaultEntry {
  readonly record: VaultRecord
  readonly height: number
  readonly id: BlockId
}

/** The latest entry for each kind and key. */
export type VaultState = ReadonlyMap<string, VaultEntry>

/** The state of a vault without records. */
export const EMPTY_VAULT: VaultState = new Map()

/** The state that follows from a state and more entries, in whatever order. */
export function foldVault(state: VaultState, entries: Iterable<VaultEntry>): VaultState {
  const next = new Map(state)
  for (const entry of entries) {
    const slot = slotOf(entry.record)
    const held = next.get(slot)
    if (held === undefined || isLater(entry, held)) next.set(slot, entry)
  }
  return next
}

/** Of these entries, the records that hold in a state. */
export function recordsThatHold(state: VaultState, entries: Iterable<VaultEntry>): VaultRecord[] {
  return [...entries].filter(({ record, id }) => state.get(slotOf(record))?.id.equals(id)).map(({ record }) => record)
}

/** The records that hold after a change and did not before. */
export function changesBetween(before: VaultState, after: VaultState): VaultRecord[] {
  return [...after].filter(([slot, { id }]) => before.get(slot)?.id.equals(id) !== true).map(([, { record }]) => record)
}

/** The record that holds for a kind and key. */
export function findRecord<K extends KnownRecord['kind']>(
  state: VaultState,
  kind: K,
  key: string
): Extract<KnownRecord, { kind: K }> | undefined {
  const record = state.get(JSON.stringify([kind, key]))?.record
  return record?.kind === kind ? (record as Extract<KnownRecord, { kind: K }>) : undefined
}

/** Chats that the profile has joined and not left, in the order in which they were joined, as their joiners claim. */
export function joinedChats(state: VaultState): ChatRecord[] {
  return recordsOf(state, 'chat')
    .filter((chat) => chat.value.left === undefined)
    .sort((a, b) => a.value.joined - b.value.joined || (a.key < b.key ? -1 : 1))
}

/** Known contacts by name. */
export function contactsOf(state: VaultState): ContactRecord[] {
  return recordsOf(state, 'contact').sort((a, b) =>
    a.value.name === b.value.name ? (a.key < b.key ? -1 : 1) : a.value.name < b.value.name ? -1 : 1
  )
}

/** What a device is called, if it ever said so. */
export function deviceName(state: VaultState, did: Did): string | undefined {
  return findRecord(state, 'device', did)?.value.name
}

/** Canonical order: height, then the bytes of the CID. */
function isLater(a: VaultEntry, b: VaultEntry): boolean {
  return a.height === b.height ? compare(a.id.bytes, b.id.bytes) > 0 : a.height > b.height
}

function recordsOf<K extends KnownRecord['kind']>(state: VaultState, kind: K): Extract<KnownRecord, { kind: K }>[] {
  return [...state.values()]
    .map((entry) => entry.record)
    .filter((record): record is Extract<KnownRecord, { kind: K }> => record.kind === kind)
}

function slotOf(record: VaultRecord): string {
  return JSON.stringify([record.kind === 'unknown' ? record.of : record.kind, record.key])
}
