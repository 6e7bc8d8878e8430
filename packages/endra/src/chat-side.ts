/**
 * What a chat shows beside its messages: what is unread, receipts, draft, settings, typing, connection. Puts together what `state` has. Owned by `chat.ts`.
 */
import type { AbortOptions, Libp2p, Logger } from '@libp2p/interface'
import type { BlockId } from 'walytis/interface'
import type { Did, Group, KeyStore } from 'walytis-identities'
import type { MutableBlockchain } from 'walytis-mutability'
import type { PrivateBlockchain } from 'walytis-offchain'
import { MAX_DRAFT_BYTES } from './constants.ts'
import { decodeMessage, encodeMessage } from './content/format.ts'
import { InvalidMessageError } from './errors.ts'
import type {
  Chat,
  ChatConnection,
  ChatSettings,
  ChatSummary,
  Message,
  MessageContent,
  Receipts
} from './interface/index.ts'
import { contentFrom } from './messages/message.ts'
import { ChatState } from './state/chat-state.ts'
import { ConnectionState } from './state/connection.ts'
import { Live, type LiveInit } from './state/live.ts'
import { MarksStore } from './state/marks-store.ts'
import { chatSetting, chatSettings, privacyOf } from './vault/chat-settings.ts'
import { isBlocked } from './vault/contact-settings.ts'
import { isHidden } from './vault/hidden.ts'
import type { Vault } from './vault.ts'

/** What the side of a chat stands on. */
export interface ChatSideInit extends Pick<LiveInit, 'emit' | 'signal' | 'now'> {
  readonly me: Did
  readonly group: Group
  readonly sealed: PrivateBlockchain
  readonly chain: MutableBlockchain
  readonly vault: Vault
  readonly keyStore: KeyStore
  readonly libp2p: Libp2p
  readonly log: Logger
  connectionChanged(): void
}

/** What a chat shows beside its messages. */
export class ChatSide {
  readonly #init: ChatSideInit
  readonly #store: MarksStore
  readonly #state: ChatState
  readonly #connection: ConnectionState
  readonly #live: Live

  constructor(init: ChatSideInit) {
    const { keyStore, group, vault } = init
    this.#init = init
    const failed = (error: unknown): void => init.log.error('the marks of a chat could not be kept - %e', error)
    this.#store = new MarksStore(keyStore, group.did, failed)
    const isHiddenHere = (id: string, author: string): boolean => this.isHidden(id, author)
    this.#state = new ChatState({ ...init, store: this.#store, isHidden: isHiddenHere })
    this.#connection = new ConnectionState({ ...init, changed: () => init.connectionChanged() })
    const ignores = (did: Did): boolean => isBlocked(vault.state, did)
    this.#live = new Live({ ...init, state: this.#state, ignores, privacy: () => privacyOf(vault.state) })
  }

  async load(options?: AbortOptions): Promise<void> {
    await this.#store.load(options)
  }

  /** Tell the other devices, and hear them. */
  start(): void {
    this.#live.start()
  }

  /** Whether the profile wants not to see a message: it has deleted it for itself, or blocked its author. */
  isHidden(id: string, author: string): boolean {
    const { vault, group } = this.#init
    return isHidden(vault.state, group.did, id) || isBlocked(vault.state, author as Did)
  }

  get settings(): ChatSettings {
    return chatSettings(this.#init.vault.state, this.#init.group.did)
  }

  async set({ archived, pinned, mutedUntil, ...options }: Parameters<Chat['set']>[0]): Promise<void> {
    const { vault, group } = this.#init
    const changes = { archived, pinned, mutedUntil }
    for (const [name, value] of Object.entries(changes) as [keyof ChatSettings, boolean | Date | null | undefined][]) {
      if (value !== undefined) await vault.put(chatSetting(group.did, name, value), options)
    }
  }

  get connection(): ChatConnection {
    return this.#connection.now
  }

  get draft(): MessageContent | undefined {
    const decoded = decodeMessage(this.#state.draft?.content ?? new Uint8Array())
    return decoded.ok ? decoded.value.content : undefined
  }

  async setDraft(content: string | MessageContent | undefined): Promise<void> {
    const bytes =
      content === undefined || content === '' ? new Uint8Array() : encodeMessage({ content: contentFrom(content) })
    if (bytes.byteLength > MAX_DRAFT_BYTES) throw new InvalidMessageError('draft-too-large')
    await this.#state.setDraft(bytes, this.#init.now())
    this.#changed()
  }

  async markRead(id: BlockId | undefined, options?: AbortOptions): Promise<void> {
    if (await this.#state.markRead(id, options)) this.#changed()
  }

  async receipts(id: BlockId, options?: AbortOptions): Promise<Receipts> {
    return await this.#state.receipts(id, options)
  }

  typing(on: boolean): void {
    this.#live.typing(on)
  }

  async summary(options?: AbortOptions): Promise<Omit<ChatSummary, 'id' | 'title' | 'last'>> {
    const { settings, connection, draft } = this
    return { settings, connection, draft, ...(await this.#state.unread(options)) }
  }

  /** A message has come or been written. */
  arrived(message: Message): void {
    this.#state.arrived(message)
    this.#live.arrived(message)
    if (message.author !== this.#init.me) this.#connection.received()
  }

  /** Messages are shown that were not, or no longer. */
  recount(): void {
    this.#state.recount()
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await this.#live.settled()
    await this.#state.settled()
  }

  #changed(): void {
    this.#init.emit('changed', {})
    this.#live.tellSoon()
  }
}
