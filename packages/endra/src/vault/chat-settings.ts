/** How a profile wants a chat to be: one setting of the vault for each thing, so that two devices that change two things don't undo each other. */
import type { Did } from 'walytis-identities'
import { chainOf } from '../did.ts'
import type { ChatSettings, Privacy } from '../interface/index.ts'
import { findRecord, type VaultState } from './fold.ts'
import type { SettingRecord, VaultRecord } from './records.ts'

/** Longest time that `Date` has. */
const MAX_TIME = 8_640_000_000_000_000

type Name = 'archived' | 'pinned' | 'mutedUntil'

/** The settings of a chat. */
export function chatSettings(state: VaultState, chat: Did): ChatSettings {
  const value = (name: Name): unknown => findRecord(state, 'setting', keyOf(chat, name))?.value.value
  const until = value('mutedUntil')
  const isMuted = typeof until === 'number' && Number.isSafeInteger(until) && until >= 0 && until <= MAX_TIME
  return {
    archived: value('archived') === true,
    pinned: value('pinned') === true,
    ...(isMuted ? { mutedUntil: new Date(until) } : {})
  }
}

/** The record that sets one thing of a chat. */
export function chatSetting(chat: Did, name: Name, value: boolean | Date | null): SettingRecord {
  return { kind: 'setting', key: keyOf(chat, name), value: { value: value instanceof Date ? value.getTime() : value } }
}

/** Whether a record sets something of a chat. */
export function isAboutChat(record: VaultRecord, chat: Did): boolean {
  if (record.kind === 'chat') return record.key === chat
  return record.kind === 'setting' && record.key.startsWith(keyOf(chat, ''))
}

/** What the profile lets others know. */
export function privacyOf(state: VaultState): Privacy {
  const isOff = (name: keyof Privacy): boolean => findRecord(state, 'setting', privacyKey(name))?.value.value === false
  return { readReceipts: !isOff('readReceipts'), typing: !isOff('typing') }
}

/** The record that says what the profile lets others know. */
export function privacySetting(name: keyof Privacy, value: boolean): SettingRecord {
  return { kind: 'setting', key: privacyKey(name), value: { value } }
}

function privacyKey(name: keyof Privacy): string {
  return `privacy/${name}`
}

function keyOf(chat: Did, name: Name | ''): string {
  return `chat/${chainOf(chat)}/${name}`
}
