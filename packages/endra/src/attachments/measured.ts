/**
 * What is learned of an attachment while it runs through: nothing of it is read twice.
 */
import type { AbortOptions } from '@libp2p/interface'
import { sha256 } from '@noble/hashes/sha2.js'
import { raceSignal } from 'race-signal'
import type { NewAttachment } from '../interface/index.ts'

/** Bytes in one piece of what was given as a whole. */
const PIECE_SIZE = 256 * 1024

/** Counts and hashes bytes on their way. */
export class Measured {
  readonly #hash = sha256.create()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** SHA-256. Nothing can be taken in after it was asked for. */
  digest(): Uint8Array {
    return this.#hash.digest()
  }

  take(piece: Uint8Array): void {
    this.#hash.update(piece)
    this.#size += piece.byteLength
  }

  /** The pieces of a source. A source that is silent does not hold up whoever ends it by the signal. */
  async *through(
    source: NewAttachment['source'],
    onBytes: (bytes: number) => void,
    { signal }: AbortOptions = {}
  ): AsyncGenerator<Uint8Array> {
    const pieces = piecesOf(source)
    try {
      for (;;) {
        const { done, value } = await raceSignal(pieces.next(), signal)
        if (done) return
        this.take(value)
        yield value
        // Whoever takes the next piece is done with this one.
        onBytes(this.#size)
      }
    } finally {
      // Whoever took them may have had enough. Not waited for: it ends when the source does, which may be silent.
      pieces.return(undefined).catch(() => undefined)
    }
  }
}

async function* piecesOf(source: NewAttachment['source']): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    for (let at = 0; at < source.byteLength; at += PIECE_SIZE) yield source.subarray(at, at + PIECE_SIZE)
  } else if (Symbol.asyncIterator in source) {
    yield* source
  } else {
    yield* read((source as Pick<ReadableStream<Uint8Array>, 'getReader'>).getReader())
  }
}

/** Not every browser's streams can be iterated. */
async function* read(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}
