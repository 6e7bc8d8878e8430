/**
 * One chat, open: a group of users whose chain carries private, mutable messages. Made and owned by `chats.ts`. It keeps no state of its
 * own but the cards; everything else is asked of the chain, so what it shows is what is stored.
 */
import type { AbortOptions } from '@libp2p/interface'
import { TypedEventEmitter } from 'main-event'
import type { Did, Group } from 'walytis-identities'
import type { MutableBlock, MutableBlockchain } from 'walytis-mutability'
import type { PrivateBlockchain } from 'walytis-offchain'
import { CardBook, type PlacedCard } from './cards.ts'
import { followChat } from './chat-follower.ts'
import { CHAT_INVITATION_MS, REACTION_MEDIA_TYPE, SYNC_DEADLINE_MS, TOPIC_CARD } from './constants.ts'
import { audienceOf, decodeCard, encodeCard } from './content/card.ts'
import { decodeMessage } from './content/format.ts'
import { REACTION, type ReactionValue } from './content/reaction.ts'
import { withDeadline } from './deadline.ts'
import { shortDid } from './did.ts'
import type {
  Chat,
  ChatEvents,
  ChatMember,
  ContentPart,
  Message,
  MessageContent,
  MessagesOptions,
  MessageType,
  Quote,
  SendOptions
} from './interface/index.ts'
import { formatInvitation } from './invitation.ts'
import { ChatBlocks, idOf } from './messages/blocks.ts'
import { ChatMessages } from './messages/chat-messages.ts'
import { react, unreact } from './messages/reactions.ts'
import { type EntryEvent, TypedView } from './messages/typed-view.ts'
import type { Node } from './node.ts'
import { type ShownMessage, stateHash } from './state-hash.ts'

/** What a chat needs of its profile. */
export interface ChatOwner {
  readonly did: Did
  /** What the profile is called. */
  name(): string
  /** What a user is called that has no card in this chat. */
  nameOf(did: Did): string | undefined
  /** Whether this device is the one that acts for the profile where one is enough: the most senior of those connected. */
  acts(): boolean
  /** Whether the profile has deleted a message for itself. */
  isHidden(chat: Did, message: string): boolean
  /** Delete a message for the profile, or no longer. */
  setHidden(chat: Did, message: string, hidden: boolean, options?: AbortOptions): Promise<void>
  /** Somebody's latest card. */
  onCard(card: PlacedCard): void
}

/** What a chat stands on. */
export interface ChatComponents {
  readonly node: Node
  readonly group: Group
  readonly sealed: PrivateBlockchain
  readonly chain: MutableBlockchain
  readonly owner: ChatOwner
  title(): string
}

/** A chat as its profile uses it. */
export class OpenChat extends TypedEventEmitter<ChatEvents> implements Chat {
  readonly group: Group
  /** The chain beneath the messages' edits. */
  readonly sealed: PrivateBlockchain
  readonly #node: Node
  readonly #chain: MutableBlockchain
  readonly #owner: ChatOwner
  readonly #title: () => string
  readonly #cards = new CardBook()
  readonly #blocks: ChatBlocks
  readonly #messages: ChatMessages
  readonly #reactions: TypedView<ReactionValue>
  /** What is read as messages of a type here, by media type. */
  readonly #views = new Map<string, TypedView<unknown>>()
  readonly #closing = new AbortController()
  #tail: Promise<void> = Promise.resolve()

