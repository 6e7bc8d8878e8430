/**
 * Users whom a profile knows from chats: how they call themselves, what the profile keeps of them in its vault, and their devices, which the open
 * chats tell. Made and owned by `profile.ts`.
 */
import type { AbortOptions } from '@libp2p/interface'
import { checkSafetyCode, type Did, type SafetyCheck, type SafetyNumber, safetyNumber } from 'walytis-identities'
import type { PlacedCard } from './cards.ts'
import type { Portrait } from './content/card.ts'
import { shortDid } from './did.ts'
import { NotFoundError } from './errors.ts'
import type { Contact, ContactState, Contacts } from './interface/index.ts'
import { checkName } from './names.ts'
import {
  blockedSetting,
  isBlocked,
  petnameOf,
  petnameSetting,
  verifiedDevices,
  verifiedSetting
} from './vault/contact-settings.ts'
import { contactsOf, findRecord } from './vault/fold.ts'
import type { ContactRecord, SettingRecord } from './vault/records.ts'
import type { Vault } from './vault.ts'

/** What contacts are known from. */
export interface ContactsInit {
  readonly me: Did
  readonly vault: Vault
  /** For each open chat, its members' devices. */
  members(): Iterable<ReadonlyMap<Did, readonly Did[]>>
  /** What a user says of itself in open chats, by its latest card. */
  portrait(did: Did, options?: AbortOptions): Promise<Portrait | undefined>
}

/** The contacts of a profile. */
export class VaultContacts implements Contacts {
  readonly #init: ContactsInit
  readonly #vault: Vault

  constructor(init: ContactsInit) {
    this.#init = init
    this.#vault = init.vault
  }

  async *list(): AsyncGenerator<Contact> {
    const contacts = contactsOf(this.#vault.state).map(({ key }) => this.get(key))
    yield* contacts.sort((a, b) => (a.name === b.name ? (a.did < b.did ? -1 : 1) : a.name < b.name ? -1 : 1))
  }

  get(did: Did): Contact {
    const { state } = this.#vault
    const record = findRecord(state, 'contact', did)
    if (record === undefined) throw new NotFoundError('contact', did)
    const ownName = record.value.name || shortDid(did)
    const petname = petnameOf(state, did)
    const devices = this.#devices(did) ?? []
    return {
      did,
      name: petname ?? ownName,
      ownName,
      ...(petname === undefined ? {} : { petname }),
      state: stateOf(verifiedDevices(state, did), devices),
      blocked: isBlocked(state, did),
      devices
    }
  }

  async card(did: Did, options?: AbortOptions): Promise<Portrait> {
    const { ownName } = this.get(did)
    return (await this.#init.portrait(did, options)) ?? { name: ownName }
  }

  safetyNumber(did: Did): SafetyNumber {
    return safetyNumber(...this.#parties(did))
  }

  check(did: Did, code: string): SafetyCheck {
    return checkSafetyCode(code, ...this.#parties(did))
  }

  async verify(did: Did, options?: AbortOptions): Promise<Contact> {
    const [, { devices }] = this.#parties(did)
    return await this.#put(did, verifiedSetting(did, devices), options)
  }

  async unverify(did: Did, options?: AbortOptions): Promise<Contact> {
    return await this.#put(did, verifiedSetting(did, undefined), options)
  }

  async rename(did: Did, petname: string | undefined, options?: AbortOptions): Promise<Contact> {
    const name = petname === undefined ? undefined : checkName('name', petname)
    return await this.#put(did, petnameSetting(did, name), options)
  }

  async block(did: Did, options?: AbortOptions): Promise<Contact> {
    return await this.#put(did, blockedSetting(did, true), options)
  }

  async unblock(did: Did, options?: AbortOptions): Promise<Contact> {
    return await this.#put(did, blockedSetting(did, false), options)
  }

  /** What a card changes in the vault; undefined when nothing. An older card never undoes a newer one, whichever chat it is from. */
  recordFor(card: PlacedCard): ContactRecord | undefined {
    const held = findRecord(this.#vault.state, 'contact', card.author)?.value
    if (held !== undefined && (held.name === card.name || held.at >= card.time)) return undefined
    return { kind: 'contact', key: card.author, value: { name: card.name, at: Math.max(0, card.time) } }
  }

  async #put(did: Did, record: SettingRecord, options?: AbortOptions): Promise<Contact> {
    this.get(did)
    await this.#vault.put(record, options)
    return this.get(did)
  }

  /** Both sides know the same chats that they share, and so the same devices, whichever of those have been seen in which chat. */
  #parties(did: Did): [{ did: Did; devices: Did[] }, { did: Did; devices: Did[] }] {
    const { me } = this.#init
    const mine = new Set<Did>()
    const theirs = new Set<Did>()
    for (const members of this.#init.members()) {
      const held = members.get(did)
      if (held === undefined) continue
      for (const device of held) theirs.add(device)
      for (const device of members.get(me) ?? []) mine.add(device)
    }
    if (theirs.size === 0) throw new NotFoundError('contact', did)
    return [
      { did: me, devices: [...mine] },
      { did, devices: [...theirs] }
    ]
  }

  #devices(did: Did): Did[] | undefined {
    const devices = new Set<Did>()
    for (const members of this.#init.members()) for (const device of members.get(did) ?? []) devices.add(device)
    return devices.size === 0 ? undefined : [...devices].sort()
  }
}

/** While no chat tells of any devices, nothing is known to have changed. */
function stateOf(verified: readonly Did[] | undefined, devices: readonly Did[]): ContactState {
  if (verified === undefined) return 'unverified'
  const isSame = devices.length === verified.length && devices.every((device) => verified.includes(device))
  return isSame || devices.length === 0 ? 'verified' : 'changed'
}
