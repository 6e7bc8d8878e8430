import type { AbortOptions } from '@libp2p/interface'
import type { TypedEventTarget } from 'main-event'
import type { Did, Role } from 'walytis-identities'
import type { AttachingProgress, Attachments, AttachmentTransfer } from './attachment.ts'
import type { Message, MessageContent, Picture, Quote, SendOptions } from './message.ts'
import type { ContentPart } from './part.ts'
import type { ChatConnection, ChatSettings, ChatSummary, Receipts } from './state.ts'
import type { MessageType, TypedMessages } from './types.ts'

/** Who takes part in a chat. */
export interface ChatMember {
  readonly did: Did
  /** What they call themselves; the end of the DID while that is unknown. */
  readonly name: string
  readonly role: Role
  /** Whether it is this profile. */
  readonly me: boolean
}

/** One block of a chat's chain: what stands in it is not told here. */
export interface ChatBlock {
  readonly id: string
  /** Ids of the blocks that it follows. */
  readonly parents: readonly string[]
  /** 0 for the first, else 1 + the highest of those that it follows. */
  readonly height: number
  /** Who wrote it: proved, not claimed. */
  readonly author: string
  /** As the author claims. */
  readonly time: Date
}

/** Which messages, and in which order. */
export interface MessagesOptions extends AbortOptions {
  /** At most so many. */
  limit?: number | undefined
  /** Newest first. */
  reverse?: boolean | undefined
  /** Only those that stand before this message. */
  before?: Message | string | undefined
  /** Only those that stand after this message. */
  after?: Message | string | undefined
}

/** Users who write to each other. */
export interface Chat extends TypedEventTarget<ChatEvents> {
  readonly id: string
  /** As the admins say; before this device knows, as the invitation said. */
  readonly title: string
  readonly picture: Picture | undefined
  /** Change title and picture, for all members; null: no picture. @throws {NotAdminError} @throws {InvalidNameError} @throws {InvalidMessageError} */
  update(change: { title?: string | undefined; picture?: Picture | null | undefined } & AbortOptions): Promise<void>
  /** In order of seniority. */
  members(): ChatMember[]
  /** One line that lets somebody join. Default: one use, one day. */
  invite(options?: { uses?: number | undefined; expires?: Date | undefined } & AbortOptions): Promise<string>
  /**
   * Remove a member and start a new epoch: they read nothing that is written from then on.
   *
   * @throws {AccessDeniedError} without the right @throws {NotMemberError}
   */
  remove(did: Did, options?: AbortOptions): Promise<void>
  /**
   * Once it resolves, the message is stored on this device, synced to disk, with its attachments. Ended before, nothing of it stays.
   *
   * @throws {InvalidMessageError} @throws {NotMemberError} @throws {KeyUnavailableError} @throws {LimitExceededError}
   */
  send(content: string | MessageContent, options?: SendOptions): Promise<Message>
  /** `send`, as an answer to a message. */
  reply(message: Message, content: string | MessageContent, options?: Omit<SendOptions, 'replyTo'>): Promise<Message>
  /**
   * Send here what a message of this or another chat says. Within the chat its parts are referred to; from another chat they are copied, what it
   * quotes too, and attachments are sealed anew, for which those that are not here are fetched. The original's author is named only when asked for, and readers can't check it.
   *
   * @throws {InvalidMessageError} when it says nothing that could be sent here
   */
  forward(
    message: Message,
    options?: {
      withAuthor?: boolean | undefined
      onProgress?: ((progress: AttachingProgress) => void) | undefined
    } & AbortOptions
  ): Promise<Message>
  /** What messages carry beside them, of any size. */
  readonly attachments: Attachments
  /** Find what a `referenced` part refers to. Undefined when no such message is here. */
  quote(part: ContentPart, options?: AbortOptions): Promise<Quote | undefined>
  /** React to a message; twice is once. `emoji` is one of at most 64 bytes, or any other short text. @throws {InvalidMessageError} @throws {NotFoundError} */
  react(message: Message | string, emoji: string, options?: AbortOptions): Promise<void>
  /** Take one's reaction back, on whichever device it was given. */
  unreact(message: Message | string, emoji: string, options?: AbortOptions): Promise<void>
  /** Messages of a type of one's own. @throws {UnregisteredTypeError} */
  ofType<T>(type: MessageType<T>): TypedMessages<T>
  /** Delete a message for this profile only, on all its devices: `messages` leaves it out. The others are not told. */
  hide(message: Message | string, options?: AbortOptions): Promise<void>
  /** Undo `hide`. */
  unhide(message: Message | string, options?: AbortOptions): Promise<void>
  /**
   * In canonical order, which is the same on all devices; oldest first. Left out are deleted and hidden messages, and those whose content is not
   * here yet. Lazy: for a page that scrolls, keep the iterator and take from it, or go on later with `before` or `after` a message.
   */
  messages(options?: MessagesOptions): AsyncIterable<Message>
  /** Answers to a message, like `messages`. */
  replies(message: Message | string, options?: MessagesOptions): AsyncIterable<Message>
  /** Deleted ones too.
   * @throws {NotFoundError} */
  get(id: string, options?: AbortOptions): Promise<Message>
  /** What a list of chats shows of this one. */
  summary(options?: AbortOptions): Promise<ChatSummary>
  /** How the profile wants it to be, on all its devices. */
  readonly settings: ChatSettings
  /** Change settings, on all devices of the profile. `mutedUntil: null` ends a mute. */
  set(
    change: {
      archived?: boolean | undefined
      pinned?: boolean | undefined
      mutedUntil?: Date | null | undefined
    } & AbortOptions
  ): Promise<void>
  /** What is being written and not sent yet. */
  readonly draft: MessageContent | undefined
  /**
   * Keep a draft, or none, for all devices of the profile: the one changed last holds. On this device's disk once it resolves.
   *
   * @throws {InvalidMessageError}
   */
  setDraft(content: string | MessageContent | undefined): Promise<void>
  /**
   * Everything up to a message has been read, or everything that is here. Messages that were written beside it and come later stay unread. The other
   * devices of the profile are told, and other members unless `Profile.privacy` says otherwise.
   */
  markRead(message?: Message | string, options?: AbortOptions): Promise<void>
  /** How far a message has come. `receipt` tells when to ask again. */
  receipts(message: Message | string, options?: AbortOptions): Promise<Receipts>
  /** Tell those who are connected that one is typing; call it at each key. False: no longer. Never stored; told at most every three seconds. */
  typing(on?: boolean): void
  /** How it is connected now. */
  readonly connection: ChatConnection
  /** Give a member another role. @throws {AccessDeniedError} without the right @throws {NotMemberError} */
  setRole(did: Did, role: Role, options?: AbortOptions): Promise<void>
  /** Compare with the members that can be reached, until level. */
  sync(options?: AbortOptions): Promise<{ level: boolean; peers: number }>
  /** The chain beneath, newest first, for pictures and diagnosis: where one block has several that follow it, people wrote at the same time. */
  graph(options?: { limit?: number | undefined } & AbortOptions): AsyncIterable<ChatBlock>
  /** A hash over members, and all messages in their current versions, that is equal on devices that show the same chat. */
  stateHash(options?: AbortOptions): Promise<string>
}

