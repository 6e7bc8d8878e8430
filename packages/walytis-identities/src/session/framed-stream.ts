import type { AbortOptions, Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { raceSignal } from 'race-signal'
import { Uint8ArrayList } from 'uint8arraylist'
import { ChannelClosedError } from '../errors.ts'

/**
 * Length-prefixed frames (four bytes, big-endian) over a libp2p stream, with back-pressure both ways: `write` resolves when the transport has
 * room again, and while nobody reads, the stream is paused, so that the muxer's window stops the sender.
 */

const PREFIX_BYTES = 4
/** Bytes held unread before the stream is paused. */
const HIGH_WATER = 128 * 1024

/** One reader and one writer at a time; callers queue their own. */
export class FramedStream {
  readonly #stream: Stream
  readonly #limit: number
  readonly #buffer = new Uint8ArrayList()
  #ended = false
  #failure: Error | undefined
  #wake: (() => void) | undefined

  /** @param limit bytes of the longest frame that is taken */
  constructor(stream: Stream, limit: number) {
    this.#stream = stream
    this.#limit = limit
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('end', this.#onEnd)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteClose)
    stream.addEventListener('close', this.#onClose)
    // what happened before nobody will tell again
    this.#ended = stream.readableEnded
    if (stream.status === 'reset' || stream.status === 'aborted') {
      this.#failure = new ChannelClosedError('its stream was reset')
    }
  }

  /**
   * The next frame; undefined when the other side closed its end between two frames.
   *
   * @throws {ChannelClosedError} when the stream broke, ended within a frame, or announced one that is too long
   */
  async read(options: AbortOptions = {}): Promise<Uint8Array | undefined> {
    const prefix = await this.#take(PREFIX_BYTES, options)
    if (prefix === undefined) {
      return undefined
    }
    const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(0)
    if (length > this.#limit) {
      const error = new ChannelClosedError('a frame is too long')
      this.abort(error)
      throw error
    }
    const frame = await this.#take(length, options)
    if (frame === undefined) {
      throw new ChannelClosedError('it ended within a frame')
    }
    return frame
  }

  /** @throws {ChannelClosedError} when the stream can't be written to */
  async write(frame: Uint8Array, options: AbortOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    const prefix = new Uint8Array(PREFIX_BYTES)
    new DataView(prefix.buffer).setUint32(0, frame.length)
    let room: boolean
    try {
      room = this.#stream.send(new Uint8ArrayList(prefix, frame))
    } catch (error) {
      throw new ChannelClosedError('its stream is closed', { cause: error })
    }
    if (!room) {
      await raceSignal(this.#drained(), options.signal)
    }
  }

  /** Close the sending side once all is sent. */
  async close(options?: AbortOptions): Promise<void> {
    await this.#stream.close(options)
  }

  abort(error: Error): void {
    this.#failure ??= error
    this.#stream.abort(error)
    this.#wake?.()
  }

  async #take(length: number, options: AbortOptions): Promise<Uint8Array | undefined> {
    while (this.#buffer.byteLength < length) {
      if (this.#failure !== undefined) {
        throw new ChannelClosedError('its stream broke', { cause: this.#failure })
      }
      if (this.#ended) {
        if (this.#buffer.byteLength > 0) {
          throw new ChannelClosedError('it ended within a frame')
        }
        return undefined
      }
      const more = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#resume()
      await raceSignal(more, options.signal)
    }
    const bytes = this.#buffer.slice(0, length)
    this.#buffer.consume(length)
    return bytes
  }

  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        this.#stream.removeEventListener('drain', done)
        this.#stream.removeEventListener('close', broken)
        resolve()
      }
      const broken = (event: StreamCloseEvent) => {
        this.#stream.removeEventListener('drain', done)
        this.#stream.removeEventListener('close', broken)
        reject(new ChannelClosedError('its stream broke', { cause: event.error }))
      }
      this.#stream.addEventListener('drain', done)
      this.#stream.addEventListener('close', broken)
    })
  }

  #resume(): void {
    try {
      this.#stream.resume()
    } catch {
      // the readable end has closed: its `end` or `close` event has told, or tells, the reader
    }
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    this.#buffer.append(event.data)
    const waiting = this.#wake
    this.#wake = undefined
    if (waiting === undefined && this.#buffer.byteLength >= HIGH_WATER && this.#stream.status === 'open') {
      this.#stream.pause()
    }
    waiting?.()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#wake?.()
  }

  readonly #onRemoteClose = (): void => {
    if (this.#stream.readBufferLength === 0) {
      this.#onEnd()
    }
  }

  readonly #onClose = (event: StreamCloseEvent): void => {
    if (event.error !== undefined) {
      this.#failure ??= event.error
    } else if (this.#stream.readBufferLength === 0) {
      this.#ended = true
    }
    this.#wake?.()
  }
}
