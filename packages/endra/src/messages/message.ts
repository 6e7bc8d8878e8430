import type { AbortOptions } from '@libp2p/interface'
import type { Did } from 'walytis-identities'
import type { MutableBlock } from 'walytis-mutability'
import { type DecodedMessage, decodeMessage, encodeMessage } from '../content/format.ts'
import { forwardedOf, mentionsOf, withForwarded, withMentions } from '../content/metadata.ts'
import { textContent, textOf } from '../content/parts.ts'
import type {
  Attachments,
  ContentPart,
  MentionOptions,
  Message,
  MessageContent,
  Quote,
  Reaction
} from '../interface/index.ts'

/** What a message asks of the chat that it stands in. */
export interface MessageHome {
  reactionsTo(id: string, options?: AbortOptions): Promise<Reaction[]>
  typedOf(content: MessageContent): Message['typed']
  readonly attachments: Pick<Attachments, 'get'>
  quote(part: ContentPart, options?: AbortOptions): Promise<Quote | undefined>
}

/** What is shown of a message that is deleted: nothing. */
const NOTHING: DecodedMessage = { content: { parts: [] } }

/** What a caller gave as content, as content. */
export function contentFrom(content: string | MessageContent): MessageContent {
  return typeof content === 'string' ? textContent(content) : content
}

/**
 * The message that a block of a chat is now. A deleted one shows no content. Undefined when its bytes are no message: every device
 * sees the same bytes, so all of them leave it out.
 */
export async function messageOf(
  home: MessageHome,
  block: MutableBlock,
  options?: AbortOptions
): Promise<Message | undefined> {
  const decoded = block.deleted ? ({ ok: true, value: NOTHING } as const) : decodeMessage(await block.content(options))
  if (!decoded.ok) return undefined
  const reactions = await home.reactionsTo(block.id.toString(), options)
  return new BlockMessage(home, block, decoded.value, reactions)
}

/** A message that has just been written: nobody has reacted to it. */
export function newMessage(home: MessageHome, block: MutableBlock, decoded: DecodedMessage): Message {
  return new BlockMessage(home, block, decoded, [])
}

/** The chat that a message stands in; undefined when it is not one that endra gave. */
export function homeOf(message: Message): MessageHome | undefined {
  return message instanceof BlockMessage ? BlockMessage.homeOf(message) : undefined
}

/** A snapshot: what `edit`, `delete` and `restore` do shows in the message that they give, and in events. */
class BlockMessage implements Message {
  readonly id: string
  readonly author: Did
  readonly sentAt: Date
  readonly content: MessageContent
  readonly text: string
  readonly replyTo: string | undefined
  readonly mentions: readonly Did[]
  readonly forwarded: Message['forwarded']
  readonly typed: Message['typed']
  readonly reactions: readonly Reaction[]
  readonly editedAt: Date | undefined
  readonly deleted: boolean
  readonly revoked: boolean
  readonly #home: MessageHome
  readonly #block: MutableBlock

  constructor(home: MessageHome, block: MutableBlock, message: DecodedMessage, reactions: readonly Reaction[]) {
    const { content } = message
    this.id = block.id.toString()
    // The chain beneath is a private one: its authors are DIDs, by the group's state, and nothing in the content can change that.
    this.author = block.author as Did
    this.sentAt = block.time
    this.content = content
    this.text = textOf(content)
    this.replyTo = message.replyTo
    this.mentions = mentionsOf(content)
    this.forwarded = forwardedOf(content)
    this.typed = home.typedOf(content)
    this.reactions = reactions
    this.editedAt = block.editedAt
    this.deleted = block.deleted
    this.revoked = block.revoked
    this.#home = home
    this.#block = block
  }

  static homeOf(message: BlockMessage): MessageHome {
    return message.#home
  }

  async edit(given: string | MessageContent, options: MentionOptions & AbortOptions = {}): Promise<Message> {
    const { mentions, ...rest } = options
    // An edit does not turn somebody else's words into one's own.
    const content = withForwarded(withMentions(contentFrom(given), mentions), this.forwarded)
    const message = { content, replyTo: this.replyTo }
    return await this.#now(await this.#block.edit(encodeMessage(message), rest), rest)
  }

  async delete(options?: AbortOptions): Promise<Message> {
    return await this.#now(await this.#block.delete(options), options)
  }

  async restore(options?: AbortOptions): Promise<Message> {
    return await this.#now(await this.#block.restore(options), options)
  }

  async *versions(options?: AbortOptions): ReturnType<Message['versions']> {
    for await (const version of this.#block.versions(options)) {
      const { author, time, kind } = version
      const decoded = kind === 'delete' ? undefined : decodeMessage(await version.content(options))
      const content = decoded?.ok ? decoded.value.content : NOTHING.content
      yield { author: author as Did, time, kind, text: textOf(content), content }
    }
  }

  async #now(block: MutableBlock, options?: AbortOptions): Promise<Message> {
    const reactions = await this.#home.reactionsTo(this.id, options)
    return (await messageOf(this.#home, block, options)) ?? new BlockMessage(this.#home, block, NOTHING, reactions)
  }
}
