/**
 * The attachments of one chat: written, found, and told of. They are blocks of the sealed chain, beneath the edits, so what a message names never
 * changes. Made and owned by `chat.ts`; keeps nothing.
 */
import type { AbortOptions } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import type { FetchPolicy, PrivateBlock, PrivateBlockchain } from 'walytis-offchain'
import { MAX_ATTACHMENT_BYTES, TOPIC_ATTACHMENT } from '../constants.ts'
import { isAttached, partProblem } from '../content/parts.ts'
import { InvalidMessageError, NotFoundError } from '../errors.ts'
import type {
  AttachedPart,
  Attachment,
  Attachments,
  AttachOptions,
  ChatEvents,
  ContentPart,
  NewAttachment
} from '../interface/index.ts'
import { BlockAttachment } from './attachment.ts'
import { fetchPolicyOf } from './fetch-policy.ts'
import { Measured } from './measured.ts'

/** Events of a chat that tell of attachments. */
type AttachmentEvents = Pick<ChatEvents, Extract<keyof ChatEvents, `attachment:${string}`>>

/** Told what happens, with the event's detail. */
export type TellAttachment = <K extends keyof AttachmentEvents>(type: K, detail: AttachmentEvents[K]['detail']) => void

/** Stands for a block that is not written yet: as long as any. */
const ANY_BLOCK = CID.createV1(0x71, Digest.create(0x12, new Uint8Array(32)))

/** The attachments of one chat. */
export class ChatAttachments implements Attachments {
  readonly #sealed: PrivateBlockchain

  constructor(sealed: PrivateBlockchain) {
    this.#sealed = sealed
  }

  /** Tell what happens, until the signal. */
  follow(tell: TellAttachment, signal: AbortSignal): void {
    const sealed = this.#sealed
    const isAttachment = (block: PrivateBlock): boolean => block.topics.includes(TOPIC_ATTACHMENT)
    sealed.addEventListener(
      'content:progress',
      ({ detail: { id, ...rest } }) => tell('attachment:progress', { id: id.toString(), ...rest }),
      { signal }
    )
    for (const [type, told] of [
      ['content:available', 'attachment:available'],
      ['content:removed', 'attachment:removed']
    ] as const) {
      sealed.addEventListener(
        type,
        ({ detail: { block } }) => {
          if (isAttachment(block)) tell(told, { id: block.id.toString() })
        },
        { signal }
      )
    }
  }

  /**
   * What the part will be, as far as that is known before the first byte was read: at least as long as that when it is encoded.
   *
   * @throws {InvalidMessageError}
   */
  announced({ mediaType, name, rendering, size = 0 }: NewAttachment): AttachedPart {
    const part = partOf(
      { mediaType, name, rendering },
      {
        attachment: ANY_BLOCK,
        size: MAX_ATTACHMENT_BYTES,
        hash: new Uint8Array(32)
      }
    )
    if (partProblem(part) !== undefined || !(size >= 0)) throw new InvalidMessageError('attached-part')
    return part
  }

  async add(attachment: NewAttachment, options: AttachOptions = {}): Promise<AttachedPart> {
    return await this.#add(attachment, 0, options)
  }

  /** Add several, then do what needs them. Where any of that fails, those that were written are taken off the disk again. */
  async addAll<T>(
    attachments: readonly NewAttachment[],
    options: AttachOptions,
    use: (parts: AttachedPart[]) => Promise<T>
  ): Promise<T> {
    const parts: AttachedPart[] = []
    try {
      for (const [index, each] of attachments.entries()) parts.push(await this.#add(each, index, options))
      return await use(parts)
    } catch (error) {
      for (const part of parts) await this.#discard(part)
      throw error
    }
  }

  async get(part: ContentPart, options?: AbortOptions): Promise<Attachment> {
    if (!isAttached(part)) throw new InvalidMessageError('attached-part')
    const id = part.attachment.toString()
    let block: PrivateBlock
    try {
      block = await this.#sealed.get(part.attachment, options)
    } catch (cause) {
      options?.signal?.throwIfAborted()
      if (!isNamed(cause, ['NotFoundError', 'ContentRefusedError'])) throw cause
      throw new NotFoundError('attachment', id, { cause })
    }
    const isShown = block.contentState === 'locked' || block.topics.includes(TOPIC_ATTACHMENT)
    if (!isShown) throw new NotFoundError('attachment', id)
    return new BlockAttachment(this.#sealed, block, part)
  }

  async setFetchPolicy(policy: FetchPolicy): Promise<void> {
    await this.#sealed.setFetchPolicy(fetchPolicyOf(policy))
  }

  async #add(attachment: NewAttachment, index: number, options: AttachOptions): Promise<AttachedPart> {
    this.announced(attachment)
    const { source, size: expected, mediaType, name, rendering } = attachment
    const { onProgress, ...rest } = options
    rest.signal?.throwIfAborted()
    const measured = new Measured()
    const onBytes = (bytes: number): void => onProgress?.({ index, bytes, expected })
    const pieces = measured.through(source, onBytes, rest)
    const block = await this.#sealed.add(pieces, { ...rest, topics: [TOPIC_ATTACHMENT] })
    const { size } = measured
    return partOf({ mediaType, name, rendering }, { attachment: block.id, size, hash: measured.digest() })
  }

  /** Where that fails too, why it was to be done matters more. */
  async #discard({ attachment }: AttachedPart): Promise<void> {
    await this.#sealed.removeContent({ id: attachment }).catch(() => undefined)
  }
}

function partOf(
  { mediaType, name, rendering }: Pick<NewAttachment, 'mediaType' | 'name' | 'rendering'>,
  measures: Pick<AttachedPart, 'attachment' | 'size' | 'hash'>
): AttachedPart {
  return {
    kind: 'attached',
    ...measures,
    mediaType,
    ...(name === undefined ? {} : { name }),
    ...(rendering === undefined ? {} : { rendering })
  }
}

function isNamed(error: unknown, names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name)
}
