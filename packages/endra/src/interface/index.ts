export type {
  AttachedPart,
  AttachingProgress,
  Attachment,
  Attachments,
  AttachmentTransfer,
  AttachOptions,
  NewAttachment
} from './attachment.ts'
export type { Chat, ChatBlock, ChatEvents, ChatMember, MessagesOptions } from './chat.ts'
export type {
  MentionOptions,
  Message,
  MessageContent,
  MessageVersion,
  Picture,
  Quote,
  Reaction,
  SendOptions
} from './message.ts'
export type { Endra, LinkProgress, Profiles } from './node.ts'
export type { ContentPart, EmbeddedPart, OtherPart } from './part.ts'
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
