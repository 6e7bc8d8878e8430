/**
 * One open profile: the device identity of this node, the user group, the vault, and the chats. Made by `profiles.ts`, which owns it.
 */
import type { AbortOptions } from '@libp2p/interface'
import { TypedEventEmitter } from 'main-event'
import { type Channel, type Did, type Group, loadGroup, loadIdentity } from 'walytis-identities'
import { privately } from 'walytis-offchain'
import type { PlacedCard } from './cards.ts'
import type { ChatOwner } from './chat-cards.ts'
import { ProfileChats } from './chats.ts'
import { closingOnFailure } from './closing.ts'
import { PROFILE_PROTOCOL } from './constants.ts'
import { VaultContacts } from './contacts.ts'
import { type Portrait, portraitFields, portraitProblem } from './content/card.ts'
import { ProfileDevices } from './devices.ts'
import { shortDid } from './did.ts'
import { InvalidCardError, UnknownQuestionError } from './errors.ts'
import type { Chat, Picture, Privacy, Profile, ProfileEvents, SearchHit } from './interface/index.ts'
import { encodeVaultAnswer, isVaultQuestion } from './link-protocol.ts'
import type { DevicesChange } from './member-devices.ts'
import { checkName } from './names.ts'
import type { Node } from './node.ts'
import { SealedRows } from './sealed-rows.ts'
import { Search } from './search/search.ts'
import { privacyOf, privacySetting } from './vault/chat-settings.ts'
import { contactOf, petnameOf } from './vault/contact-settings.ts'
import { findRecord } from './vault/fold.ts'
import type { VaultRecord } from './vault/records.ts'
import { openVault, type Vault } from './vault.ts'

/** The groups that a profile stands on, open. */
export interface ProfileGroups {
  readonly user: Group
  readonly vaultGroup: Group
}

/** Open the groups of a profile that this node holds. */
export async function loadProfileGroups(
  { walytis, keyStore, now }: Pick<Node, 'walytis' | 'keyStore' | 'now'>,
  entry: { device: Did; user: Did; vault: Did },
  options?: AbortOptions
): Promise<ProfileGroups> {
  const device = await loadIdentity(walytis, keyStore, entry.device, options)
  const user = await closingOnFailure([device], () =>
    loadGroup(walytis, keyStore, entry.user, { ...options, now, member: device })
  )
  const vaultGroup = await closingOnFailure([user, device], () =>
    loadGroup(walytis, keyStore, entry.vault, { ...options, now, member: user })
  )
  return { user, vaultGroup }
}

/** A profile as `profiles.ts` uses it. */
export class OpenProfile extends TypedEventEmitter<ProfileEvents> implements Profile {
  readonly chats: ProfileChats
  readonly contacts: VaultContacts
  readonly devices: ProfileDevices
  readonly vault: Vault
  readonly #node: Node
  /** What it stands on. */
  readonly groups: ProfileGroups
  readonly #search: Search
  readonly #closing = new AbortController()
  readonly #closed: (profile: OpenProfile) => void

