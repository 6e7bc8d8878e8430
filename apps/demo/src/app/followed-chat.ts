/*
 * One chat as pages see it: keeps the few things that its row in the list shows, and turns what happens in it into events. Owned by `session.ts`.
 */
import type { Chat, ChatEvents, Message } from 'endra'
import type { AppEvent, ChatView, MessageView, VersionView } from './view.ts'

/** Messages in a page's one request. */
const PAGE = 60
/** Most unread messages that are counted. */
const MOST_UNREAD = 999
/** Characters of a message that lists and quotes show. */
const EXCERPT = 160

const CHANGES = ['message:edited', 'message:deleted', 'message:restored'] as const
const GONE = ['message:revoked', 'message:hidden'] as const

export interface OpenChatInit {
  readonly chat: Chat
  readonly me: string
  /** Id of the last message that has been read, where that is known. */
  readonly readUpTo: string | undefined
  emit(event: AppEvent): void
  onRead(id: string): void
  failed(error: unknown): void
}

export class FollowedChat {
  readonly chat: Chat
  readonly #init: OpenChatInit
  readonly #closing = new AbortController()
  #unread = 0
  #readUpTo: string | undefined
  #last: ChatView['last']
  #sync: ChatView['sync'] = 'unknown'
  #removed = false
  /** One event after the other, so that pages get them in the order in which they came. */
  #tail: Promise<void> = Promise.resolve()

  constructor(init: OpenChatInit) {
    this.#init = init
    this.chat = init.chat
    this.#readUpTo = init.readUpTo
  }

