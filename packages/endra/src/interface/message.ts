import type { AbortOptions } from '@libp2p/interface'
import type { Did } from 'walytis-identities'
import type { AttachOptions, NewAttachment } from './attachment.ts'
import type { ContentPart, EmbeddedPart } from './part.ts'

/** A small picture, such as of a user or chat. */
export interface Picture {
  /** `image/png`, `image/jpeg`, `image/webp`, `image/gif` or `image/avif`. */
  readonly mediaType: string
  /** At most 32 KiB. */
  readonly bytes: Uint8Array
}

/** What a message says. */
export interface MessageContent {
  /** Ordered parts. */
  readonly parts: ContentPart[]
  /** Kept as they are, and ignored where unknown. */
  readonly metadata?: Record<string, unknown> | undefined
}

/** Who reacted to a message in one way. */
export interface Reaction {
  readonly emoji: string
  /** Each once. */
  readonly authors: readonly Did[]
}

/** A quoted part, found. */
export interface Quote {
  /** The message that it is quoted from, as it is now. */
  readonly message: Message
  /** Undefined when that message has no such part any more: it was edited or deleted. */
  readonly part?: EmbeddedPart | undefined
}

/** Whom a message addresses. */
export interface MentionOptions {
  /** At most 64. */
  mentions?: readonly Did[] | undefined
}

/** Options of `Chat.send`. */
export interface SendOptions extends MentionOptions, AttachOptions {
  /** Sent with it, after its other parts. Others fetch them as their device likes. */
  attachments?: readonly NewAttachment[] | undefined
  /** The message that it answers. */
  replyTo?: Message | undefined
}

/** A message as it was when it was got: `edit`, `delete` and `restore` give it anew. */
export interface Message {
  readonly id: string
  /** Who wrote it: proved, not claimed. */
  readonly author: Did
  /** As the author claims. */
  readonly sentAt: Date
  readonly content: MessageContent
  /** The text parts, joined. */
  readonly text: string
  /** Id of the message that it answers. */
  readonly replyTo?: string | undefined
  /** Users whom it addresses. */
  readonly mentions: readonly Did[]
  /** Whether it was passed on from elsewhere; with the original's author when whoever passed it on named one, which is a claim. */
  readonly forwarded?: { readonly author?: Did | undefined } | undefined
  /** The registered type of its value, and the value, when it is one. */
  readonly typed?: { readonly mediaType: string; readonly value: unknown } | undefined
  /** In the order in which each was first given. */
  readonly reactions: readonly Reaction[]
  /** As the author claims; undefined while it is as it was written. */
  readonly editedAt?: Date | undefined
  readonly deleted: boolean
  readonly revoked: boolean
  /** @throws {ChangeDeniedError} when somebody else wrote it @throws {ChangeConflictError} when it is deleted @throws {InvalidMessageError} */
  edit(content: string | MessageContent, options?: MentionOptions & AbortOptions): Promise<Message>
  /** For everyone. Its history stays. @throws {ChangeDeniedError} @throws {ChangeConflictError} when it is deleted already */
  delete(options?: AbortOptions): Promise<Message>
  /** Undo a delete. @throws {ChangeDeniedError} @throws {ChangeConflictError} when it isn't deleted */
  restore(options?: AbortOptions): Promise<Message>
  /** What it said, oldest first, what it was written as included. Of a delete, `text` is empty and `content` has no parts. */
  versions(options?: AbortOptions): AsyncIterable<MessageVersion>
}

/** One state that a message has had. */
export interface MessageVersion {
  readonly author: Did
  /** As its author claims. */
  readonly time: Date
  readonly kind: 'original' | 'update' | 'delete' | 'restore'
  readonly text: string
  readonly content: MessageContent
}
