export type { Chat, ChatBlock, ChatEvents, ChatMember, MessagesOptions } from './chat.ts'
export type {
  ContentPart,
  EmbeddedPart,
  MentionOptions,
  Message,
  MessageContent,
  MessageVersion,
  OtherPart,
  Picture,
  Quote,
  Reaction,
  SendOptions
} from './message.ts'
export type { Endra, LinkProgress, Profiles } from './node.ts'
export type {
  Chats,
  Contact,
  ContactState,
  Contacts,
  Device,
  Devices,
  Profile,
  ProfileEvents,
  SearchHit
} from './profile.ts'
export type { ChatConnection, ChatSettings, ChatSummary, Privacy, Receipts } from './state.ts'
export type { MessageType, TypedEntry, TypedEvents, TypedMessages } from './types.ts'
