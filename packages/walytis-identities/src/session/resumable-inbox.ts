import { type Item, sizeOf } from './replay-buffer.ts'

/** The other side is told how far we are at least this often. */
const RECEIPT_ITEMS = 32

/**
 * What has come over all carriers of a resumable channel: messages that wait for their reader, and the count of items, of which the other side is
 * told from time to time.
 */
export class ResumableInbox {
  readonly #window: number
  readonly #messages: Uint8Array[] = []
  #bytes = 0
  #received = 0
  #receivedSaid = 0
  #unsaidBytes = 0
  #ended = false

  /** @param window bytes of messages that wait for a reader before no more are read */
  constructor(window: number) {
    this.#window = window
  }

  /** Items that have come: what the other side goes on from. */
  get received(): number {
    return this.#received
  }

  /** Whether the end was among them. */
  get ended(): boolean {
    return this.#ended
  }

  get full(): boolean {
    return this.#bytes >= this.#window
  }

  get receiptDue(): boolean {
    const unsaid = this.#received - this.#receivedSaid
    return unsaid >= RECEIPT_ITEMS || this.#unsaidBytes >= this.#window / 4 || (unsaid > 0 && this.#ended)
  }

  take(item: Item): void {
    this.#received++
    this.#unsaidBytes += sizeOf(item)
    if (item.kind === 'message') {
      this.#messages.push(item.payload)
      this.#bytes += item.payload.length
    } else {
      this.#ended = true
    }
  }

  /** The other side was told. @returns how many have come */
  said(): number {
    this.#receivedSaid = this.#received
    this.#unsaidBytes = 0
    return this.#received
  }

  /** The oldest message that waits. */
  shift(): Uint8Array | undefined {
    const message = this.#messages.shift()
    this.#bytes -= message?.length ?? 0
    return message
  }

  /** Nobody will read them. */
  clear(): void {
    this.#messages.length = 0
    this.#bytes = 0
  }
}
