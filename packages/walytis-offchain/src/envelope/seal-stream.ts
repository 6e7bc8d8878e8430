import { CHUNK_SIZE, MAX_CONTENT_SIZE, TAG_SIZE } from '../constants.ts'
import { LimitExceededError } from '../errors.ts'
import type { Binding } from '../reference/binding.ts'
import { sizeClassOf } from '../reference/size-class.ts'
import { sealChunkInto } from './chunk.ts'
import { rootOf } from './hash-tree.ts'
import { HEADER_SIZE } from './header.ts'
import { FULL_PART_SIZE, hashOfPieces, PART_PIECES, WINDOW_PARTS } from './shape.ts'

/** Where the parts of a large envelope go as they are made, with the hashes of the parts of each window. */
export interface PartSink {
  writePart(index: number, bytes: Uint8Array): Promise<void>
  writeHashes(window: number, hashes: Uint8Array): Promise<void>
}

/** A large envelope that lacks only its header, which depends on where the block will stand. */
export interface HeadlessEnvelope {
  /** Bytes of the content. */
  readonly size: number
  readonly sizeClass: number
  /** The root of the tree over the envelope with this header, and what of the sink that decides. */
  withHeader(header: Uint8Array): {
    readonly root: Uint8Array
    readonly firstPart: Uint8Array
    readonly firstHashes: Uint8Array
  }
}

/**
 * Seal a content as it comes, in constant memory: all of the envelope goes to the sink but the first part and the first window's hashes, which
 * are given back with the header in them. The epoch may change while 10 GB are sealed; the chunks don't depend on it.
 *
 * @param onBytes told of the bytes of content taken so far
 * @throws {LimitExceededError} as soon as it is too much
 */
export async function sealStream(
  source: AsyncIterable<Uint8Array>,
  contentKey: Uint8Array,
  binding: Binding,
  sink: PartSink,
  { signal, onBytes }: { readonly signal?: AbortSignal | undefined; onBytes?: ((bytes: number) => void) | undefined }
): Promise<HeadlessEnvelope> {
  const sealer = new StreamSealer(contentKey, binding, sink)
  for await (const bytes of source) {
    signal?.throwIfAborted()
    await sealer.take(bytes)
    onBytes?.(sealer.size)
  }
  return await sealer.end()
}

class StreamSealer {
  readonly #key: Uint8Array
  readonly #binding: Binding
  readonly #parts: Parts
  readonly #chunk = new Uint8Array(CHUNK_SIZE)
  #filled = 0
  #chunks = 0
  size = 0

  constructor(key: Uint8Array, binding: Binding, sink: PartSink) {
    this.#key = key
    this.#binding = binding
    this.#parts = new Parts(sink)
  }

  async take(bytes: Uint8Array): Promise<void> {
    this.size += bytes.length
    if (this.size > MAX_CONTENT_SIZE) throw new LimitExceededError('content bytes', MAX_CONTENT_SIZE, this.size)
    for (let start = 0; start < bytes.length; ) {
      // A full chunk waits until it is known not to be the last one.
      if (this.#filled === CHUNK_SIZE) await this.#seal(this.#chunk, false)
      const some = bytes.subarray(start, start + CHUNK_SIZE - this.#filled)
      this.#chunk.set(some, this.#filled)
      this.#filled += some.length
      start += some.length
    }
  }

  async end(): Promise<HeadlessEnvelope> {
    const { size } = this
    const sizeClass = sizeClassOf(size)
    for (let left = sizeClass - this.#chunks * CHUNK_SIZE; left > 0; left = sizeClass - this.#chunks * CHUNK_SIZE) {
      this.#chunk.fill(0, this.#filled)
      await this.#seal(this.#chunk.subarray(0, Math.min(left, CHUNK_SIZE)), left <= CHUNK_SIZE)
    }
    this.#chunk.fill(0)
    const windows = await this.#parts.end()
    return { size, sizeClass, withHeader: (header) => windows.withHeader(header) }
  }

  async #seal(plaintext: Uint8Array, last: boolean): Promise<void> {
    const target = this.#parts.piece(plaintext.length + TAG_SIZE)
    sealChunkInto(this.#key, this.#binding, { index: this.#chunks++, last }, plaintext, target)
    this.#filled = 0
    await this.#parts.filled()
  }
}

/** Gathers pieces into parts, and hashes of parts into windows. */
class Parts {
  readonly #sink: PartSink
  #part = new Uint8Array(FULL_PART_SIZE)
  #spare = new Uint8Array(FULL_PART_SIZE)
  #pieces: Uint8Array[]
  #length = HEADER_SIZE
  #count = 0
  #hashes: Uint8Array[] = []
  readonly #windows: Uint8Array[] = []
  #firstPart: Uint8Array[] = []
  #firstHashes: Uint8Array[] = []
  #writing: Promise<void> = Promise.resolve()

  constructor(sink: PartSink) {
    this.#sink = sink
    this.#pieces = [this.#part.subarray(0, HEADER_SIZE)]
  }

  /** Room for the next piece. */
  piece(length: number): Uint8Array {
    const piece = this.#part.subarray(this.#length, this.#length + length)
    this.#length += length
    this.#pieces.push(piece)
    return piece
  }

  /** The piece has been filled. */
  async filled(): Promise<void> {
    if (this.#pieces.length === PART_PIECES) await this.#endPart()
  }

  async end(): Promise<Pick<HeadlessEnvelope, 'withHeader'>> {
    if (this.#pieces.length > 0) await this.#endPart()
    await this.#endWindow()
    await this.#writing
    const [firstPart, firstHashes, windows] = [this.#firstPart, this.#firstHashes, this.#windows]
    return {
      withHeader(header) {
        const pieces = [header, ...firstPart.slice(1)]
        const hashes = [hashOfPieces(pieces), ...firstHashes.slice(1)]
        return {
          root: rootOf([rootOf(hashes), ...windows.slice(1)]),
          firstPart: joined(pieces),
          firstHashes: joined(hashes)
        }
      }
    }
  }

  async #endPart(): Promise<void> {
    const index = this.#count++
    this.#hashes.push(hashOfPieces(this.#pieces))
    if (index === 0) {
      this.#firstPart = this.#pieces
      this.#part = new Uint8Array(FULL_PART_SIZE)
    } else {
      await this.#write(index, this.#part.subarray(0, this.#length))
      // The one before has been written by now.
      const written = this.#spare
      this.#spare = this.#part
      this.#part = written
    }
    this.#pieces = []
    this.#length = 0
    if (this.#hashes.length === WINDOW_PARTS) await this.#endWindow()
  }

  /** One part is written while the next one is sealed. */
  async #write(index: number, bytes: Uint8Array): Promise<void> {
    await this.#writing
    this.#writing = this.#sink.writePart(index, bytes)
    // Whoever awaits it next sees the failure.
    this.#writing.catch(() => undefined)
  }

  async #endWindow(): Promise<void> {
    if (this.#hashes.length === 0) return
    const index = this.#windows.length
    this.#windows.push(rootOf(this.#hashes))
    if (index === 0) this.#firstHashes = this.#hashes
    else await this.#sink.writeHashes(index, joined(this.#hashes))
    this.#hashes = []
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let start = 0
  for (const piece of pieces) {
    whole.set(piece, start)
    start += piece.length
  }
  return whole
}
