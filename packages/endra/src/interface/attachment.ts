import type { AbortOptions } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import type { Did } from 'walytis-identities'
import type { ContentState, FetchPolicy, StreamOptions } from 'walytis-offchain'
import type { ContentPart, OtherPart } from './part.ts'

/** Something of any size to be sent beside a message. */
export interface NewAttachment {
  /** Its bytes, or where they come from: read once, in constant memory. */
  readonly source: Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>
  /** Such as `image/jpeg`; at most 128 bytes. */
  readonly mediaType: string
  /** A name without folders, at most 256 bytes, fit to be shown. */
  readonly name?: string | undefined
  /** Bytes that the source will give, where that is known: it tells progress how much is expected. */
  readonly size?: number | undefined
  /** Whatever helps to show it before it is here, such as width, height, a small preview. It counts as part of the message. */
  readonly rendering?: Record<string, unknown> | undefined
}

/** How far an attachment has been sealed on its way into the chat. */
export interface AttachingProgress {
  /** Which one, of those that were given together: 0 is the first. */
  readonly index: number
  readonly bytes: number
  /** Undefined where the source did not say. */
  readonly expected?: number | undefined
}

/** Options of `Attachments.add`. */
export interface AttachOptions extends AbortOptions {
  onProgress?: ((progress: AttachingProgress) => void) | undefined
}

/** A part of a message that names an attachment, which is a block of its own, and says what it is. */
export interface AttachedPart extends OtherPart {
  readonly kind: 'attached'
  readonly attachment: CID
  readonly mediaType: string
  /** Bytes. */
  readonly size: number
  /** SHA-256 of its bytes. */
  readonly hash: Uint8Array
  readonly name?: string | undefined
  readonly rendering?: Record<string, unknown> | undefined
}

/** An attachment on its way between this device and others. */
export interface AttachmentTransfer {
  /** `Attachment.id`. */
  readonly id: string
  readonly direction: 'receiving' | 'sending'
  /** The device that it is sent to. */
  readonly device?: Did | undefined
  /** Bytes that have come and were checked, or that were given, of so many. */
  readonly bytes: number
  readonly expected: number
}

/** An attachment as it was when it was got. */
export interface Attachment {
  /** Equal for all messages of the chat that name it. */
  readonly id: string
  /** Who put it into the chat: proved, not claimed. Who passed it on is the message's author. */
  readonly author: Did
  readonly mediaType: string
  readonly name?: string | undefined
  /** Bytes. */
  readonly size: number
  /** SHA-256 of its bytes, as the message says; reading all of it checks that. */
  readonly hash: Uint8Array
  readonly rendering?: Record<string, unknown> | undefined
  /** Where it stands on this device. `locked`: it was written before this profile came, or the key is still on its way. */
  readonly state: ContentState
  readonly pinned: boolean
  /** How far it is, while it is being fetched; asked anew each time. */
  readonly receiving: { readonly bytes: number; readonly expected: number; readonly paused: boolean } | undefined
  /**
   * Its bytes, or a range of them, in constant memory, from any offset at once. What is not here is fetched, and comes piece by piece.
   *
   * @throws {InvalidAttachmentError} it is not what the message says; for the hash, after the last piece
   * @throws {ContentRefusedError} @throws {StoreCorruptError}
   */
  stream(options?: StreamOptions): AsyncIterable<Uint8Array>
  /** All of it, when that is at most 1 GiB. @throws {LimitExceededError} @throws {InvalidAttachmentError} @throws {ContentRefusedError} */
  bytes(options?: AbortOptions): Promise<Uint8Array>
  /** Fetch it, whatever the policy. Resolves once it is here; ending the wait by the signal leaves what has come. */
  fetch(options?: AbortOptions): Promise<void>
  /** Leave it for later, until `resume`. What has come stays. */
  pause(): void
  /** Go on from where it was. */
  resume(): void
  /** Fetch it whatever the policy, now and after restarts, and keep it. */
  pin(): Promise<void>
  /** Leave it to the policy again; what is here stays. */
  unpin(): Promise<void>
  /** Take it off this device's disk. Reading it fetches it again, from whoever has it. @throws {PinnedError} */
  remove(): Promise<void>
}

/** What messages of a chat carry beside them. */
export interface Attachments {
  /**
   * Put something into the chat, for a message to name: the part that this gives goes into its `parts`, wherever it is to stand. `Chat.send` with
   * `attachments` does both. Others begin to fetch it at once. Once it resolves, it is on this device's disk, sealed; ended before, nothing of it stays.
   *
   * @throws {InvalidMessageError} for name or media type
   * @throws {LimitExceededError} @throws {NotMemberError} @throws {KeyUnavailableError}
   */
  add(attachment: NewAttachment, options?: AttachOptions): Promise<AttachedPart>
  /**
   * The attachment that a part of a message names. Waits for nothing: `state` says whether it is here.
   *
   * @throws {InvalidMessageError} when it is no attached part
   * @throws {NotFoundError} when this chat has no such attachment
   */
  get(part: ContentPart, options?: AbortOptions): Promise<Attachment>
  /** Which ones are fetched before they are read, from now on and of those that are missing, until the chat is closed. Up to 256 KiB all are. */
  setFetchPolicy(policy: FetchPolicy): Promise<void>
}
