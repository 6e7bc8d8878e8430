import { type Chat, type ChatSummary, type Message, textOf } from 'endra'
import { excerpt } from './excerpt.ts'
import type { ChatView, MessageStatus, MessageView } from './view.ts'

/** Messages of a chat as pages see them. */
export class MessageViews {
  readonly #chat: Chat
  readonly #me: string
  /** What was last told of how far messages have come. */
  readonly #statuses = new Map<string, MessageStatus>()

  constructor(chat: Chat, me: string) {
    this.#chat = chat
    this.#me = me
  }

  async of(message: Message): Promise<MessageView> {
    const { id, author, sentAt, text, editedAt, deleted, replyTo, reactions } = message
    const mine = author === this.#me
    return {
      id,
      author,
      mine,
      sentAt: sentAt.getTime(),
      text: deleted ? '' : text,
      editedAt: editedAt?.getTime(),
      deleted,
      replyTo: replyTo === undefined ? undefined : await this.#quoted(replyTo),
      reactions: reactions.map(({ emoji, authors }) => ({ emoji, authors: [...authors] })),
      forwarded: message.forwarded !== undefined,
      status: mine ? await this.#status(id) : undefined
    }
  }

  /** Of one's own messages among the newest, those that have come further than was told. */
  async changedStatuses(newest: number): Promise<Record<string, MessageStatus>> {
    const changed: Record<string, MessageStatus> = {}
    for await (const { id, author } of this.#chat.messages({ reverse: true, limit: newest })) {
      const before = this.#statuses.get(id)
      if (author !== this.#me || before === 'read') continue
      const now = await this.#status(id)
      if (now !== before) changed[id] = now
    }
    return changed
  }

  /** What a list of chats shows of a chat's last message. */
  line({ author, text, sentAt }: Message): ChatView['last'] {
    return { author, text: excerpt(text), sentAt: sentAt.getTime() }
  }

  draft(draft: ChatSummary['draft']): string | undefined {
    return draft === undefined ? undefined : textOf(draft)
  }

  async #status(id: string): Promise<MessageStatus> {
    const { status } = await this.#chat.receipts(id)
    this.#statuses.set(id, status)
    return status
  }

  async #quoted(id: string): Promise<MessageView['replyTo']> {
    try {
      const { author, text, deleted, revoked } = await this.#chat.get(id)
      return deleted || revoked ? { id } : { id, author, text: excerpt(text) }
    } catch (error) {
      // an answer may come before what it answers
      if (error instanceof Error && error.name === 'NotFoundError') return { id }
      throw error
    }
  }
}
