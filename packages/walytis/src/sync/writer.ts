import type { Frames } from './framing.ts'
import { encodeMessage, type SyncMessage } from './messages.ts'

export interface WriterInit {
  readonly frames: Frames
  /** Asked right before writing: a right that was lost while a message waited still stops it. */
  maySend(message: SyncMessage): boolean
  /** Milliseconds that the peer may take nothing at all. */
  deadline(): number
  failed(cause: unknown): void
}

/** Messages that go out in one write. */
const WRITE_MESSAGES = 8

/** Writes messages in order, several at once where they have gathered. */
export class Writer {
  private readonly init: WriterInit
  private readonly outgoing: SyncMessage[] = []
  private isWriting = false
  private writing: Promise<void> = Promise.resolve()

  constructor(init: WriterInit) {
    this.init = init
  }

  /** On an idle stream the message goes out before this returns. */
  send(message: SyncMessage): void {
    this.outgoing.push(message)
    if (!this.isWriting) this.writing = this.writeMessages()
  }

  /** Resolves once all has been written, or writing failed. */
  finished(): Promise<void> {
    return this.writing
  }

  private async writeMessages(): Promise<void> {
    const { frames, maySend, deadline, failed } = this.init
    this.isWriting = true
    try {
      while (this.outgoing.length > 0) {
        const messages = this.outgoing.splice(0, WRITE_MESSAGES).filter((message) => maySend(message))
        if (messages.length === 0) continue
        await frames.write(messages.map(encodeMessage), { signal: AbortSignal.timeout(deadline()) })
      }
    } catch (cause) {
      this.outgoing.length = 0
      failed(cause)
    } finally {
      this.isWriting = false
    }
  }
}
