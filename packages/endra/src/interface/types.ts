import type { AbortOptions } from '@libp2p/interface'
import type { TypedEventTarget } from 'main-event'
import type { Did } from 'walytis-identities'
import type { Message } from './message.ts'

/**
 * A kind of message of an application's own: a value with a media type. Register it with `Endra.registerType`. Devices whose
 * application does not know the type keep such messages and pass them on.
 */
export interface MessageType<T> {
  /** Such as `application/vnd.example.event+cbor`; at most 96 bytes of lower-case ASCII. */
  readonly mediaType: string
  /** Whether such messages stand among the chat's messages. Default: false, they are read with `Chat.ofType` only. */
  readonly shown?: boolean | undefined
  /** The value in what somebody sent, or undefined when it is none. It is given any value that DAG-CBOR has a form for, and must not throw. */
  decode(value: unknown): T | undefined
  /** The value as maps, lists, text, numbers, bytes, links. Default: as it is. */
  encode?(value: T): unknown
  /** What those read whose application does not know the type. Without it, such a message shows nothing there. */
  text?(value: T): string
}

/** A message of a registered type, as it was when it was got. */
export interface TypedEntry<T> {
  readonly id: string
  /** Who wrote it: proved, not claimed. */
  readonly author: Did
  /** As the author claims. */
  readonly sentAt: Date
  /** As the author claims; undefined while it is as it was written. */
  readonly editedAt?: Date | undefined
  /** Id of the message that it is about. */
  readonly about?: string | undefined
  /** Of a deleted one, the last one it had. */
  readonly value: T
  readonly deleted: boolean
  readonly revoked: boolean
  /** @throws {ChangeDeniedError} when somebody else wrote it @throws {ChangeConflictError} when it is deleted @throws {InvalidMessageError} */
  edit(value: T, options?: AbortOptions): Promise<TypedEntry<T>>
  /** For everyone. @throws {ChangeDeniedError} @throws {ChangeConflictError} when it is deleted already */
  delete(options?: AbortOptions): Promise<TypedEntry<T>>
  /** Undo a delete. @throws {ChangeDeniedError} @throws {ChangeConflictError} when it isn't deleted */
  restore(options?: AbortOptions): Promise<TypedEntry<T>>
}

/** What happens to the messages of one type. Each is emitted after what it tells of is durable. */
export interface TypedEvents<T> {
  /** Stored here and readable; also one that was restored, or is in effect again. */
  'entry:added': CustomEvent<{ entry: TypedEntry<T> }>
  'entry:edited': CustomEvent<{ entry: TypedEntry<T> }>
  /** Deleted, or out of effect. */
  'entry:removed': CustomEvent<{ entry: TypedEntry<T> }>
}

/** A chat's messages of one type. */
export interface TypedMessages<T> extends TypedEventTarget<TypedEvents<T>> {
  /**
   * Once it resolves, the entry is stored on this device, synced to disk.
   *
   * @throws {InvalidMessageError} @throws {NotMemberError} @throws {KeyUnavailableError}
   */
  add(value: T, options?: { about?: Message | string | undefined } & AbortOptions): Promise<TypedEntry<T>>
  /** In canonical order, which is the same on all devices. Deleted ones, and those whose content is not here yet or is no value, are left out. */
  list(
    options?: {
      about?: Message | string | undefined
      limit?: number | undefined
      reverse?: boolean | undefined
    } & AbortOptions
  ): AsyncIterable<TypedEntry<T>>
  /** Deleted ones too.
   * @throws {NotFoundError} */
  get(id: string, options?: AbortOptions): Promise<TypedEntry<T>>
}
