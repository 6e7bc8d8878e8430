import type { AbortOptions } from '@libp2p/interface'
import type { TypedEventTarget } from 'main-event'
import type { Did, LinkRequest } from 'walytis-identities'
import type { Chat } from './chat.ts'
import type { ChatSummary, Privacy } from './state.ts'

/** A user, as one of its devices sees it. */
export interface Profile extends TypedEventTarget<ProfileEvents> {
  readonly did: Did
  readonly name: string
  readonly devices: Devices
  readonly contacts: Contacts
  readonly chats: Chats
  /** What it lets others know. */
  readonly privacy: Privacy
  /** Change that, on all devices of the profile. */
  setPrivacy(change: Partial<Privacy> & AbortOptions): Promise<void>
  /** Stop taking part. `Profiles.get` opens it again. */
  close(): Promise<void>
}

/** What happens to a profile. Each is emitted after what it tells of is durable. */
export interface ProfileEvents {
  /** A chat is open here that was not before: created, joined, or come through the vault. */
  'chat:added': CustomEvent<{ chat: Chat }>
  /** A chat changed so that lists of chats show something else. */
  'chat:changed': CustomEvent<{ chat: Chat }>
  /** A chat was left, on whichever device of the profile. */
  'chat:removed': CustomEvent<{ id: string }>
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
  /** Those that are open here, in the order in which they were joined; archived ones, others, or all. */
  list(options?: { archived?: boolean | undefined }): AsyncIterable<Chat>
  /** What a list of chats shows: pinned ones first, then by their last message, newest first. */
  summaries(options?: { archived?: boolean | undefined } & AbortOptions): Promise<ChatSummary[]>
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
