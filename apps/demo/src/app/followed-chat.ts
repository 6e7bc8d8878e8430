/*
 * One chat as pages see it: turns what happens in it into events, one after the other. What it shows is asked of the chat each time. Owned by
 * `session.ts`.
 */
import type { Chat, ChatEvents, Message } from 'endra'
import { MessageViews } from './message-views.ts'
import type { AppEvent, BlockView, ChatView, MessageView, VersionView } from './view.ts'

/** Messages in a page's one request. */
const PAGE = 60

const CHANGES = ['message:edited', 'message:deleted', 'message:restored'] as const
const GONE = ['message:revoked', 'message:hidden'] as const
const ABOUT = ['reaction:added', 'reaction:removed', 'message:unhidden'] as const
const WHO = ['changed', 'connection:changed', 'member:added', 'member:removed', 'member:named'] as const

export interface FollowedChatInit {
  readonly chat: Chat
  readonly me: string
  emit(event: AppEvent): void
  failed(error: unknown): void
}

export class FollowedChat {
  readonly chat: Chat
  readonly #init: FollowedChatInit
  readonly #views: MessageViews
  readonly #closing = new AbortController()
  readonly #typing = new Set<string>()
  #summary: Pick<ChatView, 'unread' | 'last' | 'draft'> = { unread: 0 }
  #removed = false
  #tail: Promise<void> = Promise.resolve()
  #telling = false

  constructor(init: FollowedChatInit) {
    this.#init = init
    this.chat = init.chat
    this.#views = new MessageViews(init.chat, init.me)
  }

  async open(): Promise<void> {
    this.#on('message:added', async ({ message }) => await this.#show(message))
    for (const type of CHANGES) this.#on(type, async ({ message }) => await this.#changed(message.id))
    for (const type of ABOUT) this.#on(type, async ({ id }) => await this.#changed(id))
    for (const type of GONE) {
      this.#on(type, (detail) => {
        this.#emit({ type: 'message:gone', chat: this.chat.id, id: 'id' in detail ? detail.id : detail.message.id })
      })
    }
    for (const type of WHO) this.#on(type, async () => await this.#tell())
    this.#on('receipt', async () => await this.#receipts())
    this.#on('typing', async ({ did, typing }) => {
      if (typing) this.#typing.add(did)
      else this.#typing.delete(did)
      await this.#tell()
    })
    this.#on('self:removed', async () => {
      this.#removed = true
      await this.#tell()
    })
    await this.#look()
  }

  view(): ChatView {
    const { id, title, settings, connection } = this.chat
    const members = this.chat.members().map(({ did, name, role, me }) => ({ did, name, role, me }))
    return {
      id,
      title,
      members,
      ...this.#summary,
      typing: [...this.#typing],
      sync: connection.state,
      online: [...connection.online],
      archived: settings.archived,
      pinned: settings.pinned,
      removed: this.#removed || !members.some(({ me }) => me)
    }
  }

  /** Messages before one, or the newest: oldest first. */
  async page(before: string | undefined): Promise<{ messages: MessageView[]; more: boolean }> {
    const messages: MessageView[] = []
    let more = false
    for await (const message of this.chat.messages({ before, reverse: true, limit: PAGE + 1 })) {
      more = messages.length === PAGE
      if (!more) messages.push(await this.#views.of(message))
    }
    return { messages: messages.reverse(), more }
  }

  async versions(id: string): Promise<VersionView[]> {
    const versions: VersionView[] = []
    for await (const { kind, time, text } of (await this.chat.get(id)).versions()) {
      versions.push({ kind, time: time.getTime(), text })
    }
    return versions
  }

  /** The newest blocks of the chain beneath. */
  async graph(limit: number): Promise<BlockView[]> {
    const blocks: BlockView[] = []
    for await (const { id, parents, height, author } of this.chat.graph({ limit })) {
      blocks.push({ id, parents, height, author })
    }
    return blocks
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#tail
  }

  async #show(message: Message): Promise<void> {
    let previous: string | undefined
    for await (const { id } of this.chat.messages({ before: message, reverse: true, limit: 1 })) previous = id
    this.#emit({ type: 'message', chat: this.chat.id, message: await this.#views.of(message), previous })
  }

  async #changed(id: string): Promise<void> {
    const message = await this.chat.get(id)
    if (message.revoked) this.#emit({ type: 'message:gone', chat: this.chat.id, id })
    else await this.#show(message)
  }

  /** Look again how far one's own newest messages have come. */
  async #receipts(): Promise<void> {
    const changed = await this.#views.changedStatuses(PAGE)
    if (Object.keys(changed).length > 0) this.#emit({ type: 'receipts', chat: this.chat.id, statuses: changed })
  }

  async #look(): Promise<void> {
    const { unread, last, draft } = await this.chat.summary({ signal: this.#closing.signal })
    this.#summary = {
      unread,
      last: last === undefined ? undefined : this.#views.line(last),
      draft: this.#views.draft(draft)
    }
  }

  /** Tell how the chat is now, once for all that changed meanwhile. */
  async #tell(): Promise<void> {
    if (this.#telling) return
    this.#telling = true
    this.#inTurn(async () => {
      this.#telling = false
      await this.#look()
      this.#emit({ type: 'chat', chat: this.view() })
    })
  }

  #emit(event: AppEvent): void {
    if (!this.#closing.signal.aborted) this.#init.emit(event)
  }

  #on<T extends keyof ChatEvents>(type: T, work: (detail: ChatEvents[T]['detail']) => Promise<void> | void): void {
    const listener = (event: Event): void => this.#inTurn(async () => await work((event as ChatEvents[T]).detail))
    this.chat.addEventListener(type, listener, { signal: this.#closing.signal })
  }

  #inTurn(work: () => Promise<void> | void): void {
    this.#tail = this.#tail
      .then(async () => (this.#closing.signal.aborted ? undefined : await work()))
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#init.failed(error)
      })
  }
}
