/**
 * The chats of one open profile. What the vault lists is opened here; what this device does not hold yet is fetched from the profile's
 * other devices, and tried again whenever the vault changes or one of them turns up. Owned by `profile.ts`.
 */
import type { AbortOptions } from '@libp2p/interface'
import { createGroup, type Did, type Group, joinGroup, loadGroup, parseGroupInvitation } from 'walytis-identities'
import { mutable } from 'walytis-mutability'
import { privately } from 'walytis-offchain'
import { OpenChat } from './chat.ts'
import type { ChatOwner } from './chat-cards.ts'
import { closingOnFailure } from './closing.ts'
import { EXCHANGE_DEADLINE_MS, REPLICATE_DEADLINE_MS, RETRY_MAX_MS, RETRY_MIN_MS } from './constants.ts'
import type { Portrait } from './content/card.ts'
import { withDeadline } from './deadline.ts'
import { chainOf, isDid } from './did.ts'
import { ChatInUseError, NotFoundError } from './errors.ts'
import type { Chat, ChatSummary, Chats } from './interface/index.ts'
import { parseInvitation } from './invitation.ts'
import { Joins } from './joins.ts'
import { devicesOf, type MemberDevices } from './member-devices.ts'
import { checkName } from './names.ts'
import type { Node } from './node.ts'
import { addressesOf } from './peers.ts'
import { isAboutChat } from './vault/chat-settings.ts'
import { findRecord, joinedChats } from './vault/fold.ts'
import { hiddenMessage } from './vault/hidden.ts'
import type { VaultRecord } from './vault/records.ts'
import type { Vault } from './vault.ts'

/** What the chats of a profile stand on. */
export interface ChatsComponents {
  readonly node: Node
  /** The user, as whom this node takes part in chats. */
  readonly user: Group
  /** The vault's group: its peers are the profile's other devices. */
  readonly vaultGroup: Group
  readonly vault: Vault
  readonly owner: ChatOwner
  /** Told of each chat that was not open before. */
  added(chat: Chat): void
  /** Told of each chat that was left. */
  removed(id: Did): void
}

/** The chats of a profile, as it uses them. */
export class ProfileChats implements Chats {
  readonly #components: ChatsComponents
  readonly #node: Node
  /** Every chat that is open or on its way to be. */
  readonly #chats = new Map<Did, Promise<OpenChat>>()
  readonly #open = new Map<Did, OpenChat>()
  /** Joins that are under way: two at once by one invitation are one. */
  readonly #joining = new Map<Did, Promise<Chat>>()
  readonly #joins: Joins
  readonly #closing = new AbortController()
  #retry: ReturnType<typeof setTimeout> | undefined
  #pause = RETRY_MIN_MS

  constructor(components: ChatsComponents) {
    this.#components = components
    this.#node = components.node
    this.#joins = new Joins(components.node.keyStore, components.user.did)
  }

