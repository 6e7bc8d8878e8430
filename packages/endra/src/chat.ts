/**
 * One chat, open: a group of users whose chain carries private, mutable messages. Made and owned by `chats.ts`. It keeps no state of its
 * own but the cards; everything else is asked of the chain, so what it shows is what is stored.
 */
import type { AbortOptions } from '@libp2p/interface'
import { TypedEventEmitter } from 'main-event'
import type { BlockId } from 'walytis/interface'
import type { Did, Group, Role } from 'walytis-identities'
import type { MutableBlockchain } from 'walytis-mutability'
import type { PrivateBlockchain } from 'walytis-offchain'
import { ChatAttachments } from './attachments/chat-attachments.ts'
import { Background } from './background.ts'
import type { PlacedCard } from './cards.ts'
import { ChatCards, type ChatOwner } from './chat-cards.ts'
import { ChatInfos } from './chat-info.ts'
import { ChatMembers } from './chat-members.ts'
import { tellNews } from './chat-news.ts'
import { ChatSide, type ChatSideInit } from './chat-side.ts'
import { SYNC_DEADLINE_MS, TOPIC_CARD, TOPIC_MESSAGE } from './constants.ts'
import type { Portrait } from './content/card.ts'
import { decodeMessage } from './content/format.ts'
import { withDeadline } from './deadline.ts'
import type {
  Chat,
  ChatBlock,
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
  Picture,
  Quote,
  Receipts,
  SendOptions
} from './interface/index.ts'
import { ChatBlocks, idOf } from './messages/blocks.ts'
import { ChatMessages } from './messages/chat-messages.ts'
import { Entries } from './messages/entries.ts'
import type { TypedView } from './messages/typed-view.ts'
import { checkName } from './names.ts'
import type { Node } from './node.ts'
import { graphOf } from './state/graph.ts'
import { type ShownMessage, stateHash } from './state-hash.ts'
import { findRecord } from './vault/fold.ts'
import { hiddenRecord } from './vault/hidden.ts'
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
  readonly chain: MutableBlockchain
  readonly attachments: ChatAttachments
  readonly #node: Node
  readonly #vault: Vault
  readonly #cards: ChatCards
  readonly #members: ChatMembers
  readonly #blocks: ChatBlocks
  readonly #messages: ChatMessages
  readonly #entries: Entries
  readonly #infos: ChatInfos
  readonly #side: ChatSide
  readonly #work: Background
  readonly #closing = new AbortController()
  #isTold = false

  constructor(components: ChatComponents) {
    super()
    const { node, group, sealed, chain, owner, vault } = components
    const { signal } = this.#closing
    const me = owner.did
    this.group = group
    this.sealed = sealed
    this.#node = node
    this.chain = chain
    this.#vault = vault
    this.attachments = new ChatAttachments(sealed)
    this.#work = new Background(signal, (error) => node.log.error('a chat could not do its own work - %e', error))
    this.#blocks = new ChatBlocks(chain)
    this.#cards = new ChatCards({ group, owner, blocks: this.#blocks })
    this.#infos = new ChatInfos({ group, owner, blocks: this.#blocks })
    this.#members = new ChatMembers({
      ...{ group, owner, signal },
      cards: this.#cards,
      now: node.now,
      emit: (type, detail) => this.safeDispatchEvent(type, { detail }),
      joined: () => this.announce()
    })
    const { types, keyStore, now, log } = node
    const { libp2p } = node.walytis
    const emit: ChatSideInit['emit'] = (type, detail) =>
      type === 'changed' ? this.tellChanged() : this.safeDispatchEvent(type, { detail })
    const connectionChanged = (): void => this.#connectionChanged()
    const side = { me, group, sealed, chain, vault, keyStore, libp2p, emit, connectionChanged, signal, now, log }
    this.#side = new ChatSide(side)
    this.#entries = new Entries({ me, types, blocks: this.#blocks })
    const { attachments } = this
    const { reactions } = this.#entries
    const hides = (id: string, author: string): boolean => this.#side.isHidden(id, author)
    this.#messages = new ChatMessages({ blocks: this.#blocks, types, reactions, attachments, isHidden: hides })
  }

  /** Read what is kept of the chat, and follow what happens from now on. */
  async open(options?: AbortOptions): Promise<void> {
    const { signal } = this.#closing
    await this.#side.load(options)
    const { chain } = this
    const [cards, infos, entries, messages, side] = [
      this.#cards,
      this.#infos,
      this.#entries,
      this.#messages,
      this.#side
    ]
    tellNews({
      ...{ chain, cards, infos, entries, messages, side, signal },
      emit: (type, detail) => this.safeDispatchEvent(type, { detail }),
      changed: () => this.tellChanged(),
      failed: (error) => this.#node.log.error('a block of a chat could not be read - %e', error)
    })
    this.attachments.follow((type, detail) => this.safeDispatchEvent(type, { detail }), signal)
    this.#members.follow()
    await this.#cards.load(options)
    await this.#infos.load(options)
    this.#side.start()
    this.announce()
  }

  get id(): string {
    return this.group.did
  }

  get title(): string {
    return this.#infos.current?.title ?? this.#givenTitle
  }

  get picture(): Picture | undefined {
    return this.#infos.current?.picture
  }

  async update({ title, picture, ...options }: Parameters<Chat['update']>[0]): Promise<void> {
    const name = title === undefined ? undefined : checkName('title', title)
    await this.#infos.change({ title: name, picture }, this.#givenTitle, options)
    this.tellChanged()
  }

  get settings(): ChatSettings {
    return this.#side.settings
  }

  get connection(): ChatConnection {
    return this.#side.connection
  }

  get draft(): MessageContent | undefined {
    return this.#side.draft
  }

  async summary(options?: AbortOptions): Promise<ChatSummary> {
    const { id, title, picture } = this
    const side = await this.#side.summary(options)
    let last: Message | undefined
    for await (const message of this.messages({ ...options, reverse: true, limit: 1 })) last = message
    return { id, title, picture, last, ...side }
  }

  async set(change: Parameters<Chat['set']>[0]): Promise<void> {
    await this.#side.set(change)
  }

  async setDraft(content: string | MessageContent | undefined): Promise<void> {
    await this.#side.setDraft(content)
  }

  async markRead(message?: Message | string, options?: AbortOptions): Promise<void> {
    await this.#side.markRead(message === undefined ? undefined : await this.#idOf(message, options), options)
  }

  async receipts(message: Message | string, options?: AbortOptions): Promise<Receipts> {
    return await this.#side.receipts(await this.#idOf(message, options), options)
  }

  typing(on = true): void {
    this.#side.typing(on)
  }

  members(): ChatMember[] {
    return this.#members.list()
  }

  async invite(options?: Parameters<Chat['invite']>[0]): Promise<string> {
    return await this.#members.invite(this.title, options)
  }

  async remove(did: Did, options?: AbortOptions): Promise<void> {
    await this.#members.remove(did, options)
  }

  async setRole(did: Did, role: Role, options?: AbortOptions): Promise<void> {
    await this.#members.setRole(did, role, options)
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
      this.chain.sync({ signal })
    )
    return { level, peers: peers.length }
  }

  graph(options: { limit?: number | undefined } & AbortOptions = {}): AsyncGenerator<ChatBlock> {
    return graphOf(this.group, options.limit, options)
  }

  async stateHash(options?: AbortOptions): Promise<string> {
    return await stateHash(this.id, this.group.members(), this.#contents(options))
  }

  /** The profile has deleted a message for itself, or no longer, on this device or another. */
  tellHidden(id: string, hidden: boolean): void {
    this.#side.recount()
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

  /** Somebody's messages show here no longer, or again. */
  tellBlocked(): void {
    this.#side.recount()
    this.tellChanged()
  }

  /** Whether the profile wants to see a message. */
  shows(message: Message): boolean {
    return !this.#side.isHidden(message.id, message.author)
  }

  /** What a member says of itself, by its latest card here. */
  async card(did: Did, options?: AbortOptions): Promise<{ card: PlacedCard; portrait: Portrait } | undefined> {
    return await this.#cards.read(did, options)
  }

  /** Tell the present members what the profile and the chat say of themselves, where that is owed and it is this device's turn. */
  announce(): void {
    this.#work.add(async (signal) => {
      await this.#cards.announce({ signal })
      await this.#infos.announce({ signal })
    })
  }

  /** Stop taking part. What is stored stays. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#work.settled()
    await this.#side.settled()
    await this.chain.close()
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

  /** As the invitation said, or whoever made the chat. */
  get #givenTitle(): string {
    return findRecord(this.#vault.state, 'chat', this.group.did)?.value.title ?? ''
  }

  async #idOf(message: Message | string, options?: AbortOptions): Promise<BlockId> {
    return (await this.#blocks.find(idOf(message), TOPIC_MESSAGE, options)).id
  }

  #connectionChanged(): void {
    if (this.#closing.signal.aborted) return
    this.safeDispatchEvent('connection:changed', { detail: { connection: this.connection } })
    this.tellChanged()
  }
}
