/**
 * One chat, open: a group of users whose chain carries private, mutable messages. Made and owned by `chats.ts`. It keeps no state of its
 * own but the cards; everything else is asked of the chain, so what it shows is what is stored.
 */
import type { AbortOptions } from '@libp2p/interface'
import { TypedEventEmitter } from 'main-event'
import { CID } from 'multiformats/cid'
import type { Did, Group } from 'walytis-identities'
import type { MutableBlock, MutableBlockchain } from 'walytis-mutability'
import type { PrivateBlockchain } from 'walytis-offchain'
import { CardBook, type PlacedCard } from './cards.ts'
import { followChat } from './chat-follower.ts'
import { CHAT_INVITATION_MS, EXCHANGE_DEADLINE_MS, SYNC_DEADLINE_MS, TOPIC_CARD, TOPIC_MESSAGE } from './constants.ts'
import { audienceOf, decodeCard, encodeCard } from './content/card.ts'
import { decodeMessage, encodeMessage } from './content/format.ts'
import { withDeadline } from './deadline.ts'
import { shortDid } from './did.ts'
import { NotFoundError } from './errors.ts'
import type { Chat, ChatEvents, ChatMember, Message, MessageContent } from './interface/index.ts'
import { formatInvitation } from './invitation.ts'
import { contentFrom, createMessage, messageOf } from './message.ts'
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
  }

  /** Read the cards, and follow what happens from now on. */
  async open(options?: AbortOptions): Promise<void> {
    const { signal } = this.#closing
    followChat(this.#chain, {
      signal,
      card: (block) => this.#takeCard(block, { signal }),
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

  async send(
    content: string | MessageContent,
    options: { replyTo?: Message | undefined } & AbortOptions = {}
  ): Promise<Message> {
    const { replyTo, ...rest } = options
    const message = { content: contentFrom(content), replyTo: replyTo?.id }
    const block = await this.#chain.add(encodeMessage(message), { ...rest, topics: [TOPIC_MESSAGE] })
    return createMessage(block, message)
  }

  async reply(message: Message, content: string | MessageContent, options?: AbortOptions): Promise<Message> {
    return await this.send(content, { ...options, replyTo: message })
  }

  async *messages(options: Parameters<Chat['messages']>[0] = {}): AsyncGenerator<Message> {
    const { limit = Number.POSITIVE_INFINITY, reverse, ...rest } = options
    let left = limit
    if (left <= 0) return
    for await (const block of this.#shown(reverse, rest)) {
      const message = await messageOf(block, rest)
      if (message === undefined) continue
      yield message
      if (--left <= 0) return
    }
  }

  async get(id: string, options?: AbortOptions): Promise<Message> {
    const block = await this.#find(id, options)
    const message = await withDeadline('Getting the message', EXCHANGE_DEADLINE_MS, options, (signal) =>
      messageOf(block, { signal })
    )
    if (message === undefined) throw new NotFoundError('message', id)
    return message
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

  async *#contents(options?: AbortOptions): AsyncGenerator<ShownMessage> {
    for await (const block of this.#shown(false, options)) {
      const content = await block.content(options)
      if (decodeMessage(content).ok) yield { id: block.id, author: block.author as Did, content }
    }
  }

  /** Messages whose content is here, in canonical order: one that is not yet here must not hold up the others. */
  async *#shown(reverse: boolean | undefined, options?: AbortOptions): AsyncGenerator<MutableBlock> {
    for await (const block of this.#chain.blocks({ topics: { all: [TOPIC_MESSAGE] }, reverse }, options)) {
      if (block.available) yield block
    }
  }

  async #find(id: string, options?: AbortOptions): Promise<MutableBlock> {
    try {
      const block = await this.#chain.get(parseId(id), options)
      if (block.topics.includes(TOPIC_MESSAGE)) return block
    } catch (cause) {
      options?.signal?.throwIfAborted()
      throw new NotFoundError('message', id, { cause })
    }
    throw new NotFoundError('message', id)
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

function parseId(id: string): CID {
  return CID.parse(id)
}
