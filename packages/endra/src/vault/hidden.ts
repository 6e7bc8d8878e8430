import type { Did } from 'walytis-identities'
import { chainOf } from '../did.ts'
import { findRecord, type VaultState } from './fold.ts'
import type { HiddenRecord } from './records.ts'

/** The record that hides a message from the profile, or shows it again. */
export function hiddenRecord(chat: Did, message: string, hidden: boolean): HiddenRecord {
  return { kind: 'hidden', key: keyOf(chat, message), value: { hidden } }
}

/** Whether the profile has deleted a message for itself. */
export function isHidden(state: VaultState, chat: Did, message: string): boolean {
  return findRecord(state, 'hidden', keyOf(chat, message))?.value.hidden ?? false
}

/** Which message of a chat a record hides; undefined when it is about another chat. */
export function hiddenMessage(record: HiddenRecord, chat: Did): string | undefined {
  const prefix = keyOf(chat, '')
  return record.key.startsWith(prefix) ? record.key.slice(prefix.length) : undefined
}

function keyOf(chat: Did, message: string): string {
  return `${chainOf(chat)}/${message}`
}
