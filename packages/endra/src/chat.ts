/**
 * One chat, open: a group of users whose chain carries private, mutable messages. Made and owned by `chats.ts`. It keeps no state of its
 * own but the cards; everything else is asked of the chain, so what it shows is what is stored.
 */
import type { AbortOptions } from '@libp2p/interface'
import { TypedEventEmitter } from 'main-event'
import type { Did, Group, Role } from 'walytis-identities'
import type { MutableBlock, MutableBlockchain } from 'walytis-mutability'
import type { PrivateBlockchain } from 'walytis-offchain'
import { ChatCards, type ChatOwner } from './chat-cards.ts'
import { followChat, type MessageEvent } from './chat-follower.ts'
import { CHAT_INVITATION_MS, MAX_DRAFT_BYTES, SYNC_DEADLINE_MS, TOPIC_CARD, TOPIC_MESSAGE } from './constants.ts'
import { decodeMessage, encodeMessage } from './content/format.ts'
import { withDeadline } from './deadline.ts'
import { InvalidMessageError } from './errors.ts'
import type {
  Chat,
  ChatConnection,
  ChatEvents,
  ChatMember,
  ChatSettings,
  ChatSummary,
  ContentPart,
  Message,
  MessageContent,
  MessagesOptions,
  MessageType,
  Privacy,
  Quote,
  Receipts,
  SendOptions
} from './interface/index.ts'
import { formatInvitation } from './invitation.ts'
import { ChatBlocks, idOf } from './messages/blocks.ts'
import { ChatMessages } from './messages/chat-messages.ts'
import { Entries } from './messages/entries.ts'
import { contentFrom } from './messages/message.ts'
import type { EntryEvent, TypedView } from './messages/typed-view.ts'
import type { Node } from './node.ts'
import { ChatState } from './state/chat-state.ts'
import { ConnectionState } from './state/connection.ts'
import { Live, type LiveInit } from './state/live.ts'
import { MarksStore } from './state/marks-store.ts'
import { type ShownMessage, stateHash } from './state-hash.ts'
import { chatSetting, chatSettings, privacyOf } from './vault/chat-settings.ts'
import { findRecord } from './vault/fold.ts'
import { hiddenRecord, isHidden } from './vault/hidden.ts'
import type { Vault } from './vault.ts'

/** What a chat stands on. */
export interface ChatComponents {
  readonly node: Node
  readonly group: Group
  readonly sealed: PrivateBlockchain
  readonly chain: MutableBlockchain
  readonly owner: ChatOwner
  readonly vault: Vault
}

/** A chat as its profile uses it. */
export class OpenChat extends TypedEventEmitter<ChatEvents> implements Chat {
  readonly group: Group
  /** The chain beneath the messages' edits. */
  readonly sealed: PrivateBlockchain
  readonly #node: Node
  readonly #chain: MutableBlockchain
  readonly #owner: ChatOwner
  readonly #vault: Vault
  readonly #cards: ChatCards
  readonly #blocks: ChatBlocks
  readonly #messages: ChatMessages
  readonly #entries: Entries
  readonly #store: MarksStore
  readonly #state: ChatState
  readonly #connection: ConnectionState
  readonly #live: Live
  readonly #closing = new AbortController()
  #isTold = false
  #tail: Promise<void> = Promise.resolve()

