import type { AbortOptions } from '@libp2p/interface'
import type { Did } from 'walytis-identities'
import type { MutableBlock } from 'walytis-mutability'
import { type DecodedMessage, decodeMessage, encodeMessage } from './content/format.ts'
import { textContent, textOf } from './content/parts.ts'
import type { Message, MessageContent } from './interface/index.ts'

/** What is shown of a message that is deleted: nothing. */
const NOTHING: DecodedMessage = { content: { parts: [] } }

/** What a caller gave as content, as content. */
export function contentFrom(content: string | MessageContent): MessageContent {
  return typeof content === 'string' ? textContent(content) : content
}

/** A message as a block of a chat and its decoded content make it. */
export function createMessage(block: MutableBlock, decoded: DecodedMessage): Message {
  return new BlockMessage(block, block.deleted ? NOTHING : decoded)
}

/**
 * The message that a block of a chat is now. A deleted one shows no content. Undefined when its bytes are no message: every device
 * sees the same bytes, so all of them leave it out.
 */
export async function messageOf(block: MutableBlock, options?: AbortOptions): Promise<Message | undefined> {
  if (block.deleted) return new BlockMessage(block, NOTHING)
  const decoded = decodeMessage(await block.content(options))
  return decoded.ok ? new BlockMessage(block, decoded.value) : undefined
}

/** A snapshot: what `edit`, `delete` and `restore` do shows in the message that they give, and in events. */
class BlockMessage implements Message {
  readonly id: string
  readonly author: Did
  readonly sentAt: Date
  readonly content: MessageContent
  readonly text: string
  readonly replyTo: string | undefined
  readonly editedAt: Date | undefined
  readonly deleted: boolean
  readonly revoked: boolean
  readonly #block: MutableBlock

  constructor(block: MutableBlock, message: DecodedMessage) {
    this.id = block.id.toString()
    // The chain beneath is a private one: its authors are DIDs, by the group's state, and nothing in the content can change that.
    this.author = block.author as Did
    this.sentAt = block.time
    this.content = message.content
    this.text = textOf(message.content)
    this.replyTo = message.replyTo
    this.editedAt = block.editedAt
    this.deleted = block.deleted
    this.revoked = block.revoked
    this.#block = block
  }

  async edit(content: string | MessageContent, options?: AbortOptions): Promise<Message> {
    const message = { content: contentFrom(content), replyTo: this.replyTo }
    return new BlockMessage(await this.#block.edit(encodeMessage(message), options), message)
  }

  async delete(options?: AbortOptions): Promise<Message> {
    return new BlockMessage(await this.#block.delete(options), NOTHING)
  }

  async restore(options?: AbortOptions): Promise<Message> {
    const restored = await this.#block.restore(options)
    return (await messageOf(restored, options)) ?? new BlockMessage(restored, NOTHING)
  }

  async *versions(options?: AbortOptions): ReturnType<Message['versions']> {
    for await (const version of this.#block.versions(options)) {
      const { author, time, kind } = version
      const decoded = kind === 'delete' ? undefined : decodeMessage(await version.content(options))
      yield { author: author as Did, time, kind, text: decoded?.ok ? textOf(decoded.value.content) : '' }
    }
  }
}
