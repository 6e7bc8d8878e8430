import type { AbortOptions } from '@libp2p/interface'
import { CHUNK_SIZE } from './constants.ts'
import { type EnvelopeKeys, PieceOpener } from './envelope/piece-opener.ts'
import { FULL_PART_SIZE, partSize, placeOfByte, splitPart } from './envelope/shape.ts'
import { StoreCorruptError } from './errors.ts'
import type { LargeStore } from './store/large-store.ts'

/** Which bytes of a content. */
export interface ByteRange {
  /** The first byte. Default 0. */
  readonly offset?: number | undefined
  /** How many bytes at most. Default: all that follow. */
  readonly length?: number | undefined
}

/** Resolves once a part of an envelope is on the disk, with the number of its file. */
export type WhenHere = (part: number) => Promise<number>

/**
 * The bytes of a range of a large content, chunk by chunk, in constant memory. Only the parts that hold them are read, and waited for.
 *
 * @throws {StoreCorruptError} when what lies on the disk is not what was checked when it came
 */
export async function* readLarge(
  large: LargeStore,
  keys: EnvelopeKeys,
  whenHere: WhenHere,
  { offset = 0, length = Number.POSITIVE_INFINITY, signal }: ByteRange & AbortOptions = {}
): AsyncGenerator<Uint8Array> {
  const end = Math.min(keys.details.size, offset + length)
  const opener = new PieceOpener(keys)
  let open: { readonly part: number; readonly pieces: Uint8Array[] } | undefined
  // One part at a time is looked at, and what is given out is no view of it.
  const memory = new Uint8Array(FULL_PART_SIZE)
  const number = await whenHere(0)
  const file = await large.acquire(number)
  const piecesOf = async (part: number): Promise<Uint8Array[]> => {
    if (open?.part === part) return open.pieces
    await whenHere(part)
    const bytes = await file.readPart(part, partSize(opener.shape, part), memory)
    const pieces = bytes === undefined ? undefined : splitPart(opener.shape, part, bytes)
    if (pieces === undefined) throw damaged()
    open = { part, pieces }
    return pieces
  }
  try {
    const [header] = await piecesOf(0)
    if (header === undefined || opener.openHeader(header) !== undefined) throw damaged()
    for (let at = offset; at < end; ) {
      signal?.throwIfAborted()
      const { chunk, part, piece } = placeOfByte(at)
      const sealed = (await piecesOf(part))[piece]
      const opened = sealed === undefined ? undefined : opener.openChunk(chunk, sealed)
      if (opened?.ok !== true) throw damaged()
      const start = chunk * CHUNK_SIZE
      const bytes = opened.content.subarray(at - start, end - start)
      yield bytes
      at += bytes.length
    }
  } finally {
    await large.release(number)
  }
}

function damaged(): StoreCorruptError {
  return new StoreCorruptError('A stored content has changed since it was checked')
}
