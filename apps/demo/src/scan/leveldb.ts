/*
 * What the files of a LevelDB hold, without opening it: also what was overwritten or deleted but not yet compacted away, which no
 * reading through the database shows. Source: google/leveldb, doc/log_format.md and doc/table_format.md.
 */
import { ScanError } from '../errors.ts'
import { decompressSnappy, readVarint } from './snappy.ts'

const LOG_BLOCK = 32 * 1024
const LOG_HEADER = 7
const TABLE_FOOTER = 48
const BLOCK_TRAILER = 5
const TABLE_MAGIC = 0xdb4775248b80fb57n

/** The payloads of a write-ahead log or manifest, put together: records are cut where blocks of 32 KiB end. */
export function decodeLog(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const pieces: Uint8Array[] = []
  let at = 0
  while (at + LOG_HEADER <= file.byteLength) {
    const left = LOG_BLOCK - (at % LOG_BLOCK)
    if (left < LOG_HEADER) {
      at += left
      continue
    }
    const length = view.getUint16(at + 4, true)
    const kind = file[at + 6] ?? 0
    if (kind > 4 || length > left - LOG_HEADER) throw new ScanError('a log of LevelDB has a damaged record')
    // The end of a log whose process was killed may be cut: what is there is taken.
    pieces.push(file.subarray(at + LOG_HEADER, at + LOG_HEADER + length))
    at += LOG_HEADER + length
  }
  return concatenate(pieces)
}

/** All keys and values of a table, each key followed by its value, decompressed and with keys' shared beginnings filled in. */
export function decodeTable(file: Uint8Array): Uint8Array {
  const footer = file.byteLength - TABLE_FOOTER
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (footer < 0 || view.getBigUint64(file.byteLength - 8, true) !== TABLE_MAGIC) {
    throw new ScanError('a table of LevelDB is cut')
  }
  const meta = readHandle(file, footer)
  const index = readHandle(file, meta.next)
  const pieces: Uint8Array[] = []
  for (const handle of entriesOf(readBlock(file, meta))) pieces.push(readBlock(file, readHandle(handle.value, 0)))
  for (const { key, value } of entriesOf(readBlock(file, index))) {
    pieces.push(key)
    for (const entry of entriesOf(readBlock(file, readHandle(value, 0)))) pieces.push(entry.key, entry.value)
  }
  return concatenate(pieces)
}

interface Handle {
  readonly offset: number
  readonly size: number
  readonly next: number
}

function readHandle(bytes: Uint8Array, at: number): Handle {
  const offset = readVarint(bytes, at)
  const size = readVarint(bytes, offset.next)
  return { offset: offset.value, size: size.value, next: size.next }
}

function readBlock(file: Uint8Array, { offset, size }: Handle): Uint8Array {
  if (offset + size + BLOCK_TRAILER > file.byteLength) throw new ScanError('a block of a table of LevelDB is cut')
  const bytes = file.subarray(offset, offset + size)
  const compression = file[offset + size]
  if (compression === 0) return bytes
  if (compression === 1) return decompressSnappy(bytes)
  throw new ScanError(`a table of LevelDB is compressed by an unknown method, ${compression}`)
}

function* entriesOf(block: Uint8Array): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }> {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const restarts = view.getUint32(block.byteLength - 4, true)
  const end = block.byteLength - 4 - 4 * restarts
  let key = new Uint8Array()
  let at = 0
  while (at < end) {
    const shared = readVarint(block, at)
    const own = readVarint(block, shared.next)
    const length = readVarint(block, own.next)
    const keyEnd = length.next + own.value
    key = concatenate([key.subarray(0, shared.value), block.subarray(length.next, keyEnd)])
    at = keyEnd + length.value
    yield { key, value: block.subarray(keyEnd, at) }
  }
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.byteLength
  }
  return all
}
