/**
 * Records of a vault as bytes: docs/protocol.md, "Vault". Every record says, for one key of one kind, what holds from now on.
 */
import { encode } from '@ipld/dag-cbor'
import type { Did } from 'walytis-identities'
import { type Decoded, decodeCanonical, type Fields, hasExactly, isMap, isText } from '../canonical.ts'
import { FORMAT_VERSION, MAX_DEPTH, MAX_KIND_BYTES, MAX_NAME_BYTES, MAX_VAULT_RECORD_BYTES } from '../constants.ts'
import { type Portrait, portraitProblem } from '../content/card.ts'
import { isDid } from '../did.ts'
import { StoredRecordError } from '../errors.ts'
import { isName } from '../names.ts'

/** What the profile says of itself. Its key is empty: there is one. */
export interface ProfileRecord {
  readonly kind: 'profile'
  readonly key: ''
  readonly value: Portrait
}

/** What a device of the profile is called. Its key is the device's DID. */
export interface DeviceRecord {
  readonly kind: 'device'
  readonly key: Did
  readonly value: { readonly name: string }
}

/** A chat that the profile takes part in. Its key is the DID of the chat's group; times are ms since 1970, for display. */
export interface ChatRecord {
  readonly kind: 'chat'
  readonly key: Did
  readonly value: { readonly title: string; readonly joined: number; readonly left?: number | undefined }
}

/** A user known from a chat. Its key is the user's DID; `at` is the claimed time of the card that the name comes from, ms. */
export interface ContactRecord {
  readonly kind: 'contact'
  readonly key: Did
  readonly value: { readonly name: string; readonly at: number }
}

/** A message that the profile has deleted for itself, or no longer. Its key is the chat's chain and the message's id, with a slash between. */
export interface HiddenRecord {
  readonly kind: 'hidden'
  readonly key: string
  readonly value: { readonly hidden: boolean }
}

/** A setting that all devices of the profile share. */
export interface SettingRecord {
  readonly kind: 'setting'
  readonly key: string
  readonly value: { readonly value: unknown }
}

/** A record of a kind that this version does not know: kept, without effect. */
export interface UnknownRecord {
  readonly kind: 'unknown'
  readonly key: string
  /** The kind that it names. */
  readonly of: string
  readonly value: Fields
}

/** A record of a kind that this version knows. */
export type KnownRecord = ProfileRecord | DeviceRecord | ChatRecord | ContactRecord | HiddenRecord | SettingRecord
/** Any well-formed record. */
export type VaultRecord = KnownRecord | UnknownRecord

/**
 * The canonical bytes of a record.
 *
 * @throws {StoredRecordError} when a decoder would refuse them
 */
export function encodeRecord(record: KnownRecord): Uint8Array {
  const value = Object.fromEntries(Object.entries(record.value).filter(([, field]) => field !== undefined))
  const bytes = encode({ v: FORMAT_VERSION, kind: record.kind, key: record.key, value })
  const decoded = decodeRecord(bytes)
  if (!decoded.ok) throw new StoredRecordError(`vault ${record.kind}`, decoded.rule)
  return bytes
}

/** The record that bytes from the vault's chain hold, or the rule that they break. Never throws. */
export function decodeRecord(bytes: Uint8Array): Decoded<VaultRecord> {
  const decoded = decodeCanonical(bytes, { bytes: MAX_VAULT_RECORD_BYTES, depth: MAX_DEPTH })
  if (!decoded.ok) return decoded
  const map = decoded.value
  if (!isMap(map)) return { ok: false, rule: 'not-a-map' }
  if (map['v'] !== FORMAT_VERSION) return { ok: false, rule: 'version' }
  const { kind, key, value } = map
  if (!hasExactly(map, ['v', 'kind', 'key', 'value'])) return { ok: false, rule: 'fields' }
  if (!isText(kind, MAX_KIND_BYTES)) return { ok: false, rule: 'kind' }
  if (key !== '' && !isText(key, MAX_NAME_BYTES)) return { ok: false, rule: 'key' }
  if (!isMap(value)) return { ok: false, rule: 'value' }
  const check = CHECKS[kind]
  if (check === undefined) return { ok: true, value: { kind: 'unknown', key, of: kind, value } }
  return check(key, value) ? { ok: true, value: { kind, key, value } as KnownRecord } : { ok: false, rule: kind }
}

/** What makes a record of each known kind well formed. Without a prototype: a kind named `constructor` is unknown. */
const CHECKS: Record<string, (key: string, value: Fields) => boolean> = Object.assign(Object.create(null), {
  profile: (key: string, value: Fields) =>
    key === '' && hasExactly(value, ['name'], ['about', 'picture']) && portraitProblem(value) === undefined,
  device: (key: string, value: Fields) => isDid(key) && hasExactly(value, ['name']) && isName(value['name']),
  chat: (key: string, value: Fields) =>
    isDid(key) &&
    hasExactly(value, ['title', 'joined'], ['left']) &&
    isName(value['title']) &&
    isTime(value['joined']) &&
    (!Object.hasOwn(value, 'left') || isTime(value['left'])),
  contact: (key: string, value: Fields) =>
    isDid(key) && hasExactly(value, ['name', 'at']) && isName(value['name']) && isTime(value['at']),
  hidden: (key: string, value: Fields) =>
    key !== '' && hasExactly(value, ['hidden']) && typeof value['hidden'] === 'boolean',
  setting: (key: string, value: Fields) => key !== '' && hasExactly(value, ['value'])
})

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
