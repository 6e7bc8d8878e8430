import type { AbortOptions } from '@libp2p/interface'
import type { TypedEventTarget } from 'main-event'
import type { Did, LinkRequest, Role } from 'walytis-identities'

/** One node that carries any number of profiles, sharing its connections. */
export interface Endra extends AsyncDisposable {
  readonly profiles: Profiles
  /** Addresses at which other devices reach this node. */
  getMultiaddrs(): string[]
  /** Close all profiles, stop the node, and forget the key that opens its secrets. */
  stop(): Promise<void>
}

/** The profiles of a node. */
export interface Profiles {
  /**
   * Make a profile whose first device this node is. Once it resolves, the profile is on this node's disk.
   *
   * @throws {InvalidNameError}
   */
  create(init: { name: string; deviceName?: string | undefined }, options?: AbortOptions): Promise<Profile>
  /** The profiles that this node is a device of. Opens none. */
  list(): AsyncIterable<{ did: Did; name: string }>
  /**
   * Open a profile of this node; opened twice, it is the same object. Waits for no other device.
   *
   * @throws {NotFoundError}
   */
  get(did: Did, options?: AbortOptions): Promise<Profile>
  /**
   * Make this node a device of a profile that exists elsewhere. Resolves when the vault is here and every chat in it has been asked for. An
   * attempt that was interrupted goes on when it is called again with the same invitation. `onCode` is shown the code of a link that was made with
   * `confirm`; such a link needs it.
   *
   * @throws {InvitationError} @throws {DeadlineError} @throws {InvalidNameError} @throws {InvalidArgumentError}
   */
  link(
    invitation: string,
    init?: { deviceName?: string | undefined } & AbortOptions & {
        onProgress?: ((progress: LinkProgress) => void) | undefined
        onCode?: ((code: string) => void) | undefined
      }
  ): Promise<Profile>
  /** Forget a profile on this node. Its other devices keep it. @throws {NotFoundError} */
  delete(did: Did, options?: AbortOptions): Promise<void>
}

/** How far a link has come: what of its step is here, and how much there is of it. */
export interface LinkProgress {
  readonly step: 'joining' | 'vault' | 'chats' | 'done'
  readonly received: number
  readonly expected: number
}

/** A user, as one of its devices sees it. */
export interface Profile extends TypedEventTarget<ProfileEvents> {
  readonly did: Did
  readonly name: string
  readonly devices: Devices
  readonly contacts: Contacts
  readonly chats: Chats
  /** Stop taking part. `Profiles.get` opens it again. */
  close(): Promise<void>
}

/** What happens to a profile. Each is emitted after what it tells of is durable. */
export interface ProfileEvents {
  /** A chat is open here that was not before: created, joined, or come through the vault. */
  'chat:added': CustomEvent<{ chat: Chat }>
  'device:added': CustomEvent<{ device: Device }>
  'device:removed': CustomEvent<{ did: Did }>
  /** This device is no longer one of the profile's. */
  'self:removed': CustomEvent<Record<string, never>>
}

/** One device of a profile. */
export interface Device {
  readonly did: Did
  readonly name: string
  /** Whether it is this one. */
  readonly current: boolean
}

/** The devices of a profile. */
export interface Devices {
  readonly this: Device
  /** In order of seniority. */
  list(): AsyncIterable<Device>
  /**
   * One line that lets one more device become part of the profile: single use, at most ten minutes. With `confirm`, only after that has said that the device
   * which has come shows the same code: no to another code keeps out whoever took the line and was faster, and ends the link.
   */
  invite(
    options?: {
      expires?: Date | undefined
      confirm?: ((request: LinkRequest) => Promise<boolean>) | undefined
    } & AbortOptions
  ): Promise<string>
  /**
   * Take a device out of the profile, its vault and all its chats: it reads nothing that is written from then on.
   *
   * @throws {NotFoundError} when it is none of the profile's devices
   */
  remove(did: Did, options?: AbortOptions): Promise<void>
}

/** A user known from a chat, by the name that they gave themselves. */
export interface Contact {
  readonly did: Did
  readonly name: string
}

/** The users whom a profile knows. */
export interface Contacts {
  /** By name. */
  list(): AsyncIterable<Contact>
}