  constructor(node: Node, groups: ProfileGroups, vault: Vault, closed: (profile: OpenProfile) => void) {
    super()
    this.#node = node
    this.groups = groups
    this.#closed = closed
    this.vault = vault
    this.devices = new ProfileDevices(node, groups.user, vault)
    const added = (chat: Chat): void => {
      chat.addEventListener('changed', () => this.safeDispatchEvent('chat:changed', { detail: { chat } }))
      chat.addEventListener('member:devices', ({ detail }) => this.#contactDevices(detail))
      this.safeDispatchEvent('chat:added', { detail: { chat } })
    }
    const removed = (id: Did): void => void this.safeDispatchEvent('chat:removed', { detail: { id } })
    this.#search = new Search({ rows: new SealedRows(node.keyStore), chats: () => this.chats.opened() })
    this.contacts = new VaultContacts({
      me: groups.user.did,
      vault,
      members: () => this.chats.memberDevices(),
      portrait: async (did, options) => await this.chats.portraitOf(did, options)
    })
    this.chats = new ProfileChats({ ...groups, node, vault, owner: this.#owner(), added, removed })
  }

  get did(): Did {
    return this.groups.user.did
  }

  get name(): string {
    return findRecord(this.vault.state, 'profile', '')?.value.name ?? shortDid(this.did)
  }

  get about(): string | undefined {
    return findRecord(this.vault.state, 'profile', '')?.value.about
  }

  get picture(): Picture | undefined {
    return findRecord(this.vault.state, 'profile', '')?.value.picture
  }

  async update({ name, about, picture, ...options }: Parameters<Profile['update']>[0]): Promise<void> {
    const value = portraitFields({
      name: name === undefined ? this.name : checkName('name', name),
      about: about === undefined ? this.about : (about ?? undefined),
      picture: picture === undefined ? this.picture : (picture ?? undefined)
    })
    const rule = portraitProblem(value)
    if (rule !== undefined) throw new InvalidCardError(rule)
    await this.vault.put({ kind: 'profile', key: '', value: value as unknown as Portrait }, options)
  }

  search(text: string, options?: Parameters<Profile['search']>[1]): AsyncGenerator<SearchHit> {
    return this.#search.search(text, options)
  }

  get privacy(): Privacy {
    return privacyOf(this.vault.state)
  }

  async setPrivacy({ readReceipts, typing, ...options }: Partial<Privacy> & AbortOptions): Promise<void> {
    for (const [name, value] of Object.entries({ readReceipts, typing }) as [keyof Privacy, boolean | undefined][]) {
      if (value !== undefined) await this.vault.put(privacySetting(name, value), options)
    }
  }

  /** Answer the profile's other devices, open the chats that are here, and follow what happens from now on. */
  async open(options?: AbortOptions): Promise<void> {
    const { user } = this.groups
    const { signal } = this.#closing
    user.addEventListener('members:changed', ({ detail }) => this.#devicesChanged(detail), { signal })
    user.addEventListener('self:removed', () => this.safeDispatchEvent('self:removed', { detail: {} }), { signal })
    const stopNames = this.vault.onChange((changed) => this.#tellNames(changed))
    signal.addEventListener('abort', stopNames, { once: true })
    const stop = user.sessions.handle(PROFILE_PROTOCOL, (channel) => this.#answer(channel))
    signal.addEventListener('abort', stop, { once: true })
    const unfollow = this.vault.onChange((changed) => this.#vaultChanged(changed))
    signal.addEventListener('abort', unfollow, { once: true })
    await this.chats.open(options)
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    await this.#search.close()
    await this.chats.close()
    await this.vault.close()
    await this.groups.vaultGroup.close()
    await this.groups.user.close()
    await this.groups.user.device.close()
    this.#closed(this)
  }

  #owner(): ChatOwner {
    return {
      did: this.did,
      portrait: () => findRecord(this.vault.state, 'profile', '')?.value ?? { name: this.name },
      petnameOf: (did) => petnameOf(this.vault.state, did),
      nameOf: (did) => findRecord(this.vault.state, 'contact', did)?.value.name,
      acts: () => this.#acts(),
      onCard: (card) => this.#learn(card)
    }
  }

  /** Among this device and those of the profile that are connected with it, the most senior one acts. */
  #acts(): boolean {
    const { user } = this.groups
    const connected = new Set(user.sessions.connected())
    for (const { did } of user.members()) {
      if (did === user.device.did) return true
      if (connected.has(did)) return false
    }
    return false
  }

  #vaultChanged(changed: readonly VaultRecord[]): void {
    const { state } = this.vault
    if (changed.some(({ kind }) => kind === 'profile')) {
      this.chats.announce()
      this.safeDispatchEvent('profile:changed', { detail: {} })
    }
    const contacts = new Set(changed.map(contactOf).filter((did) => did !== undefined))
    for (const did of contacts) {
      if (findRecord(state, 'contact', did) === undefined) continue
      this.chats.tellContact()
      this.safeDispatchEvent('contact:changed', { detail: { contact: this.contacts.get(did) } })
    }
  }

  #contactDevices({ did, added, removed }: DevicesChange): void {
    if (findRecord(this.vault.state, 'contact', did) === undefined) return
    this.safeDispatchEvent('contact:devices', { detail: { contact: this.contacts.get(did), added, removed } })
  }

  #learn(card: PlacedCard): void {
    if (card.author === this.did || !this.#acts()) return
    const record = this.contacts.recordFor(card)
    if (record === undefined) return
    this.vault.put(record, { signal: this.#closing.signal }).catch((error: unknown) => this.#report(error))
  }

  #devicesChanged({ added, removed }: { added: Did[]; removed: Did[] }): void {
    for (const did of added) this.safeDispatchEvent('device:added', { detail: { device: this.devices.describe(did) } })
    for (const did of removed) this.safeDispatchEvent('device:removed', { detail: { did } })
  }

  #tellNames(changed: readonly VaultRecord[]): void {
    for (const record of changed) {
      if (record.kind !== 'device' || !this.groups.user.members().some(({ did }) => did === record.key)) continue
      this.safeDispatchEvent('device:named', { detail: { device: this.devices.describe(record.key as Did) } })
    }
  }

  /** A new device of the profile asks for the vault. That it is one, the user group's session has checked. */
  async #answer(channel: Channel): Promise<void> {
    for await (const message of channel.messages()) {
      if (!isVaultQuestion(message)) return channel.abort(new UnknownQuestionError())
      await channel.send(encodeVaultAnswer(this.groups.vaultGroup.did), { signal: this.#closing.signal })
    }
    await channel.close({ signal: this.#closing.signal })
  }

  #report(error: unknown): void {
    if (!this.#closing.signal.aborted) this.#node.log.error('a profile could not do its own work - %e', error)
  }
}

/** Open a profile whose groups are open. */
export async function openProfile(
  node: Node,
  groups: ProfileGroups,
  closed: (profile: OpenProfile) => void,
  options?: AbortOptions
): Promise<OpenProfile> {
  const onError = (error: unknown): void => node.log.error('a record of a vault could not be read - %e', error)
  const chain = await privately(groups.vaultGroup, options)
  const vault = await closingOnFailure([chain], () => openVault(chain, onError, options))
  return new OpenProfile(node, groups, vault, closed)
}