  constructor(components: ChatComponents) {
    super()
    const { node, group, sealed, chain, owner, vault } = components
    const { signal } = this.#closing
    const me = owner.did
    const isHiddenHere = (id: string): boolean => isHidden(vault.state, group.did, id)
    this.group = group
    this.sealed = sealed
    this.#node = node
    this.#chain = chain
    this.#owner = owner
    this.#vault = vault
    this.#blocks = new ChatBlocks(chain)
    this.#cards = new ChatCards({ group, owner, blocks: this.#blocks })
    const { types } = node
    this.#entries = new Entries({ me, types, blocks: this.#blocks })
    const { reactions } = this.#entries
    this.#messages = new ChatMessages({
      blocks: this.#blocks,
      types,
      reactions,
      isHidden: isHiddenHere
    })
    this.#store = new MarksStore(node.keyStore, group.did)
    this.#state = new ChatState({ me, group, sealed, chain, store: this.#store, isHidden: isHiddenHere })
    const { libp2p } = node.walytis
    const changed = (): void => this.#connectionChanged()
    this.#connection = new ConnectionState({ chain, group, libp2p, me, signal, changed })
    const emit: LiveInit['emit'] = (type, detail) =>
      type === 'changed' ? this.tellChanged() : this.safeDispatchEvent(type, { detail })
    const privacy = (): Privacy => privacyOf(vault.state)
    const { now, log } = node
    this.#live = new Live({ me, group, sealed, state: this.#state, privacy, emit, signal, now, log })
  }

  /** Read what is kept of the chat, and follow what happens from now on. */
  async open(options?: AbortOptions): Promise<void> {
    const { signal } = this.#closing
    await this.#store.load(options)
    followChat(this.#chain, {
      signal,
      card: (block) => this.#takeCard(block),
      entry: (type, mediaType, block) => this.#tellEntry(type, mediaType, block),
      read: (block) => this.#messages.of(block, { signal }),
      message: (type, message) => this.#tellMessage(type, message),
      failed: (error) => this.#node.log.error('a block of a chat could not be read - %e', error)
    })
    this.group.addEventListener('members:changed', ({ detail }) => this.#membersChanged(detail), { signal })
    this.group.addEventListener('self:removed', () => this.safeDispatchEvent('self:removed', { detail: {} }), {
      signal
    })
    await this.#cards.load(options)
    this.#live.start()
    this.announce()
  }

  get id(): string {
    return this.group.did
  }

  get title(): string {
    return findRecord(this.#vault.state, 'chat', this.group.did)?.value.title ?? ''
  }

  get settings(): ChatSettings {
    return chatSettings(this.#vault.state, this.group.did)
  }

  get connection(): ChatConnection {
    return this.#connection.now
  }

  get draft(): MessageContent | undefined {
    const decoded = decodeMessage(this.#state.draft?.content ?? new Uint8Array())
    return decoded.ok ? decoded.value.content : undefined
  }

  async summary(options?: AbortOptions): Promise<ChatSummary> {
    const { id, title, settings, connection, draft } = this
    const { unread, mentioned } = await this.#state.unread(options)
    let last: Message | undefined
    for await (const message of this.messages({ ...options, reverse: true, limit: 1 })) last = message
    return { id, title, settings, unread, mentioned, last, draft, connection }
  }

  async set({ archived, pinned, mutedUntil, ...options }: Parameters<Chat['set']>[0]): Promise<void> {
    const changes = { archived, pinned, mutedUntil }
    for (const [name, value] of Object.entries(changes) as [keyof ChatSettings, boolean | Date | null | undefined][]) {
      if (value !== undefined) await this.#vault.put(chatSetting(this.group.did, name, value), options)
    }
  }

  async setDraft(content: string | MessageContent | undefined): Promise<void> {
    const bytes =
      content === undefined || content === '' ? new Uint8Array() : encodeMessage({ content: contentFrom(content) })
    if (bytes.byteLength > MAX_DRAFT_BYTES) throw new InvalidMessageError('draft-too-large')
    await this.#state.setDraft(bytes, this.#node.now())
    this.tellChanged()
    this.#live.tellSoon()
  }

  async markRead(message?: Message | string, options?: AbortOptions): Promise<void> {
    const id = message === undefined ? undefined : (await this.#blocks.find(idOf(message), TOPIC_MESSAGE, options)).id
    if (!(await this.#state.markRead(id, options))) return
    this.tellChanged()
    this.#live.tellSoon()
  }

  async receipts(message: Message | string, options?: AbortOptions): Promise<Receipts> {
    const { id } = await this.#blocks.find(idOf(message), TOPIC_MESSAGE, options)
    return await this.#state.receipts(id, options)
  }

  typing(on = true): void {
    this.#live.typing(on)
  }

  async setRole(did: Did, role: Role, options?: AbortOptions): Promise<void> {
    await this.group.setRole(did, role, options)
  }

  members(): ChatMember[] {
    const me = this.#owner.did
    return this.group.members().map(({ did, role }) => ({ did, role, name: this.#cards.nameOf(did), me: did === me }))
  }

  async invite(options: Parameters<Chat['invite']>[0] = {}): Promise<string> {
    const expires = options.expires ?? new Date(this.#node.now() + CHAT_INVITATION_MS)
    const invitation = await this.group.invite({ ...options, uses: options.uses ?? 1, expires })
    const hints = { kind: 'chat', title: this.title, inviter: this.#owner.name() } as const
    return formatInvitation({ ...hints, group: invitation.toString() })
  }

  async remove(did: Did, options?: AbortOptions): Promise<void> {
    await this.group.remove(did, options)
  }

  async send(content: string | MessageContent, options?: SendOptions): Promise<Message> {
    return await this.#messages.send(content, options)
  }

  async reply(
    message: Message,
    content: string | MessageContent,
    options?: Omit<SendOptions, 'replyTo'>
  ): Promise<Message> {
    return await this.#messages.send(content, { ...options, replyTo: message })
  }

  async forward(message: Message, options?: Parameters<Chat['forward']>[1]): Promise<Message> {
    return await this.#messages.forward(message, options)
  }

  async quote(part: ContentPart, options?: AbortOptions): Promise<Quote | undefined> {
    return await this.#messages.quote(part, options)
  }

  messages(options?: MessagesOptions): AsyncGenerator<Message> {
    return this.#messages.list(options)
  }

  replies(message: Message | string, options?: MessagesOptions): AsyncGenerator<Message> {
    return this.#messages.replies(message, options)
  }

  async get(id: string, options?: AbortOptions): Promise<Message> {
    return await this.#messages.get(id, options)
  }

  async react(message: Message | string, emoji: string, options?: AbortOptions): Promise<void> {
    const { id } = await this.get(idOf(message), options)
    await this.#entries.react(id, emoji, options)
  }

  async unreact(message: Message | string, emoji: string, options?: AbortOptions): Promise<void> {
    await this.#entries.unreact(idOf(message), emoji, options)
  }

  ofType<T>(type: MessageType<T>): TypedView<T> {
    return this.#entries.view(type)
  }

  async hide(message: Message | string, options?: AbortOptions): Promise<void> {
    const { id } = await this.get(idOf(message), options)
    await this.#vault.put(hiddenRecord(this.group.did, id, true), options)
  }

  async unhide(message: Message | string, options?: AbortOptions): Promise<void> {
    await this.#vault.put(hiddenRecord(this.group.did, idOf(message), false), options)
  }

  async sync(options?: AbortOptions): Promise<{ level: boolean; peers: number }> {
    const { level, peers } = await withDeadline('Syncing the chat', SYNC_DEADLINE_MS, options, (signal) =>
      this.#chain.sync({ signal })
    )
    return { level, peers: peers.length }
  }

  async stateHash(options?: AbortOptions): Promise<string> {
    return await stateHash(this.id, this.group.members(), this.#contents(options))
  }

  /** The profile has deleted a message for itself, or no longer, on this device or another. */
  tellHidden(id: string, hidden: boolean): void {
    this.#state.recount()
    this.safeDispatchEvent(hidden ? 'message:hidden' : 'message:unhidden', { detail: { id } })
    this.tellChanged()
  }

  /** Lists of chats show something else of this one. Several changes in one turn are told as one. */
  tellChanged(): void {
    if (this.#isTold) return
    this.#isTold = true
    queueMicrotask(() => {
      this.#isTold = false
      if (!this.#closing.signal.aborted) this.safeDispatchEvent('changed', { detail: {} })
    })
  }

  /** Tell the present members what the profile is called, where nobody has done so and it is this device's turn. */
  announce(): void {
    this.#background(async (signal) => await this.#cards.announce({ signal }))
  }

  /** Stop taking part. What is stored stays. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#tail
    await this.#live.settled()
    await this.#chain.close()
    await this.group.close()
  }

  /** All that the chat shows: messages, and entries of all types, known or not. Cards are each written for an audience of their own. */
  async *#contents(options?: AbortOptions): AsyncGenerator<ShownMessage> {
    for await (const block of this.#blocks.all(options)) {
      if (block.topics.includes(TOPIC_CARD)) continue
      const content = await block.content(options)
      if (decodeMessage(content).ok) yield { id: block.id, author: block.author as Did, content }
    }
  }

  async #tellEntry(type: EntryEvent, mediaType: string, block: MutableBlock): Promise<void> {
    const detail = await this.#entries.tell(type, mediaType, block, { signal: this.#closing.signal })
    if (detail === undefined) return
    this.safeDispatchEvent(type === 'entry:removed' ? 'reaction:removed' : 'reaction:added', { detail })
  }

  #membersChanged({ added, removed }: { added: Did[]; removed: Did[] }): void {
    for (const did of added) this.safeDispatchEvent('member:added', { detail: { did } })
    for (const did of removed) this.safeDispatchEvent('member:removed', { detail: { did } })
    if (added.length > 0) this.announce()
  }

  async #takeCard(block: MutableBlock): Promise<void> {
    const card = await this.#cards.take(block, { signal: this.#closing.signal })
    if (card !== undefined) {
      this.safeDispatchEvent('member:named', { detail: { did: card.author, name: card.name } })
    }
  }

  #tellMessage(type: MessageEvent, message: Message): void {
    if (type === 'message:added') {
      this.#state.arrived(message)
      this.#live.arrived(message)
      if (message.author !== this.#owner.did) this.#connection.received()
    } else if (type !== 'message:edited') {
      this.#state.recount()
    }
    this.safeDispatchEvent(type, { detail: { message } })
    this.tellChanged()
  }

  #connectionChanged(): void {
    if (this.#closing.signal.aborted) return
    this.safeDispatchEvent('connection:changed', { detail: { connection: this.connection } })
    this.tellChanged()
  }

  /** One piece of work of the chat's own after the other; a failure is reported, and what is owed is tried again at the next occasion. */
  #background(work: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#closing
    this.#tail = this.#tail
      .then(async () => (signal.aborted ? undefined : await work(signal)))
      .catch((error: unknown) => {
        if (!signal.aborted) this.#node.log.error('a chat could not do its own work - %e', error)
      })
  }
}