/** The chats of a profile. */
export interface Chats {
  /** @throws {InvalidNameError} */
  create(init: { title: string }, options?: AbortOptions): Promise<Chat>
  /** @throws {InvitationError} @throws {DeadlineError} @throws {ChatInUseError} */
  join(invitation: string, options?: AbortOptions): Promise<Chat>
  /** Those that are open here, in the order in which they were joined. */
  list(): AsyncIterable<Chat>
  /**
   * Waits for a chat that is still on its way from another device.
   *
   * @throws {NotFoundError} when the profile is not in it
   * @throws {UnknownIdentityError} when none of the profile's devices that have it can be reached
   * @throws {DeadlineError}
   */
  get(id: string, options?: AbortOptions): Promise<Chat>
  /** Leave a chat, on all devices of the profile.
   * @throws {NotFoundError} */
  leave(id: string, options?: AbortOptions): Promise<void>
}

/** Who takes part in a chat. */
export interface ChatMember {
  readonly did: Did
  /** What they call themselves; the end of the DID while that is unknown. */
  readonly name: string
  readonly role: Role
  /** Whether it is this profile. */
  readonly me: boolean
}

/** Users who write to each other. */
export interface Chat extends TypedEventTarget<ChatEvents> {
  readonly id: string
  readonly title: string
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
   * Once it resolves, the message is stored on this device, synced to disk.
   *
   * @throws {InvalidMessageError} @throws {NotMemberError} @throws {KeyUnavailableError}
   */
  send(content: string | MessageContent, options?: { replyTo?: Message | undefined } & AbortOptions): Promise<Message>
  /** `send`, as an answer to a message. */
  reply(message: Message, content: string | MessageContent, options?: AbortOptions): Promise<Message>
  /** In canonical order, which is the same on all devices; oldest first. Deleted messages, and those whose content is not here yet, are left out. */
  messages(
    options?: { limit?: number | undefined; reverse?: boolean | undefined } & AbortOptions
  ): AsyncIterable<Message>
  /** Deleted ones too.
   * @throws {NotFoundError} */
  get(id: string, options?: AbortOptions): Promise<Message>
  /** Compare with the members that can be reached, until level. */
  sync(options?: AbortOptions): Promise<{ level: boolean; peers: number }>
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
  'member:added': CustomEvent<{ did: Did }>
  'member:removed': CustomEvent<{ did: Did }>
  /** Somebody says what they want to be called, which may come after their first messages: `members()` shows it from now on. */
  'member:named': CustomEvent<{ did: Did; name: string }>
  'self:removed': CustomEvent<Record<string, never>>
}

/** What a message says. */
export interface MessageContent {
  /** Ordered parts. */
  readonly parts: ContentPart[]
  /** Kept as they are, and ignored where unknown. */
  readonly metadata?: Record<string, unknown> | undefined
}

/** Content inside the message itself. Other kinds (`referenced`, `attached`, unknown ones) are kept and passed on. */
export interface EmbeddedPart {
  readonly kind: 'embedded'
  readonly id: string
  /** Such as `text/plain` or `text/markdown`. */
  readonly mediaType: string
  readonly rendering?: Record<string, unknown> | undefined
  readonly payload: Uint8Array
}

/** A part of any other kind. */
export interface OtherPart {
  readonly kind: string
  readonly [field: string]: unknown
}

/** One part of a message. */
export type ContentPart = EmbeddedPart | OtherPart

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
  /** As the author claims; undefined while it is as it was written. */
  readonly editedAt?: Date | undefined
  readonly deleted: boolean
  readonly revoked: boolean
  /** @throws {ChangeDeniedError} when somebody else wrote it @throws {ChangeConflictError} when it is deleted @throws {InvalidMessageError} */
  edit(content: string | MessageContent, options?: AbortOptions): Promise<Message>
  /** For everyone. Its history stays. @throws {ChangeDeniedError} @throws {ChangeConflictError} when it is deleted already */
  delete(options?: AbortOptions): Promise<Message>
  /** Undo a delete. @throws {ChangeDeniedError} @throws {ChangeConflictError} when it isn't deleted */
  restore(options?: AbortOptions): Promise<Message>
  /** What it said, oldest first, what it was written as included. `text` of a delete is empty. */
  versions(
    options?: AbortOptions
  ): AsyncIterable<{ author: Did; time: Date; kind: 'original' | 'update' | 'delete' | 'restore'; text: string }>
}
