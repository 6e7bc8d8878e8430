/**
 * How the envelope of a large content is divided (docs/protocol.md §3): _pieces_ (the header and the sealed chunks) are the leaves of the hash
 * tree; 4 of them make a _part_, which is read, sent and written at once; 32 parts make a _window_, which is asked for and resumed at once. Parts
 * and windows are nodes of the tree, because 4 and 32 are powers of two.
 */
import { CHUNK_SIZE, MAX_INLINE_SIZE, SEALED_CHUNK_SIZE, TAG_SIZE } from '../constants.ts'
import { chunkCount } from '../reference/size-class.ts'
import { leafHash, rootOf } from './hash-tree.ts'
import { HEADER_SIZE } from './header.ts'

/** Pieces of a part: 256 KiB of content. */
export const PART_PIECES = 4
/** Parts of a window: 8 MiB of content. */
export const WINDOW_PARTS = 32
/** Bytes of a part that is full; the first one is shorter, for its header is smaller than a chunk. */
export const FULL_PART_SIZE = PART_PIECES * SEALED_CHUNK_SIZE
export const HASH_SIZE = 32

/** What follows from a size class. */
export interface EnvelopeShape {
  readonly sizeClass: number
  readonly chunks: number
  /** The header and the chunks. */
  readonly pieces: number
  readonly parts: number
  readonly windows: number
}

/** Whether contents of a size class are kept in files of their own and asked for by windows. */
export function isLarge({ sizeClass }: { readonly sizeClass: number }): boolean {
  return sizeClass > MAX_INLINE_SIZE
}

export function shapeOf(sizeClass: number): EnvelopeShape {
  const chunks = chunkCount(sizeClass)
  const pieces = chunks + 1
  const parts = Math.ceil(pieces / PART_PIECES)
  return { sizeClass, chunks, pieces, parts, windows: Math.ceil(parts / WINDOW_PARTS) }
}

/** How many parts a window has. */
export function partsOf(shape: EnvelopeShape, window: number): number {
  return Math.min(WINDOW_PARTS, shape.parts - window * WINDOW_PARTS)
}

/** The lengths of the pieces of a part, in bytes. */
export function pieceSizes(shape: EnvelopeShape, part: number): number[] {
  const first = part * PART_PIECES
  const count = Math.min(PART_PIECES, shape.pieces - first)
  return Array.from({ length: count }, (_, index) => pieceSize(shape, first + index))
}

/** Bytes of a part. */
export function partSize(shape: EnvelopeShape, part: number): number {
  return pieceSizes(shape, part).reduce((sum, size) => sum + size, 0)
}

/** The pieces of a part, as views of it; undefined when it does not have the length that it must have. */
export function splitPart(shape: EnvelopeShape, part: number, bytes: Uint8Array): Uint8Array[] | undefined {
  if (bytes.length !== partSize(shape, part)) return undefined
  let start = 0
  return pieceSizes(shape, part).map((size) => {
    start += size
    return bytes.subarray(start - size, start)
  })
}

/** The node of the tree over the pieces of one part. */
export function hashOfPieces(pieces: readonly Uint8Array[]): Uint8Array {
  return rootOf(pieces.map(leafHash))
}

/** Hashes that lie one after the other, each 32 bytes. */
export function splitHashes(hashes: Uint8Array): Uint8Array[] {
  return Array.from({ length: hashes.length / HASH_SIZE }, (_, index) =>
    hashes.subarray(index * HASH_SIZE, (index + 1) * HASH_SIZE)
  )
}

/** Which chunk holds the byte at `offset` of the content, in which part and piece that lies. */
export function placeOfByte(offset: number): { readonly chunk: number; readonly part: number; readonly piece: number } {
  const chunk = Math.floor(offset / CHUNK_SIZE)
  return { chunk, part: Math.floor((chunk + 1) / PART_PIECES), piece: (chunk + 1) % PART_PIECES }
}

function pieceSize(shape: EnvelopeShape, piece: number): number {
  if (piece === 0) return HEADER_SIZE
  if (piece < shape.chunks) return SEALED_CHUNK_SIZE
  return shape.sizeClass - (shape.chunks - 1) * CHUNK_SIZE + TAG_SIZE
}
