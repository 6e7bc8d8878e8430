/**
 * A messenger without servers: profiles with many devices, chats, messages with edits and history, end-to-end encrypted.
 *
 * ```ts
 * const endra = await createEndra({ storage: './alice', passphrase: 'correct horse' })
 * const alice = await endra.profiles.create({ name: 'Alice' })
 * const chat = await alice.chats.create({ title: 'Tea at five' })
 * console.log(await chat.invite()) // endra:…, for Bob, who calls bob.chats.join(line)
 * chat.addEventListener('message:added', ({ detail }) => console.log(detail.message.text))
 * await chat.send('Hello')
 * ```
 *
 * @packageDocumentation
 */
export {
  isAttached,
  isEmbedded,
  isReferenced,
  quoteOf,
  type ReferencedPart,
  textContent,
  textOf,
  textPart
} from './content/parts.ts'
export { createEndra, type EndraInit } from './endra.ts'
export {
  AlreadyLinkedError,
  ChatInUseError,
  DeadlineError,
  InvalidAnswerError,
  InvalidAttachmentError,
  InvalidCardError,
  InvalidMessageError,
  InvalidNameError,
  InvalidTypeError,
  InvitationError,
  type InvitationProblem,
  NotAdminError,
  NotFoundError,
  StoredRecordError,
  UnregisteredTypeError
} from './errors.ts'
export type {
  AttachedPart,
  AttachingProgress,
  Attachment,
  Attachments,
  AttachmentTransfer,
  AttachOptions,
  Chat,
  ChatBlock,
  ChatConnection,
  ChatEvents,
  ChatMember,
  ChatSettings,
  ChatSummary,
  Chats,
  Contact,
  ContactState,
  Contacts,
  ContentPart,
  Device,
  Devices,
  EmbeddedPart,
  Endra,
  LinkProgress,
  MentionOptions,
  Message,
  MessageContent,
  MessagesOptions,
  MessageType,
  MessageVersion,
  NewAttachment,
  OtherPart,
  Picture,
  Privacy,
  Profile,
  ProfileEvents,
  Profiles,
  Quote,
  Reaction,
  Receipts,
  SearchHit,
  SendOptions,
  TypedEntry,
  TypedEvents,
  TypedMessages
} from './interface/index.ts'
export { type EndraInvitation, type InvitationKind, parseInvitation } from './invitation.ts'
