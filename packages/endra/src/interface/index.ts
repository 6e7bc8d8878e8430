import type { AbortOptions } from '@libp2p/interface'
import type { TypedEventTarget } from 'main-event'
import type { Did, Role } from 'walytis-identities'

/** One node that carries any number of profiles, sharing its connections. */
export interface Endra extends AsyncDisposable {
  readonly profiles: Profiles
  /** Addresses at which other devices reach this node. */
  getMultiaddrs(): string[]
  stop(): Promise<void>
}

export interface Profiles {
  create(init: { name: string; deviceName?: string | undefined }, options?: AbortOptions): Promise<Profile>
  list(): AsyncIterable<{ did: Did; name: string }>
  /** @throws {NotFoundError} */
  get(did: Did, options?: AbortOptions): Promise<Profile>
  /** Make this node a device of a profile that exists elsewhere.
   * @throws {InvitationError} */
  link(
    invitation: string,
    init?: { deviceName?: string | undefined } & AbortOptions & {
        onProgress?: ((progress: LinkProgress) => void) | undefined
      }
  ): Promise<Profile>
  /** Forget a profile on this node. */
  delete(did: Did, options?: AbortOptions): Promise<void>
}

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
  close(): Promise<void>
}

export interface ProfileEvents {
  'chat:added': CustomEvent<{ chat: Chat }>
  'device:added': CustomEvent<{ device: Device }>
  'device:removed': CustomEvent<{ did: Did }>
  /** This device is no longer one of the profile's. */
  'self:removed': CustomEvent<Record<string, never>>
}

export interface Device {
  readonly did: Did
  readonly name: string
  readonly current: boolean
}

export interface Devices {
  readonly this: Device
  list(): AsyncIterable<Device>
  /** One line that lets one more device become part of the profile: single use, at most ten minutes. */
  invite(options?: { expires?: Date | undefined } & AbortOptions): Promise<string>
  remove(did: Did, options?: AbortOptions): Promise<void>
}

export interface Contact {
  readonly did: Did
  readonly name: string
}

export interface Contacts {
  list(): AsyncIterable<Contact>
}

export interface Chats {
  create(init: { title: string }, options?: AbortOptions): Promise<Chat>
  /** @throws {InvitationError} */
  join(invitation: string, options?: AbortOptions): Promise<Chat>
  list(): AsyncIterable<Chat>
  /** @throws {NotFoundError} */
  get(id: string, options?: AbortOptions): Promise<Chat>
  leave(id: string, options?: AbortOptions): Promise<void>
}

export interface ChatMember {
  readonly did: Did
  readonly name: string
  readonly role: Role
  readonly me: boolean
}

export interface Chat extends TypedEventTarget<ChatEvents> {
  readonly id: string
  readonly title: string
  members(): ChatMember[]
  /** One line that lets somebody join. Default: one use, one day. */
  invite(options?: { uses?: number | undefined; expires?: Date | undefined } & AbortOptions): Promise<string>
  remove(did: Did, options?: AbortOptions): Promise<void>
  /** Once it resolves, the message is stored on this device, synced to disk. */
  send(content: string | MessageContent, options?: { replyTo?: Message | undefined } & AbortOptions): Promise<Message>
  reply(message: Message, content: string | MessageContent, options?: AbortOptions): Promise<Message>
  /** Oldest first. Deleted messages are left out. */
  messages(
    options?: { limit?: number | undefined; reverse?: boolean | undefined } & AbortOptions
  ): AsyncIterable<Message>
  /** @throws {NotFoundError} */
  get(id: string, options?: AbortOptions): Promise<Message>
  /** Compare with the members that can be reached, until level. */
  sync(options?: AbortOptions): Promise<{ level: boolean; peers: number }>
  /** A hash over members, and all messages in their current versions, that is equal on devices that show the same chat. */
  stateHash(options?: AbortOptions): Promise<string>
}

export interface ChatEvents {
  /** Stored here and readable. */
  'message:added': CustomEvent<{ message: Message }>
  'message:edited': CustomEvent<{ message: Message }>
  'message:deleted': CustomEvent<{ message: Message }>
  'message:restored': CustomEvent<{ message: Message }>
  'message:revoked': CustomEvent<{ message: Message }>
  'member:added': CustomEvent<{ did: Did }>
  'member:removed': CustomEvent<{ did: Did }>
  'self:removed': CustomEvent<Record<string, never>>
}

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

export interface OtherPart {
  readonly kind: string
  readonly [field: string]: unknown
}

export type ContentPart = EmbeddedPart | OtherPart

export interface Message {
  readonly id: string
  readonly author: Did
  readonly sentAt: Date
  readonly content: MessageContent
  /** The text parts, joined. */
  readonly text: string
  readonly replyTo?: string | undefined
  readonly editedAt?: Date | undefined
  readonly deleted: boolean
  readonly revoked: boolean
  edit(content: string | MessageContent, options?: AbortOptions): Promise<Message>
  delete(options?: AbortOptions): Promise<Message>
  restore(options?: AbortOptions): Promise<Message>
  versions(
    options?: AbortOptions
  ): AsyncIterable<{ author: Did; time: Date; kind: 'original' | 'update' | 'delete' | 'restore'; text: string }>
}
