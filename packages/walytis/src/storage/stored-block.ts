import { decodeStoredBlock } from '../block/format.ts'
import { blockIdOf } from '../block/id.ts'
import type { BlockId, SignedBlock } from '../interface/index.ts'
import { concat, numberBytes, readNumber } from './indexes.ts'

/** An accepted block with what this node knows of it. */
export interface StoredBlock {
  readonly block: SignedBlock
  readonly annotation: Uint8Array
  /** Where the block stands in the change log, from 1; 0 for the genesis. */
  readonly arrival: number
  /** Taken out of effect by the policy. */
  readonly revoked: boolean
  /** To be replicated even when it is revoked. */
  readonly retained: boolean
  /** In effect or retained, or an ancestor of such a block. */
  readonly replicated: boolean
  /** Its content is larger than what travels with blocks, and not (whole) here. */
  readonly lacking: boolean
}

/** Bits of the first byte of a row, and of the rows of the canonical order. */
export const FLAG = { revoked: 1, retained: 2, replicated: 4, lacking: 8 } as const

const HEAD_BYTES = 1 + 8 + 4

export function flagsOf(stored: StoredBlock): number {
  return (
    (stored.revoked ? FLAG.revoked : 0) |
    (stored.retained ? FLAG.retained : 0) |
    (stored.replicated ? FLAG.replicated : 0) |
    (stored.lacking ? FLAG.lacking : 0)
  )
}

/** Row: flags (1 byte), arrival (8), length of the annotation (4), annotation, block. */
export function encodeStored(stored: StoredBlock): Uint8Array {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, stored.annotation.length)
  return concat(
    Uint8Array.of(flagsOf(stored)),
    numberBytes(stored.arrival),
    length,
    stored.annotation,
    stored.block.bytes
  )
}

/** What the flags of a row say. */
export function flagsIn(flags: number): Pick<StoredBlock, 'revoked' | 'retained' | 'replicated' | 'lacking'> {
  return {
    revoked: (flags & FLAG.revoked) !== 0,
    retained: (flags & FLAG.retained) !== 0,
    replicated: (flags & FLAG.replicated) !== 0,
    lacking: (flags & FLAG.lacking) !== 0
  }
}

/** The annotation in a row whose block has so many bytes; undefined when the row has not the length that follows from that. */
export function annotationIn(row: Uint8Array, blockBytes: number): Uint8Array | undefined {
  const length = row.length - HEAD_BYTES - blockBytes
  if (length < 0 || new DataView(row.buffer, row.byteOffset + 9, 4).getUint32(0) !== length) return undefined
  return plain(row.subarray(HEAD_BYTES, HEAD_BYTES + length))
}

/** @returns undefined when the row is damaged */
export function decodeStored(id: BlockId, row: Uint8Array): StoredBlock | undefined {
  if (row.length < HEAD_BYTES) return undefined
  const flags = row[0] ?? 0
  const annotationEnd = HEAD_BYTES + new DataView(row.buffer, row.byteOffset + 9, 4).getUint32(0)
  if (annotationEnd > row.length || !blockIdOf(row.subarray(annotationEnd)).equals(id)) return undefined
  // LevelDB hands out buffers of their own, so views into the row are safe to keep
  const block = decodeStoredBlock(id, plain(row.subarray(annotationEnd)))
  if (block === undefined) return undefined
  return {
    block,
    annotation: plain(row.subarray(HEAD_BYTES, annotationEnd)),
    arrival: readNumber(row, 1),
    ...flagsIn(flags)
  }
}

/** A `Uint8Array` proper, where the database gave a Node `Buffer`. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
