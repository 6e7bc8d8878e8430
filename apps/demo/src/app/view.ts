/*
 * What pages get to see of a device: plain JSON. Pages import these types and nothing else of this folder.
 */

export interface DeviceListEntry {
  readonly did: string
  readonly name: string
  readonly current: boolean
}

/** Where a device stands, and whose it is. */
export interface DeviceView {
  /** `new`: nothing is here yet, and a passphrase is to be chosen. `locked`: it is needed. `welcome`: unlocked, and nobody's yet. */
  readonly state: 'new' | 'locked' | 'unlocking' | 'welcome' | 'linking' | 'ready' | 'removed'
  readonly profile?: { readonly did: string; readonly name: string } | undefined
  readonly devices: readonly DeviceListEntry[]
  /** How far a link has come. */
  readonly linking?:
    | {
        readonly step: string
        readonly received: number
        readonly expected: number
        /** Six digits that the other device must show too. */
        readonly code?: string | undefined
      }
    | undefined
  /** A device that wants to become one of the profile's, and the code that it must show. */
  readonly asking?: { readonly device: string; readonly code: string } | undefined
}

export interface MemberView {
  readonly did: string
  readonly name: string
  readonly role: string
  readonly me: boolean
}

export interface ChatView {
  readonly id: string
  readonly title: string
  readonly members: readonly MemberView[]
  readonly unread: number
  readonly last?: { readonly author: string; readonly text: string; readonly sentAt: number } | undefined
  /** `level`: nothing is missing that anybody connected has. `alone`: nobody of the chat is connected. */
  readonly sync: 'level' | 'syncing' | 'alone'
  /** Members with a device that is connected with this one. */
  readonly online: readonly string[]
  /** Members who are writing just now. */
  readonly typing: readonly string[]
  /** What was begun and not sent, on whichever device. */
  readonly draft?: string | undefined
  readonly archived: boolean
  readonly pinned: boolean
  /** This profile is no longer a member. */
  readonly removed: boolean
}

/** How far a message has come. */
export type MessageStatus = 'stored' | 'delivered' | 'read'

export interface MessageView {
  readonly id: string
  readonly author: string
  readonly mine: boolean
  /** Milliseconds since 1970, as the author claims. */
  readonly sentAt: number
  readonly text: string
  readonly editedAt?: number | undefined
  readonly deleted: boolean
  readonly replyTo?:
    | { readonly id: string; readonly author?: string | undefined; readonly text?: string | undefined }
    | undefined
  readonly reactions: readonly { readonly emoji: string; readonly authors: readonly string[] }[]
  readonly forwarded: boolean
  /** Of one's own ones. */
  readonly status?: MessageStatus | undefined
}

export interface VersionView {
  readonly kind: 'original' | 'update' | 'delete' | 'restore'
  readonly time: number
  readonly text: string
}

/** A block of a chat's chain. */
export interface BlockView {
  readonly id: string
  readonly parents: readonly string[]
  readonly height: number
  readonly author: string
}

export interface ConnectionView {
  readonly peer: string
  readonly address: string
  readonly kind: 'this computer' | 'local network' | 'internet' | 'relay'
  readonly direction: 'inbound' | 'outbound'
  readonly since: number
}

export interface NetworkView {
  /** Cut off by the person at this device, or by the demo. */
  readonly cut: boolean
  readonly peer: string
  readonly addresses: readonly string[]
  readonly connections: readonly ConnectionView[]
}

/** All that a page shows at first. Messages are asked for by the page. */
export interface AppState {
  readonly device: DeviceView
  readonly chats: readonly ChatView[]
  readonly network: NetworkView
}

/** How that changes. */
export type AppEvent =
  | { readonly type: 'device'; readonly device: DeviceView }
  | { readonly type: 'network'; readonly network: NetworkView }
  | { readonly type: 'chat'; readonly chat: ChatView }
  | { readonly type: 'chat:gone'; readonly id: string }
  /** A message is new, or changed. It stands behind `previous`; undefined: it is the first of all. */
  | {
      readonly type: 'message'
      readonly chat: string
      readonly message: MessageView
      readonly previous?: string | undefined
    }
  | { readonly type: 'message:gone'; readonly chat: string; readonly id: string }
  /** Messages have come further. */
  | { readonly type: 'receipts'; readonly chat: string; readonly statuses: Readonly<Record<string, MessageStatus>> }