  constructor(components: ChatComponents) {
    super()
    this.group = components.group
    this.#node = components.node
    this.sealed = components.sealed
    this.#chain = components.chain
    this.#owner = components.owner
    this.#title = components.title
    this.#blocks = new ChatBlocks(components.chain)
    this.#reactions = new TypedView(this.#blocks, REACTION)
    this.#messages = new ChatMessages({
      blocks: this.#blocks,
      types: components.node.types,
      reactions: this.#reactions,
      isHidden: (id) => components.owner.isHidden(components.group.did, id)
    })
  }

  /** Read the cards, and follow what happens from now on. */
  async open(options?: AbortOptions): Promise<void> {
    const { signal } = this.#closing
    followChat(this.#chain, {
      signal,
      card: (block) => this.#takeCard(block, { signal }),
      entry: (type, mediaType, block) => this.#tellEntry(type, mediaType, block),
      read: (block) => this.#messages.of(block, { signal }),
      message: (type, message) => this.safeDispatchEvent(type, { detail: { message } }),
      failed: (error) => this.#node.log.error('a block of a chat could not be read - %e', error)
    })
    this.group.addEventListener('members:changed', ({ detail }) => this.#membersChanged(detail), { signal })
    this.group.addEventListener('self:removed', () => this.safeDispatchEvent('self:removed', { detail: {} }), {
      signal
    })
    for await (const block of this.#chain.blocks({ topics: { all: [TOPIC_CARD] } }, options)) {
      if (block.available) await this.#takeCard(block, options)
    }
    this.announce()
  }

  get id(): string {
    return this.group.did
  }

  get title(): string {
    return this.#title()
  }

  members(): ChatMember[] {
    const me = this.#owner.did
    return this.group.members().map(({ did, role }) => ({ did, role, name: this.nameOf(did), me: did === me }))
  }

  nameOf(did: Did): string {
    if (did === this.#owner.did) return this.#owner.name()
    return this.#cards.get(did)?.name ?? this.#owner.nameOf(did) ?? shortDid(did)
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
    await react(this.#reactions, { about: id, emoji, me: this.#owner.did }, options)
  }

  async unreact(message: Message | string, emoji: string, options?: AbortOptions): Promise<void> {
    await unreact(this.#reactions, { about: idOf(message), emoji, me: this.#owner.did }, options)
  }

  ofType<T>(type: MessageType<T>): TypedView<T> {
    this.#node.types.check(type)
    const held = this.#views.get(type.mediaType)
    // One type has one media type: `check` has seen to that.
    if (held !== undefined) return held as unknown as TypedView<T>
    const view = new TypedView(this.#blocks, type)
    this.#views.set(type.mediaType, view as unknown as TypedView<unknown>)
    return view
  }

  async hide(message: Message | string, options?: AbortOptions): Promise<void> {
    const { id } = await this.get(idOf(message), options)
    await this.#owner.setHidden(this.group.did, id, true, options)
  }

  async unhide(message: Message | string, options?: AbortOptions): Promise<void> {
    await this.#owner.setHidden(this.group.did, idOf(message), false, options)
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
    this.safeDispatchEvent(hidden ? 'message:hidden' : 'message:unhidden', { detail: { id } })
  }

  /** Tell the present members what the profile is called, where nobody has done so and it is this device's turn. */
  announce(): void {
    this.#background(async (signal) => {
      const members = this.group.members().map(({ did }) => did)
      const me = this.#owner.did
      const name = this.#owner.name()
      if (!members.includes(me) || !this.#owner.acts() || !this.#cards.owes(me, name, members)) return
      await this.#chain.add(encodeCard({ name, audience: audienceOf(members) }), { signal, topics: [TOPIC_CARD] })
    })
  }

  /** Stop taking part. What is stored stays. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#tail
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
    const { signal } = this.#closing
    if (mediaType !== REACTION_MEDIA_TYPE) return void (await this.#views.get(mediaType)?.tell(type, block, { signal }))
    const entry = await this.#reactions.tell(type, block, { signal })
    if (entry?.about === undefined) return
    const detail = { id: entry.about, author: entry.author, emoji: entry.value.emoji }
    this.safeDispatchEvent(type === 'entry:removed' ? 'reaction:removed' : 'reaction:added', { detail })
  }

  #membersChanged({ added, removed }: { added: Did[]; removed: Did[] }): void {
    for (const did of added) this.safeDispatchEvent('member:added', { detail: { did } })
    for (const did of removed) this.safeDispatchEvent('member:removed', { detail: { did } })
    if (added.length > 0) this.announce()
  }

  async #takeCard(block: MutableBlock, options?: AbortOptions): Promise<void> {
    const decoded = decodeCard(await block.content(options))
    if (!decoded.ok || block.revoked) return
    // Whose card it is, is said by who wrote the block, and by nothing in it.
    const card = { ...decoded.value, author: block.author as Did, time: block.time.getTime(), block }
    if (!this.#cards.take(card)) return
    this.#owner.onCard(card)
    this.safeDispatchEvent('member:named', { detail: { did: card.author, name: card.name } })
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