/** What happens in a chat. Each is emitted after what it tells of is durable. */
export interface ChatEvents {
  /** Stored here and readable; also one that is in effect again. This device's own ones too. */
  'message:added': CustomEvent<{ message: Message }>
  'message:edited': CustomEvent<{ message: Message }>
  'message:deleted': CustomEvent<{ message: Message }>
  'message:restored': CustomEvent<{ message: Message }>
  /** Its author had been removed before it was written: it shows no more. */
  'message:revoked': CustomEvent<{ message: Message }>
  /** A reaction to the message `id`. */
  'reaction:added': CustomEvent<{ id: string; author: Did; emoji: string }>
  /** Taken back, or out of effect. */
  'reaction:removed': CustomEvent<{ id: string; author: Did; emoji: string }>
  /** Deleted for this profile only, on whichever of its devices. */
  'message:hidden': CustomEvent<{ id: string }>
  'message:unhidden': CustomEvent<{ id: string }>
  /** More of an attachment of more than 256 KiB has come, or was given to a device. Often: up to once for every 256 KiB. */
  'attachment:progress': CustomEvent<AttachmentTransfer>
  /** An attachment that was not here when its message came is, whole. */
  'attachment:available': CustomEvent<{ id: string }>
  /** Taken off this device's disk. */
  'attachment:removed': CustomEvent<{ id: string }>
  /** `summary` gives something else: settings, title, draft, unread messages, the last message. */
  changed: CustomEvent<Record<string, never>>
  /** A member's devices have, or the member has read, more than was known: `receipts` may give something else. */
  receipt: CustomEvent<{ did: Did }>
  /** A member is typing, or no longer. */
  typing: CustomEvent<{ did: Did; typing: boolean }>
  /** `connection` is another one. */
  'connection:changed': CustomEvent<{ connection: ChatConnection }>
  'member:added': CustomEvent<{ did: Did }>
  /** A member has other devices than before. */
  'member:devices': CustomEvent<{ did: Did; added: Did[]; removed: Did[] }>
  'member:removed': CustomEvent<{ did: Did }>
  /** Somebody says what they want to be called, which may come after their first messages: `members()` shows it from now on. */
  'member:named': CustomEvent<{ did: Did; name: string }>
  'self:removed': CustomEvent<Record<string, never>>
}
