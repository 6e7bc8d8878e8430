import type { AbortOptions } from '@libp2p/interface'
import type { TypedEventTarget } from 'main-event'
import type { Did, LinkRequest, SafetyCheck, SafetyNumber } from 'walytis-identities'
import type { Chat } from './chat.ts'
import type { Message, Picture } from './message.ts'
import type { ChatSummary, Privacy } from './state.ts'

/** A user, as one of its devices sees it. */
export interface Profile extends TypedEventTarget<ProfileEvents> {
  readonly did: Did
  readonly name: string
  /** What it says about itself. */
  readonly about: string | undefined
  readonly picture: Picture | undefined
  /**
   * Change what the members of all its chats are told of the profile; null: nothing any more.
   *
   * @throws {InvalidNameError} @throws {InvalidCardError}
   */
  update(
    change: {
      name?: string | undefined
      about?: string | null | undefined
      picture?: Picture | null | undefined
    } & AbortOptions
  ): Promise<void>
  readonly devices: Devices
  readonly contacts: Contacts
  readonly chats: Chats
  /** What it lets others know. */
  readonly privacy: Privacy
  /** Change that, on all devices of the profile. */
  setPrivacy(change: Partial<Privacy> & AbortOptions): Promise<void>
  /**
   * Messages with all words of a text, in any of the open chats or in one, newest first. The last word may be the beginning of one. Upper and lower case
   * and accents don't matter; in scripts without spaces any part of a text is found. The first search of a chat reads all of it, later ones what is new.
   * The index lies on this device's disk, encrypted like everything else.
   */
  search(
    text: string,
    options?: {
      chat?: Chat | undefined
      /** Default: 100. */
      limit?: number | undefined
      /** Blocks that were read into the index so far. */
      onProgress?: ((progress: { indexed: number }) => void) | undefined
    } & AbortOptions
  ): AsyncIterable<SearchHit>
  /** Stop taking part. `Profiles.get` opens it again. */
  close(): Promise<void>
}

/** A message that was found. */
export interface SearchHit {
  readonly chat: Chat
  readonly message: Message
}

/** What happens to a profile. Each is emitted after what it tells of is durable. */
export interface ProfileEvents {
  /** A chat is open here that was not before: created, joined, or come through the vault. */
  'chat:added': CustomEvent<{ chat: Chat }>
  /** A chat changed so that lists of chats show something else. */
  'chat:changed': CustomEvent<{ chat: Chat }>
  /** A chat was left, on whichever device of the profile. */
  'chat:removed': CustomEvent<{ id: string }>
  /** What the profile says of itself is something else, on whichever of its devices it was changed. */
  'profile:changed': CustomEvent<Record<string, never>>
  /** `Contacts.get` gives something else. */
  'contact:changed': CustomEvent<{ contact: Contact }>
  /** A contact's devices changed: tell the user when they were verified, for the safety number is another one now. */
  'contact:devices': CustomEvent<{ contact: Contact; added: Did[]; removed: Did[] }>
  'device:added': CustomEvent<{ device: Device }>
  'device:removed': CustomEvent<{ did: Did }>
  /** What a device is called has come, or is another name: `devices` shows it from now on. */
  'device:named': CustomEvent<{ device: Device }>
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

/** A user known from a chat. */
export interface Contact {
  readonly did: Did
  /** The petname, if there is one; else what they call themselves. */
  readonly name: string
  /** What they call themselves. */
  readonly ownName: string
  /** What the profile calls them. */
  readonly petname?: string | undefined
  /** `verified`: their devices are those that were there when the profile verified them. `changed`: they are not, so verify anew. */
  readonly state: ContactState
  readonly blocked: boolean
  /** Their current devices, as far as open chats tell. */
  readonly devices: readonly Did[]
}

/** What a profile knows of who a contact is. */
export type ContactState = 'unverified' | 'verified' | 'changed'

/** The users whom a profile knows. What it keeps of them is on all its devices, and no contact is told. */
export interface Contacts {
  /** By name. */
  list(): AsyncIterable<Contact>
  /** @throws {NotFoundError} */
  get(did: Did): Contact
  /** What they say of themselves, with their picture, by the latest of their cards. @throws {NotFoundError} */
  card(
    did: Did,
    options?: AbortOptions
  ): Promise<{ name: string; about?: string | undefined; picture?: Picture | undefined }>
  /**
   * What both compare, by reading out or scanning: it is the same on both sides while both know the same devices of each other.
   *
   * @throws {NotFoundError} when no open chat is shared with them
   */
  safetyNumber(did: Did): SafetyNumber
  /** Compare with the code that the other side shows as a QR code; `verify` is yours to call then. @throws {NotFoundError} @throws {InvalidArgumentError} */
  check(did: Did, code: string): SafetyCheck
  /** The safety number was compared: from now on a change of their devices is told. @throws {NotFoundError} */
  verify(did: Did, options?: AbortOptions): Promise<Contact>
  /** Undo `verify`. @throws {NotFoundError} */
  unverify(did: Did, options?: AbortOptions): Promise<Contact>
  /** Call them so, whatever they call themselves; undefined: no longer. @throws {NotFoundError} @throws {InvalidNameError} */
  rename(did: Did, petname: string | undefined, options?: AbortOptions): Promise<Contact>
  /** Show none of their messages in any chat, and tell them nothing of reading and typing. They are not told. @throws {NotFoundError} */
  block(did: Did, options?: AbortOptions): Promise<Contact>
  /** Undo `block`: everything shows again, and what came meanwhile counts as read. @throws {NotFoundError} */
  unblock(did: Did, options?: AbortOptions): Promise<Contact>
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
