/**
 * Which profiles this node carries, in its key store: nothing of it lies on disk in clear. A profile that is being linked is recorded with
 * the step it has reached, so that an interrupted link goes on where it stopped.
 */
import { encode } from '@ipld/dag-cbor'
import type { AbortOptions } from '@libp2p/interface'
import type { Did, KeyStore } from 'walytis-identities'
import { type Decoded, decodeCanonical, type Fields, hasExactly, isMap, isText } from './canonical.ts'
import { FORMAT_VERSION, MAX_INVITATION_CHARACTERS } from './constants.ts'
import { chainOf, isDid } from './did.ts'
import { StoredRecordError } from './errors.ts'
import { isName } from './names.ts'

/** A profile that is ready for use. */
export interface ReadyProfile {
  readonly step: 'ready'
  readonly device: Did
  readonly user: Did
  readonly vault: Did
  /** What the profile was called when it was last open here. */
  readonly name: string
  readonly deviceName: string
}

/** A device link under way: the device's identity exists, `user` once it has joined, `vault` once it knows the vault. */
export interface LinkingProfile {
  readonly step: 'linking'
  readonly device: Did
  readonly user?: Did | undefined
  readonly vault?: Did | undefined
  readonly name: string
  readonly deviceName: string
  /** The text of the device link. */
  readonly invitation: string
}

/** What the registry holds of one profile. */
export type ProfileEntry = ReadyProfile | LinkingProfile

const PREFIX = 'endra/profiles/'
const LIMITS = { bytes: MAX_INVITATION_CHARACTERS + 4096, depth: 2 }

/** The profiles of a node. */
export class Registry {
  readonly #keyStore: KeyStore

  constructor(keyStore: KeyStore) {
    this.#keyStore = keyStore
  }

  /** @throws {StoredRecordError} */
  async *entries(options?: AbortOptions): AsyncGenerator<ProfileEntry> {
    for await (const name of this.#keyStore.names(PREFIX, options)) {
      const bytes = await this.#keyStore.get(name, options)
      if (bytes === undefined) continue
      const decoded = decodeEntry(bytes)
      if (!decoded.ok) throw new StoredRecordError('profile', decoded.rule)
      yield decoded.value
    }
  }

  /** Record a profile, or how far it has come. Synced to disk once it resolves. */
  async put(entry: ProfileEntry, options?: AbortOptions): Promise<void> {
    await this.#keyStore.put(nameOf(entry.device), encodeEntry(entry), options)
  }

  async delete(entry: ProfileEntry, options?: AbortOptions): Promise<void> {
    await this.#keyStore.delete(nameOf(entry.device), options)
  }

  /** The ready profile of a user. */
  async find(user: Did, options?: AbortOptions): Promise<ReadyProfile | undefined> {
    for await (const entry of this.entries(options)) {
      if (entry.step === 'ready' && entry.user === user) return entry
    }
    return undefined
  }

  /** The link by an invitation that was begun and not finished. */
  async findLink(invitation: string, options?: AbortOptions): Promise<LinkingProfile | undefined> {
    for await (const entry of this.entries(options)) {
      if (entry.step === 'linking' && entry.invitation === invitation) return entry
    }
    return undefined
  }
}

/** The canonical bytes of an entry. */
export function encodeEntry(entry: ProfileEntry): Uint8Array {
  const fields = Object.entries(entry).filter(([, value]) => value !== undefined)
  return encode({ v: FORMAT_VERSION, ...Object.fromEntries(fields) })
}

/** The entry that bytes hold, or the rule that they break. Never throws. */
export function decodeEntry(bytes: Uint8Array): Decoded<ProfileEntry> {
  const decoded = decodeCanonical(bytes, LIMITS)
  if (!decoded.ok) return decoded
  const map = decoded.value
  if (!isMap(map) || map['v'] !== FORMAT_VERSION) return { ok: false, rule: 'version' }
  const { v, ...entry } = map
  if (!isDid(map['device']) || !isName(map['name']) || !isName(map['deviceName'])) return { ok: false, rule: 'fields' }
  if (!isReady(map) && !isLinking(map)) return { ok: false, rule: 'step' }
  return { ok: true, value: entry as unknown as ProfileEntry }
}

const COMMON = ['v', 'step', 'device', 'name', 'deviceName']

function isReady(map: Fields): boolean {
  return (
    map['step'] === 'ready' &&
    hasExactly(map, [...COMMON, 'user', 'vault']) &&
    isDid(map['user']) &&
    isDid(map['vault'])
  )
}

function isLinking(map: Fields): boolean {
  return (
    map['step'] === 'linking' &&
    hasExactly(map, [...COMMON, 'invitation'], ['user', 'vault']) &&
    isText(map['invitation'], MAX_INVITATION_CHARACTERS) &&
    ['user', 'vault'].every((name) => !Object.hasOwn(map, name) || isDid(map[name]))
  )
}

function nameOf(device: Did): string {
  return `${PREFIX}${chainOf(device)}`
}