  async open(): Promise<void> {
    const { chat } = this
    const { signal } = this.#closing
    const on = <T extends keyof ChatEvents>(type: T, work: (detail: ChatEvents[T]['detail']) => Promise<void> | void) =>
      chat.addEventListener(type, (event) => this.#inTurn(async () => await work((event as ChatEvents[T]).detail)), {
        signal
      })
    on('message:added', async ({ message }) => await this.#added(message))
    for (const type of CHANGES) on(type, async ({ message }) => await this.#changed(message.id))
    on('reaction:added', async ({ id }) => await this.#changed(id))
    on('reaction:removed', async ({ id }) => await this.#changed(id))
    on('message:unhidden', async ({ id }) => await this.#changed(id))
    for (const type of GONE) {
      on(type, async (detail) => await this.#gone('id' in detail ? detail.id : detail.message.id))
    }
    for (const type of ['member:added', 'member:removed', 'member:named'] as const) on(type, () => this.#tell())
    on('self:removed', () => {
      this.#removed = true
      this.#tell()
    })
    await this.#recount()
  }

  view(): ChatView {
    const { id, title } = this.chat
    const members = this.chat.members().map(({ did, name, role, me }) => ({ did, name, role, me }))
    const removed = this.#removed || !members.some(({ me }) => me)
    return { id, title, members, unread: this.#unread, last: this.#last, sync: this.#sync, removed }
  }

  /** Messages before one, or the newest: oldest first. */
  async page(before: string | undefined): Promise<{ messages: MessageView[]; more: boolean }> {
    const messages: MessageView[] = []
    for await (const message of this.chat.messages({ before, reverse: true, limit: PAGE + 1 })) {
      messages.push(await this.#view(message))
    }
    const more = messages.length > PAGE
    return { messages: messages.slice(0, PAGE).reverse(), more }
  }

  async versions(id: string): Promise<VersionView[]> {
    const versions: VersionView[] = []
    for await (const { kind, time, text } of (await this.chat.get(id)).versions()) {
      versions.push({ kind, time: time.getTime(), text })
    }
    return versions
  }

  /** Everything up to the last message has been seen. */
  async markRead(): Promise<void> {
    this.#inTurn(async () => {
      for await (const { id } of this.chat.messages({ reverse: true, limit: 1 })) {
        if (id === this.#readUpTo && this.#unread === 0) return
        this.#readUpTo = id
        this.#unread = 0
        this.#init.onRead(id)
        this.#tell()
      }
    })
    await this.#tail
  }

  /** Compare with the others now. */
  async sync(signal: AbortSignal): Promise<void> {
    this.#setSync('catching-up')
    try {
      const { level, peers } = await this.chat.sync({ signal: AbortSignal.any([signal, this.#closing.signal]) })
      this.#setSync(peers === 0 ? 'alone' : level ? 'level' : 'catching-up')
    } catch (error) {
      if (signal.aborted || this.#closing.signal.aborted) return
      this.#setSync('alone')
      this.#init.failed(error)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#tail
  }

  async #added(message: Message): Promise<void> {
    const mine = message.author === this.#init.me
    let previous: string | undefined
    for await (const { id } of this.chat.messages({ before: message, reverse: true, limit: 1 })) previous = id
    this.#init.emit({ type: 'message', chat: this.chat.id, message: await this.#view(message), previous })
    await this.#recount(mine ? message.id : undefined)
    this.#tell()
  }

  async #changed(id: string): Promise<void> {
    const message = await this.chat.get(id)
    if (message.revoked) return await this.#gone(id)
    let previous: string | undefined
    for await (const before of this.chat.messages({ before: message, reverse: true, limit: 1 })) previous = before.id
    this.#init.emit({ type: 'message', chat: this.chat.id, message: await this.#view(message), previous })
    await this.#recount()
    this.#tell()
  }

  async #gone(id: string): Promise<void> {
    this.#init.emit({ type: 'message:gone', chat: this.chat.id, id })
    await this.#recount()
    this.#tell()
  }

  /** Look at the end of the chat: what was last said, and how much of it is new. Whoever writes has read what stands above. */
  async #recount(own?: string): Promise<void> {
    if (own !== undefined) {
      this.#readUpTo = own
      this.#init.onRead(own)
    }
    let unread = 0
    this.#last = undefined
    for await (const { id, author, text, sentAt } of this.chat.messages({ reverse: true, limit: MOST_UNREAD })) {
      this.#last ??= { author, text: excerpt(text), sentAt: sentAt.getTime() }
      if (id === this.#readUpTo) break
      if (author !== this.#init.me) unread += 1
    }
    this.#unread = unread
  }

  async #view(message: Message): Promise<MessageView> {
    const { id, author, sentAt, text, editedAt, deleted, replyTo, reactions } = message
    return {
      id,
      author,
      mine: author === this.#init.me,
      sentAt: sentAt.getTime(),
      text: deleted ? '' : text,
      editedAt: editedAt?.getTime(),
      deleted,
      replyTo: replyTo === undefined ? undefined : await this.#excerptOf(replyTo),
      reactions: reactions.map(({ emoji, authors }) => ({ emoji, authors: [...authors] })),
      forwarded: message.forwarded !== undefined
    }
  }

  async #excerptOf(id: string): Promise<MessageView['replyTo']> {
    try {
      const { author, text, deleted, revoked } = await this.chat.get(id)
      return deleted || revoked ? { id } : { id, author, text: excerpt(text) }
    } catch (error) {
      // an answer may come before what it answers
      if (error instanceof Error && error.name === 'NotFoundError') return { id }
      throw error
    }
  }

  #setSync(sync: ChatView['sync']): void {
    if (sync === this.#sync) return
    this.#sync = sync
    this.#tell()
  }

  #tell(): void {
    if (!this.#closing.signal.aborted) this.#init.emit({ type: 'chat', chat: this.view() })
  }

  #inTurn(work: () => Promise<void>): void {
    this.#tail = this.#tail
      .then(async () => (this.#closing.signal.aborted ? undefined : await work()))
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#init.failed(error)
      })
  }
}

function excerpt(text: string): string {
  const line = text
    .slice(0, 4 * EXCERPT)
    .replaceAll(/\s+/g, ' ')
    .trim()
  return line.length > EXCERPT ? `${line.slice(0, EXCERPT)}…` : line
}
