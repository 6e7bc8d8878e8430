import { crc32c } from '@aws-crypto/crc32c'

/*
 * The records of LevelDB's logs and manifests, without opening the database, which passes over damaged ones in silence.
 * Source: google/leveldb, doc/log_format.md.
 */

const BLOCK = 32 * 1024
const HEADER = 7
const [FULL, FIRST, LAST] = [1, 2, 4]
/** A batch begins with its sequence number (8 bytes) and how many operations it has (4). */
const BATCH_HEADER = 12

/** What a log holds. */
export interface LogContents {
  /** The whole records before the first that is not sound. */
  readonly records: Uint8Array[]
  /** Where the first record begins that is not sound although later ones are: not what a crash leaves. */
  readonly damagedAt?: number | undefined
}

interface Record {
  readonly type: number
  readonly payload: Uint8Array
  readonly end: number
}

/**
 * Read a log. What is broken or cut at its end is what a crash or a loss of power leaves, and is no damage; what is followed by sound records is.
 *
 * @param file the whole file
 */
export function readLog(file: Uint8Array): LogContents {
  const records: Uint8Array[] = []
  let pieces: Uint8Array[] | undefined
  let sequence = 0n
  let at = 0
  while (at < file.byteLength) {
    const left = BLOCK - (at % BLOCK)
    if (left < HEADER) {
      at += left
      continue
    }
    const record = recordAt(file, at)
    const begins = record?.type === FULL || record?.type === FIRST
    if (record === undefined || begins !== (pieces === undefined)) {
      const found = record !== undefined || isFollowed(file, at, sequence)
      return found ? { records, damagedAt: at } : { records }
    }
    if (begins) sequence = lastSequence(record.payload) ?? sequence
    pieces = [...(pieces ?? []), record.payload]
    if (record.type === FULL || record.type === LAST) {
      records.push(concatenate(pieces))
      pieces = undefined
    }
    at = record.end
  }
  return { records }
}

/** The sound record that begins there, if one does. */
function recordAt(file: Uint8Array, at: number): Record | undefined {
  const blockEnd = at - (at % BLOCK) + BLOCK
  if (at + HEADER > Math.min(blockEnd, file.byteLength)) return undefined
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const type = view.getUint8(at + 6)
  const end = at + HEADER + view.getUint16(at + 4, true)
  if (type < FULL || type > LAST || end > Math.min(blockEnd, file.byteLength)) return undefined
  if (maskedChecksum(file.subarray(at + 6, end)) !== view.getUint32(at, true)) return undefined
  return { type, payload: file.subarray(at + HEADER, end), end }
}

/** A checksum as LevelDB stores it. */
function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c(bytes)
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0
}

/**
 * Whether sound records come after a broken one. The length of that one may be what is broken, so every place is tried. Inside a block only a
 * record that goes on from the sequence numbers before counts: the content of a record cut in two may look like a record, for a peer chose it.
 */
function isFollowed(file: Uint8Array, broken: number, sequence: bigint): boolean {
  for (let at = broken + 1; at + HEADER <= file.byteLength; at++) {
    const record = recordAt(file, at)
    if (record === undefined) continue
    if (at % BLOCK === 0) return true
    if (record.type !== FULL && record.type !== FIRST) continue
    const first = firstSequence(record.payload)
    // An operation takes more than one byte, so no more of them were in between.
    if (first !== undefined && first > sequence && (sequence === 0n || first - sequence <= BigInt(at - broken))) {
      return true
    }
  }
  return false
}

function firstSequence(batch: Uint8Array): bigint | undefined {
  if (batch.byteLength < BATCH_HEADER) return undefined
  return new DataView(batch.buffer, batch.byteOffset).getBigUint64(0, true)
}

function lastSequence(batch: Uint8Array): bigint | undefined {
  const first = firstSequence(batch)
  if (first === undefined) return undefined
  const count = new DataView(batch.buffer, batch.byteOffset).getUint32(8, true)
  return first + BigInt(count) - 1n
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces
  if (only !== undefined && pieces.length === 1) return only
  const all = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.byteLength
  }
  return all
}
