import type { Did } from 'walytis-identities'
import type { Message, MessageContent, Picture } from './message.ts'

/** What a list of chats shows of one: a snapshot. `changed` tells when to take another. */
export interface ChatSummary {
  readonly id: string
  readonly title: string
  readonly picture?: Picture | undefined
  readonly settings: ChatSettings
  /** Messages of others that this profile has not read on any of its devices; at most 1,000 are counted. */
  readonly unread: number
  /** How many of them address this profile. */
  readonly mentioned: number
  /** The last message that is shown. */
  readonly last?: Message | undefined
  readonly draft?: MessageContent | undefined
  readonly connection: ChatConnection
}

/** How a profile wants a chat to be, on all its devices. */
export interface ChatSettings {
  readonly archived: boolean
  readonly pinned: boolean
  /** Until then; for ever is the year 9999. */
  readonly mutedUntil?: Date | undefined
}

/** How a chat is connected, and whether it is level with others. */
export interface ChatConnection {
  /**
   * `level`: nothing is missing that anybody connected has. `syncing`: connected, and not yet level with anybody. `alone`: nobody of the chat is
   * connected.
   */
  readonly state: 'level' | 'syncing' | 'alone'
  /** Messages that came since the chat was last level or alone. */
  readonly received: number
  /** By libp2p's peer id. `relayed`: through a third machine, which sees who, when and how much, and no content. */
  readonly peers: readonly { readonly peer: string; readonly kind: 'direct' | 'relayed' }[]
  /** Members with a device that is connected with this one, this profile's other devices included. */
  readonly online: readonly Did[]
}

/** How far a message has come, as far as this device knows. */
export interface Receipts {
  /** `stored`: on this device. `delivered`: with at least one device of another member. `read`: by at least one other member. */
  readonly status: 'stored' | 'delivered' | 'read'
  /** Present members of whom a device has it, those who have read it included. */
  readonly delivered: readonly Did[]
  /** Those who have read it and let others know. */
  readonly read: readonly Did[]
}

/** What a profile lets others know. */
export interface Privacy {
  /** Tell the members of a chat what has been read. Default: true. */
  readonly readReceipts: boolean
  /** Tell the members of a chat that one is typing. Default: true. */
  readonly typing: boolean
}
