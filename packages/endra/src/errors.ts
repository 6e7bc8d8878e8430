import { MAX_NAME_BYTES } from './constants.ts'

/** Thrown when content given to be sent is not a message: `rule` names what it breaks (docs/protocol.md, "Messages"). */
export class InvalidMessageError extends Error {
  override readonly name = 'InvalidMessageError'
  readonly rule: string

  constructor(rule: string, options?: ErrorOptions) {
    super(`The content is not a valid message (${rule}).`, options)
    this.rule = rule
  }
}

/** Thrown when a name or title can't be shown as one. */
export class InvalidNameError extends Error {
  override readonly name = 'InvalidNameError'
  readonly what: string

  constructor(what: string) {
    super(
      `The ${what} must have 1 to ${MAX_NAME_BYTES} bytes, without control characters, invisible ones, or marks that change the direction of text.`
    )
    this.what = what
  }
}

/** Thrown when this node does not know the profile, chat, message, device, contact or attachment. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
  readonly kind: 'profile' | 'chat' | 'message' | 'device' | 'contact' | 'attachment'
  readonly id: string

  constructor(kind: NotFoundError['kind'], id: string, options?: ErrorOptions) {
    super(`This node does not know the ${kind} ${id.slice(0, 128)}.`, options)
    this.kind = kind
    this.id = id
  }
}

/** Thrown when an attachment is not what the message says that names it: `rule` is `topic`, `size` or `hash`. */
export class InvalidAttachmentError extends Error {
  override readonly name = 'InvalidAttachmentError'
  readonly id: string
  readonly rule: 'topic' | 'size' | 'hash'

  constructor(id: string, rule: InvalidAttachmentError['rule']) {
    super(`The attachment ${id} is not what the message says (${rule}).`)
    this.id = id
    this.rule = rule
  }
}

/** Thrown when other devices did not answer in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
  readonly milliseconds: number

  /** @param what - begins the sentence, such as "Joining the chat" */
  constructor(what: string, milliseconds: number, options?: ErrorOptions) {
    super(`${what} took longer than ${Math.round(milliseconds / 1000)} s.`, options)
    this.milliseconds = milliseconds
  }
}

/** Thrown when a record that this node itself keeps can't be read: `record` says which, `rule` what is wrong with it. */
export class StoredRecordError extends Error {
  override readonly name = 'StoredRecordError'
  readonly record: string
  readonly rule: string

  constructor(record: string, rule: string) {
    super(`A record of this node is damaged or was written by a newer version: ${record} (${rule}).`)
    this.record = record
    this.rule = rule
  }
}

/** The reason with which a channel is ended whose other side asks what this version does not know. */
export class UnknownQuestionError extends Error {
  override readonly name = 'UnknownQuestionError'

  constructor() {
    super('The other device asked for something that this version does not know.')
  }
}

/** Thrown when what another device answered is not what the protocol says: `rule` names what it breaks. */
export class InvalidAnswerError extends Error {
  override readonly name = 'InvalidAnswerError'
  readonly rule: string

  constructor(rule: string) {
    super(`The other device gave an answer that can't be used (${rule}).`)
    this.rule = rule
  }
}

/** Thrown when two profiles of one node would take part in the same chat: a node holds a chain for one device only. */
export class ChatInUseError extends Error {
  override readonly name = 'ChatInUseError'
  readonly chat: string

  constructor(chat: string) {
    super('Another profile on this node already takes part in this chat.')
    this.chat = chat
  }
}

/** Thrown when a node is to become a device of a profile that it carries already. */
export class AlreadyLinkedError extends Error {
  override readonly name = 'AlreadyLinkedError'
  readonly did: string

  constructor(did: string) {
    super('This node is a device of that profile already.')
    this.did = did
  }
}

/** Why an invitation's text can't be used. What the inviting side finds wrong comes as the error of the layer below. */
export type InvitationProblem = 'not-an-invitation' | 'damaged' | 'newer-version' | 'wrong-kind'

const INVITATION_SENTENCES: Record<InvitationProblem, string> = {
  'not-an-invitation': 'This is not an invitation: one begins with "endra:".',
  damaged: 'The invitation is damaged: copy all of it again.',
  'newer-version': 'The invitation was made by a newer version of this program.',
  'wrong-kind': 'The invitation is for something else: device links and invitations to chats are not the same.'
}

/** Thrown when an invitation can't be used. Errors of this name come from the layers below when it is expired, used up, or refused. */
export class InvitationError extends Error {
  override readonly name = 'InvitationError'
  readonly reason: InvitationProblem

  constructor(reason: InvitationProblem, options?: ErrorOptions) {
    super(INVITATION_SENTENCES[reason], options)
    this.reason = reason
  }
}

/** Thrown when a type of messages can't be registered under its media type. */
export class InvalidTypeError extends Error {
  override readonly name = 'InvalidTypeError'
  readonly mediaType: string
  readonly reason: 'malformed-or-reserved' | 'in-use'

  constructor(mediaType: string, reason: InvalidTypeError['reason']) {
    super(
      reason === 'in-use'
        ? `Another type is registered as ${mediaType.slice(0, 128)}.`
        : `The media type ${mediaType.slice(0, 128)} is malformed, too long, or reserved.`
    )
    this.mediaType = mediaType
    this.reason = reason
  }
}

/** Thrown when messages of a type are asked for that was not registered. */
export class UnregisteredTypeError extends Error {
  override readonly name = 'UnregisteredTypeError'
  readonly mediaType: string

  constructor(mediaType: string) {
    super(`Register the type ${mediaType.slice(0, 128)} with Endra.registerType first.`)
    this.mediaType = mediaType
  }
}

/** The reason with which a channel is ended whose other side sends more signals than are taken. */
export class TooManySignalsError extends Error {
  override readonly name = 'TooManySignalsError'

  constructor() {
    super('The other device sends more than this protocol allows.')
  }
}

/** Thrown when a member without the role of an admin would change what belongs to all. */
export class NotAdminError extends Error {
  override readonly name = 'NotAdminError'

  constructor() {
    super('Only an admin of the chat may change its title and picture.')
  }
}

/** Thrown when what a profile or chat is to say of itself can't be said: `rule` names what it breaks (docs/protocol.md, "Profile cards"). */
export class InvalidCardError extends Error {
  override readonly name = 'InvalidCardError'
  readonly rule: string

  constructor(rule: string) {
    super(`This can't be said on a profile card (${rule}).`)
    this.rule = rule
  }
}
