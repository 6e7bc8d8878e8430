/**
 * The messages of one chat: written, listed and found, with what was said about them. Made and owned by `chat.ts`; keeps nothing, and asks the
 * chain for everything.
 */
import type { AbortOptions } from '@libp2p/interface'
import type { MutableBlock } from 'walytis-mutability'
import type { ChatAttachments } from '../attachments/chat-attachments.ts'
import { EXCHANGE_DEADLINE_MS, TOPIC_MESSAGE } from '../constants.ts'
import { type DecodedMessage, encodeMessage } from '../content/format.ts'
import { withForwarded, withMentions } from '../content/metadata.ts'
import { isEmbedded, isReferenced } from '../content/parts.ts'
import type { ReactionValue } from '../content/reaction.ts'
import { withDeadline } from '../deadline.ts'
import { InvalidMessageError, NotFoundError } from '../errors.ts'
import type {
  AttachOptions,
  ContentPart,
  Message,
  MessageContent,
  MessagesOptions,
  Quote,
  Reaction,
  SendOptions
} from '../interface/index.ts'
import { aboutTopic, type ChatBlocks, idOf } from './blocks.ts'
import { copiesOf, referencesTo, type Slot } from './forwarding.ts'
import { contentFrom, type MessageHome, messageOf, newMessage } from './message.ts'
import { reactionsTo } from './reactions.ts'
import type { TypedView } from './typed-view.ts'
import type { Types } from './types.ts'

/** What the messages of a chat stand on. */
export interface ChatMessagesInit {
  readonly blocks: ChatBlocks
  readonly types: Types
  readonly reactions: TypedView<ReactionValue>
  readonly attachments: ChatAttachments
  /** Whether the profile wants not to see a message. */
  isHidden(id: string, author: string): boolean
}

/** The messages of one chat. */
export class ChatMessages implements MessageHome {
  readonly #init: ChatMessagesInit

  constructor(init: ChatMessagesInit) {
    this.#init = init
  }

  async send(given: string | MessageContent, options: SendOptions = {}): Promise<Message> {
    const { mentions, attachments = [], ...rest } = options
    const said = given === '' && attachments.length > 0 ? { parts: [] } : contentFrom(given)
    const { parts, metadata } = withMentions(said, mentions)
    const slots = [...parts.map((part) => ({ part })), ...attachments.map((attach) => ({ attach }))]
    return await this.#write(slots, metadata, rest)
  }

  get attachments(): ChatAttachments {
    return this.#init.attachments
  }

  async forward(
    message: Message,
    { withAuthor, ...options }: { withAuthor?: boolean | undefined } & AttachOptions = {}
  ): Promise<Message> {
    const author = withAuthor ? (message.forwarded?.author ?? message.author) : undefined
    const slots = (await this.#holds(message.id, options)) ? referencesTo(message) : await copiesOf(message, options)
    if (slots.length === 0) throw new InvalidMessageError('nothing-to-forward')
    const { metadata } = withForwarded({ parts: [] }, { author })
    return await this.#write(slots, metadata, options)
  }

  async *list(options: MessagesOptions = {}, topics: string[] = [TOPIC_MESSAGE]): AsyncGenerator<Message> {
    const { limit = Number.POSITIVE_INFINITY, reverse, before, after, ...rest } = options
    let left = limit
    if (left <= 0) return
    const place = async (at: Message | string | undefined): Promise<MutableBlock | undefined> =>
      at === undefined ? undefined : await this.#find(idOf(at), rest)
    const page = { ...rest, reverse, before: await place(before), after: await place(after) }
    for await (const block of this.#init.blocks.list(topics, page)) {
      if (this.#init.isHidden(block.id.toString(), block.author)) continue
      const message = await messageOf(this, block, rest)
      if (message === undefined) continue
      yield message
      if (--left <= 0) return
    }
  }

  async *replies(to: Message | string, options: MessagesOptions = {}): AsyncGenerator<Message> {
    const { limit = Number.POSITIVE_INFINITY, ...rest } = options
    let left = limit
    if (left <= 0) return
    for await (const message of this.list(rest, [aboutTopic(idOf(to)), TOPIC_MESSAGE])) {
      if (message.replyTo !== idOf(to)) continue
      yield message
      if (--left <= 0) return
    }
  }

  async get(id: string, options?: AbortOptions): Promise<Message> {
    const block = await this.#find(id, options)
    const message = await withDeadline('Getting the message', EXCHANGE_DEADLINE_MS, options, (signal) =>
      messageOf(this, block, { signal })
    )
    if (message === undefined) throw new NotFoundError('message', id)
    return message
  }

  /** The message that a block is, for events; undefined when it is none. */
  async of(block: MutableBlock, options?: AbortOptions): Promise<Message | undefined> {
    return await messageOf(this, block, options)
  }

  async quote(part: ContentPart, options?: AbortOptions): Promise<Quote | undefined> {
    if (!isReferenced(part)) return undefined
    const id = part.block.toString()
    if (!(await this.#holds(id, options))) return undefined
    const message = await this.get(id, options)
    return { message, part: message.content.parts.filter(isEmbedded).find((each) => each.id === part.part) }
  }

  async reactionsTo(id: string, options?: AbortOptions): Promise<Reaction[]> {
    return await reactionsTo(this.#init.reactions, id, options)
  }

  typedOf(content: MessageContent): { mediaType: string; value: unknown } | undefined {
    return this.#init.types.read(content)
  }

  async #write(slots: readonly Slot[], metadata: MessageContent['metadata'], options: SendOptions): Promise<Message> {
    const { replyTo, onProgress, ...rest } = options
    const attaching = slots.flatMap((slot) => ('attach' in slot ? [slot.attach] : []))
    const messageWith = (attached: readonly ContentPart[]): DecodedMessage => {
      const left = [...attached]
      const parts = slots.flatMap((slot) => ('part' in slot ? [slot.part] : left.splice(0, 1)))
      return { content: { parts, metadata }, replyTo: replyTo?.id }
    }
    // Before anything is sealed: what can't be sent is said at once.
    encodeMessage(messageWith(attaching.map((each) => this.attachments.announced(each))))
    const topics = [...(replyTo === undefined ? [] : [aboutTopic(replyTo.id)]), TOPIC_MESSAGE]
    return await this.attachments.addAll(attaching, { ...rest, onProgress }, async (attached) => {
      const message = messageWith(attached)
      return newMessage(this, await this.#init.blocks.add(encodeMessage(message), topics, rest), message)
    })
  }

  async #holds(id: string, options?: AbortOptions): Promise<boolean> {
    try {
      return (await this.#find(id, options)).available
    } catch (error) {
      if (error instanceof NotFoundError) return false
      throw error
    }
  }

  async #find(id: string, options?: AbortOptions): Promise<MutableBlock> {
    return await this.#init.blocks.find(id, TOPIC_MESSAGE, options)
  }
}
