import type { AbortOptions } from '@libp2p/interface'
import { equals } from 'uint8arrays/equals'
import type { Did } from 'walytis-identities'
import type { ContentState, PrivateBlock, PrivateBlockchain, StreamOptions } from 'walytis-offchain'
import { TOPIC_ATTACHMENT } from '../constants.ts'
import { InvalidAttachmentError } from '../errors.ts'
import type { AttachedPart, Attachment } from '../interface/index.ts'
import { Measured } from './measured.ts'

/** A block of an attachment, with what a message says of it. What the message claims is checked against what the block holds. */
export class BlockAttachment implements Attachment {
  readonly id: string
  readonly author: Did
  readonly mediaType: string
  readonly name: string | undefined
  readonly size: number
  readonly hash: Uint8Array
  readonly rendering: Record<string, unknown> | undefined
  readonly state: ContentState
  readonly pinned: boolean
  readonly #sealed: PrivateBlockchain
  readonly #block: PrivateBlock

  constructor(sealed: PrivateBlockchain, block: PrivateBlock, part: AttachedPart) {
    this.id = block.id.toString()
    this.author = block.author
    this.mediaType = part.mediaType
    this.name = part.name
    this.size = part.size
    this.hash = part.hash
    this.rendering = part.rendering
    this.state = block.contentState
    this.pinned = block.pinned
    this.#sealed = sealed
    this.#block = block
  }

  get receiving(): Attachment['receiving'] {
    const transfer = this.#sealed.receiving(this.#block)
    if (transfer === undefined) return undefined
    const { bytes, expected, paused } = transfer
    return { bytes, expected, paused }
  }

  async *stream(options: StreamOptions = {}): AsyncGenerator<Uint8Array> {
    const block = await this.#readable(options)
    const isWhole = (options.offset ?? 0) === 0 && (options.length ?? this.size) >= this.size
    if (!isWhole) return yield* block.stream(options)
    const measured = new Measured()
    for await (const piece of block.stream(options)) {
      measured.take(piece)
      yield piece
    }
    this.#check(measured)
  }

  async bytes(options: AbortOptions = {}): Promise<Uint8Array> {
    const bytes = await (await this.#readable(options)).content(options)
    const measured = new Measured()
    measured.take(bytes)
    this.#check(measured)
    return bytes
  }

  async fetch(options?: AbortOptions): Promise<void> {
    await this.#sealed.whenAvailable(this.#block, options)
  }

  pause(): void {
    this.#sealed.pause(this.#block)
  }

  resume(): void {
    this.#sealed.resume(this.#block)
  }

  async pin(): Promise<void> {
    await this.#sealed.pin(this.#block)
  }

  async unpin(): Promise<void> {
    await this.#sealed.unpin(this.#block)
  }

  async remove(): Promise<void> {
    await this.#sealed.removeContent(this.#block)
  }

  /** What a locked block is shows only when its key has come. */
  async #readable(options: AbortOptions): Promise<PrivateBlock> {
    if (this.#block.contentState === 'locked') await this.#sealed.whenAvailable(this.#block, options)
    const block = await this.#sealed.get(this.#block.id, options)
    if (!block.topics.includes(TOPIC_ATTACHMENT)) throw new InvalidAttachmentError(this.id, 'topic')
    if (block.size !== this.size) throw new InvalidAttachmentError(this.id, 'size')
    return block
  }

  #check(measured: Measured): void {
    if (!equals(measured.digest(), this.hash)) throw new InvalidAttachmentError(this.id, 'hash')
  }
}
