import type { Frames } from './framing.ts'
import { MAX_UNSENT_BYTES } from './limits.ts'
import { encodeMessage, type SyncMessage } from './messages.ts'

export interface WriterInit {
  readonly frames: Frames
  /** Asked right before writing: a right that was lost while a message waited still stops it. */
  maySend(message: SyncMessage): boolean
  /** Milliseconds that the peer may take nothing at all. */
  deadline(): number
  failed(cause: unknown): void
  /** The peer makes this node answer, and does not take the answers. */
  flooded(): void
}

/** Messages that go out in one write. */
const WRITE_MESSAGES = 8

/** Writes messages in order, several at once where they have gathered. */
export class Writer {
  private readonly init: WriterInit
  private readonly outgoing: SyncMessage[] = []
  private unsentBytes = 0
  private isWriting = false
  private writing: Promise<void> = Promise.resolve()

  constructor(init: WriterInit) {
    this.init = init
  }

  /** On an idle stream the message goes out before this returns. */
  send(message: SyncMessage): void {
    this.outgoing.push(message)
    this.unsentBytes += weightOf(message)
    if (!this.isWriting) this.writing = this.writeMessages()
    if (this.unsentBytes > MAX_UNSENT_BYTES) this.init.flooded()
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
        const next = this.outgoing.splice(0, WRITE_MESSAGES)
        for (const message of next) this.unsentBytes -= weightOf(message)
        const messages = next.filter((message) => maySend(message))
        if (messages.length === 0) continue
        await frames.write(messages.map(encodeMessage), { signal: AbortSignal.timeout(deadline()) })
      }
    } catch (cause) {
      this.outgoing.length = 0
      this.unsentBytes = 0
      failed(cause)
    } finally {
      this.isWriting = false
    }
  }
}

/** About the bytes of a message; none for blocks, which credits bound. */
function weightOf(message: SyncMessage): number {
  switch (message.type) {
    case 'blocks':
      return 0
    case 'heads':
      return FIXED_BYTES + ID_BYTES * message.heads.length
    case 'want':
      return FIXED_BYTES + ID_BYTES * message.ids.length
    case 'ranges':
      return message.ranges.reduce((sum, { part }) => sum + ID_BYTES * (1 + (part?.length ?? 0)), FIXED_BYTES)
    case 'tags':
      return FIXED_BYTES + ID_BYTES * message.tags.length
    case 'peers':
      return message.records.reduce((sum, record) => sum + record.length, FIXED_BYTES)
    default:
      return FIXED_BYTES
  }
}

const FIXED_BYTES = 100
const ID_BYTES = 48
