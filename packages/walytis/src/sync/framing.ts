import type { AbortOptions, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'

/** Whole messages over a stream, each prefixed by its length as an unsigned varint (multiformats/unsigned-varint). */
export interface Frames {
  /** Bytes after which the connection is cut, as relays do; undefined: none is known. */
  readonly limitBytes?: number | undefined
  /** The next message.
   * @throws when the stream ended, broke, or the message is over the limit */
  read(options?: AbortOptions): Promise<Uint8Array>
  /** Several messages in one write. Waits while the peer takes nothing more. */
  write(messages: readonly Uint8Array[], options?: AbortOptions): Promise<void>
  /** End it, both ways. */
  close(options?: AbortOptions): Promise<void>
  /** Break it off. */
  abort(error: Error): void
}

/**
 * @param maximumBytes of one message
 * @param bufferBytes how much may have arrived unread before the stream is broken off
 * @param limitBytes of the connection, where a relay cuts it
 */
export function framesOf(stream: Stream, maximumBytes: number, bufferBytes: number, limitBytes?: number): Frames {
  const lp = lpStream(stream, { maxDataLength: maximumBytes, maxBufferSize: bufferBytes })
  return {
    limitBytes,
    read: async (options) => (await lp.read(options)).subarray(),
    write: (messages, options) => lp.writeV([...messages], options),
    close: async (options) => {
      await stream.close(options)
      await stream.closeRead(options)
    },
    abort: (error) => stream.abort(error)
  }
}