  /** Open what this device holds, and follow the vault from then on. Waits for no other device. */
  async open(options?: AbortOptions): Promise<void> {
    const { vault, vaultGroup } = this.#components
    const { signal } = this.#closing
    const here = await this.#heldChains(options)
    const held = joinedChats(vault.state).filter(({ key }) => here.has(chainOf(key)))
    const opened = await Promise.allSettled(
      held.map(({ key }) => this.#attach(key, async () => await this.#load(key, undefined, options)))
    )
    for (const result of opened) if (result.status === 'rejected') this.#report(result.reason)
    const stop = vault.onChange((changed) => {
      this.#follow()
      this.#tell(changed)
    })
    signal.addEventListener('abort', stop, { once: true })
    vaultGroup.blockchain.addEventListener('peer:joined', () => this.#follow(), { signal })
    this.#follow()
  }

  async create(init: { title: string }, options?: AbortOptions): Promise<Chat> {
    const title = checkName('title', init.title)
    const { walytis, keyStore, now } = this.#node
    const history = 'from-join'
    const group = await createGroup(walytis, keyStore, this.#components.user, { ...options, now, history })
    return await this.#begin(group, title, options)
  }

  async join(invitation: string, options?: AbortOptions): Promise<Chat> {
    const { title, group: line } = parseInvitation(invitation, 'chat')
    const did = parseGroupInvitation(line).group
    const record = findRecord(this.#components.vault.state, 'chat', did)
    if (record !== undefined && record.value.left === undefined) return await this.get(did, options)
    const held = this.#joining.get(did)
    if (held !== undefined) return await held
    const joining = this.#join(did, line, title, options).finally(() => this.#joining.delete(did))
    this.#joining.set(did, joining)
    return await joining
  }

  async *list({ archived }: { archived?: boolean | undefined } = {}): AsyncGenerator<Chat> {
    for (const { key } of joinedChats(this.#components.vault.state)) {
      const chat = this.#open.get(key)
      if (chat !== undefined && (archived ?? chat.settings.archived) === chat.settings.archived) yield chat
    }
  }

  async summaries(options: Parameters<Chats['summaries']>[0] = {}): Promise<ChatSummary[]> {
    const { archived, ...rest } = options
    const summaries: ChatSummary[] = []
    for await (const chat of this.list({ archived })) summaries.push(await chat.summary(rest))
    return summaries.sort(compareSummaries)
  }

  async get(id: string, options?: AbortOptions): Promise<Chat> {
    const record = isDid(id) ? findRecord(this.#components.vault.state, 'chat', id) : undefined
    if (record === undefined || record.value.left !== undefined) throw new NotFoundError('chat', id)
    return (
      this.#open.get(record.key) ??
      (await withDeadline(
        'Fetching the chat',
        EXCHANGE_DEADLINE_MS,
        options,
        async () => await this.#fetch(record.key)
      ))
    )
  }

  async leave(id: string, options?: AbortOptions): Promise<void> {
    const chat = (await this.get(id, options)) as OpenChat
    await chat.group.leave(options)
    const did = chat.group.did
    const joined = findRecord(this.#components.vault.state, 'chat', did)?.value.joined ?? this.#node.now()
    const value = { title: chat.title, joined, left: this.#node.now() }
    await this.#components.vault.put({ kind: 'chat', key: did, value }, options)
    // The others are told by whoever of them is connected now; who is not learns it from them.
    await chat.sync(options).catch((error: unknown) => this.#report(error))
    await this.#leave(did)
  }

  /** Chats that the vault lists, and how many of them are open here. */
  progress(): { received: number; expected: number } {
    const listed = joinedChats(this.#components.vault.state)
    return { received: listed.filter(({ key }) => this.#open.has(key)).length, expected: listed.length }
  }

  /** Fetch every chat that the vault lists. Resolves when each was tried; one that failed is tried again later by itself. */
  async fetchAll(onProgress: () => void, options?: AbortOptions): Promise<void> {
    await Promise.all(
      joinedChats(this.#components.vault.state).map(async ({ key }) => {
        try {
          await withDeadline('Fetching the chat', REPLICATE_DEADLINE_MS, options, async () => await this.#fetch(key))
        } catch (error) {
          options?.signal?.throwIfAborted()
          this.#report(error)
        }
        onProgress()
      })
    )
  }

  /** What is kept of a contact is something else: names, and whose messages show. */
  tellContact(): void {
    for (const chat of this.#open.values()) chat.tellBlocked()
  }

  /** Those that are open here. */
  opened(): Iterable<OpenChat> {
    return this.#open.values()
  }

  /** For each open chat, its members' devices. */
  *memberDevices(): Iterable<MemberDevices> {
    for (const chat of this.#open.values()) yield devicesOf(chat.group.members())
  }

  /** What a user says of itself in the chats that are open here, by its latest card: latest by its own clock, across chats. */
  async portraitOf(did: Did, options?: AbortOptions): Promise<Portrait | undefined> {
    let latest: Awaited<ReturnType<OpenChat['card']>>
    for (const chat of this.#open.values()) {
      const said = await chat.card(did, options)
      if (said !== undefined && said.card.time >= (latest?.card.time ?? Number.NEGATIVE_INFINITY)) latest = said
    }
    if (latest === undefined) return undefined
    const { name, about, picture } = latest.portrait
    return { name, ...(about === undefined ? {} : { about }), ...(picture === undefined ? {} : { picture }) }
  }

  /** Say one's name in all chats where that is still to be done. */
  announce(): void {
    for (const chat of this.#open.values()) chat.announce()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#retry)
    await Promise.allSettled(this.#chats.values())
    await Promise.all([...this.#open.keys()].map((did) => this.#drop(did)))
  }

  /** What was begun before is gone on with: the invitation may be used up by that. */
  async #join(did: Did, line: string, title: string, options?: AbortOptions): Promise<Chat> {
    const { walytis, keyStore, now } = this.#node
    const here = (await this.#heldChains(options)).has(chainOf(did))
    const begun = await this.#joins.has(did, options)
    // A node holds a chain for one device only: what is held and is not this profile's is another's.
    const known = begun || findRecord(this.#components.vault.state, 'chat', did) !== undefined
    if (here && !known) throw new ChatInUseError(did)
    await this.#joins.begin(did, options)
    const group = await withDeadline('Joining the chat', REPLICATE_DEADLINE_MS, options, async (signal) =>
      here && begun
        ? await this.#load(did, undefined, { signal })
        : await joinGroup(walytis, keyStore, this.#components.user, line, { signal, now })
    ).catch(async (error: unknown) => {
      if (error instanceof Error && error.name === 'InvitationError') await this.#joins.end(did)
      throw error
    })
    const chat = await this.#begin(group, title, options)
    await this.#joins.end(did, options)
    return chat
  }

  async #heldChains(options?: AbortOptions): Promise<Set<string>> {
    const ids = new Set<string>()
    for await (const { id } of this.#node.walytis.list(options)) ids.add(id)
    return ids
  }

  /** A group that this device has just created or joined: record it for the other devices, then open it. */
  async #begin(group: Group, title: string, options?: AbortOptions): Promise<Chat> {
    const value = { title, joined: this.#node.now() }
    const recorded = async (): Promise<Group> => {
      await this.#components.vault.put({ kind: 'chat', key: group.did, value }, options)
      return group
    }
    return await this.#attach(group.did, () => closingOnFailure([group], recorded))
  }

  /** Open what the vault lists and close what it lists no more. */
  #follow(): void {
    if (this.#closing.signal.aborted) return
    const listed = new Set(joinedChats(this.#components.vault.state).map(({ key }) => key))
    for (const did of listed) {
      if (!this.#chats.has(did)) this.#fetch(did).catch((error: unknown) => this.#failed(error))
    }
    for (const did of this.#open.keys()) {
      const left = findRecord(this.#components.vault.state, 'chat', did)?.value.left
      if (left !== undefined) this.#leave(did).catch((error: unknown) => this.#report(error))
    }
  }

  /** What the profile did on any of its devices that concerns an open chat. */
  #tell(changed: readonly VaultRecord[]): void {
    for (const [did, chat] of this.#open) {
      for (const record of changed) {
        const hidden = record.kind === 'hidden' ? hiddenMessage(record, did) : undefined
        if (record.kind === 'hidden' && hidden !== undefined) chat.tellHidden(hidden, record.value.hidden)
        if (isAboutChat(record, did)) chat.tellChanged()
      }
    }
  }

  async #fetch(did: Did): Promise<OpenChat> {
    const { vaultGroup } = this.#components
    return await this.#attach(did, () =>
      withDeadline('Fetching the chat', REPLICATE_DEADLINE_MS, { signal: this.#closing.signal }, async (signal) => {
        const peers = await addressesOf(this.#node.walytis, vaultGroup.blockchain.getPeers(), { signal })
        return await this.#load(did, peers, { signal })
      })
    )
  }

  async #load(
    did: Did,
    peers: Awaited<ReturnType<typeof addressesOf>> | undefined,
    options?: AbortOptions
  ): Promise<Group> {
    const { walytis, keyStore, now } = this.#node
    return await loadGroup(walytis, keyStore, did, { ...options, now, member: this.#components.user, peers })
  }

  /** Open a chat once, whoever asks for it. A failure is forgotten, so that it can be tried again. */
  #attach(did: Did, getGroup: () => Promise<Group>): Promise<OpenChat> {
    const held = this.#chats.get(did)
    if (held !== undefined) return held
    const opening = this.#openChat(did, getGroup)
    this.#chats.set(did, opening)
    opening.catch(() => this.#chats.delete(did))
    return opening
  }

  async #openChat(did: Did, getGroup: () => Promise<Group>): Promise<OpenChat> {
    const { owner, user, vault } = this.#components
    this.#node.claims.claim(did, user.did)
    const { signal } = this.#closing
    try {
      const group = await getGroup()
      const sealed = await closingOnFailure([group], () => privately(group, { fetch: this.#node.fetch, signal }))
      const chain = await closingOnFailure([sealed, group], () => mutable(sealed, { signal }))
      const chat = new OpenChat({ node: this.#node, group, sealed, chain, owner, vault })
      await closingOnFailure([chat], () => chat.open({ signal }))
      this.#open.set(did, chat)
      this.#pause = RETRY_MIN_MS
      this.#components.added(chat)
      return chat
    } catch (error) {
      this.#node.claims.release(did, user.did)
      throw error
    }
  }

  async #leave(did: Did): Promise<void> {
    const wasOpen = this.#open.has(did)
    await this.#drop(did)
    if (wasOpen) this.#components.removed(did)
  }

  async #drop(did: Did): Promise<void> {
    const chat = this.#open.get(did)
    this.#open.delete(did)
    this.#chats.delete(did)
    await chat?.close()
    this.#node.claims.release(did, this.#components.user.did)
  }

  #failed(error: unknown): void {
    this.#report(error)
    if (this.#closing.signal.aborted || this.#retry !== undefined) return
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#follow()
    }, this.#pause)
    this.#pause = Math.min(2 * this.#pause, RETRY_MAX_MS)
  }

  #report(error: unknown): void {
    if (!this.#closing.signal.aborted) this.#node.log.error('a chat could not be opened - %e', error)
  }
}

/** Pinned ones first, then by their last message, newest first. */
function compareSummaries(a: ChatSummary, b: ChatSummary): number {
  const time = ({ last }: ChatSummary): number => last?.sentAt.getTime() ?? 0
  return Number(b.settings.pinned) - Number(a.settings.pinned) || time(b) - time(a)
}
