/** What a profile keeps of its contacts for itself, in settings of its vault. */
import type { Did } from 'walytis-identities'
import { chainOf, isDid } from '../did.ts'
import { isName } from '../names.ts'
import { findRecord, type VaultState } from './fold.ts'
import type { SettingRecord, VaultRecord } from './records.ts'

type Name = 'blocked' | 'petname' | 'verified'

/** Most devices that one verification names: a record of the vault has 16 KiB. */
const MAX_DEVICES = 128

/** Whether the profile wants to hear nothing of a user. */
export function isBlocked(state: VaultState, did: Did): boolean {
  return valueOfSetting(state, did, 'blocked') === true
}

/** What the profile calls a user, whatever they call themselves. */
export function petnameOf(state: VaultState, did: Did): string | undefined {
  const value = valueOfSetting(state, did, 'petname')
  return isName(value) ? value : undefined
}

/** The devices of a user when they were verified; undefined when they never were. */
export function verifiedDevices(state: VaultState, did: Did): Did[] | undefined {
  const value = valueOfSetting(state, did, 'verified')
  return Array.isArray(value) && value.every(isDid) ? value : undefined
}

/** The record that blocks a user, or no longer. */
export function blockedSetting(did: Did, blocked: boolean): SettingRecord {
  return setting(did, 'blocked', blocked)
}

/** The record that gives a user another name for the profile, or none. */
export function petnameSetting(did: Did, petname: string | undefined): SettingRecord {
  return setting(did, 'petname', petname ?? null)
}

/** The record that a user was verified with these devices, or no longer. */
export function verifiedSetting(did: Did, devices: readonly Did[] | undefined): SettingRecord {
  return setting(did, 'verified', devices === undefined ? null : [...devices].sort().slice(0, MAX_DEVICES))
}

/** Whom a record says something of, if it is about a contact. */
export function contactOf(record: VaultRecord): Did | undefined {
  if (record.kind === 'contact') return record.key
  const chain = record.kind === 'setting' ? /^contact\/([^/]+)\//.exec(record.key)?.[1] : undefined
  const did: unknown = `did:walytis:${chain}`
  return isDid(did) ? did : undefined
}

function valueOfSetting(state: VaultState, did: Did, name: Name): unknown {
  return findRecord(state, 'setting', keyOf(did, name))?.value.value
}

function setting(did: Did, name: Name, value: unknown): SettingRecord {
  return { kind: 'setting', key: keyOf(did, name), value: { value } }
}

function keyOf(did: Did, name: Name): string {
  return `contact/${chainOf(did)}/${name}`
}
