import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { Uint8ArrayList } from 'uint8arraylist'
import { concat } from 'uint8arrays/concat'
import { bound, domains } from './domains.ts'
import { decodeCanonical, encodeCanonical, isBytes, isMapOf, isRefused } from './encoding/canonical.ts'
import { BackupCorruptError } from './errors.ts'
import { primitives } from './keys/backend.ts'

/**
 * The chunks of an exported key store, after its header. Each is sealed under the backup's key with its number as nonce and the header's hash as
 * associated data, and says whether it is the last: one that was changed, left out, moved, cut off or added does not open.
 */

/** One record of a key store. */
export interface BackupRecord {
  readonly name: string
  readonly value: Uint8Array
}

/** What one chunk says. */
export interface BackupChunk {
  readonly records: readonly BackupRecord[]
  readonly last: boolean
}

/** Bytes of one chunk on the outside. */
const CHUNK_LIMIT = 2 * 1024 * 1024
/** Bytes of names and values that are gathered into one chunk. */
export const CHUNK_TARGET = 64 * 1024

/** Seals or opens the chunks of one backup, in their order. */
export class ChunkCipher {
  readonly #key: Uint8Array
  readonly #header: Uint8Array
  #counter = 0n

  /** @param header the encoded header, as it stands in the backup */
  constructor(backupKey: Uint8Array, header: Uint8Array) {
    this.#key = hkdf(sha256, backupKey, undefined, bound(domains.backup, ['chunks']), 32)
    this.#header = sha256(header)
  }

  seal({ records, last }: BackupChunk): Uint8Array {
    const entries = records.map(({ name, value }) => [name, value])
    const plaintext = encodeCanonical({ v: 1, last, records: entries })
    return primitives.chacha20Poly1305.seal(this.#key, this.#nonce(), plaintext, this.#header)
  }

  /** @throws {BackupCorruptError} */
  open(sealed: Uint8Array): BackupChunk {
    const plaintext = primitives.chacha20Poly1305.open(this.#key, this.#nonce(), sealed, this.#header)
    if (plaintext === undefined) {
      throw new BackupCorruptError('a part of it was changed, moved or left out')
    }
    const decoded = decodeCanonical(plaintext, CHUNK_LIMIT)
    const chunk = isRefused(decoded) ? undefined : readChunk(decoded.value)
    if (chunk === undefined) {
      throw new BackupCorruptError('a part of it is not of this format')
    }
    return chunk
  }

  erase(): void {
    this.#key.fill(0)
  }

  #nonce(): Uint8Array {
    const nonce = new Uint8Array(12)
    new DataView(nonce.buffer).setBigUint64(4, this.#counter++, true)
    return nonce
  }
}

/** Four bytes of length (big-endian), then the bytes. */
export function framed(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, bytes.length)
  return concat([length, bytes])
}

/**
 * The frames in a stream of bytes, wherever it is cut.
 *
 * @throws {BackupCorruptError} when it ends within a frame, or one is longer than a chunk may be
 */
export async function* framesOf(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const held = new Uint8ArrayList()
  for await (const piece of source) {
    held.append(piece)
    for (let length = lengthOf(held); length !== undefined && held.length >= 4 + length; length = lengthOf(held)) {
      yield held.slice(4, 4 + length)
      held.consume(4 + length)
    }
  }
  if (held.length > 0) {
    throw new BackupCorruptError('it was cut off')
  }
}

function lengthOf(held: Uint8ArrayList): number | undefined {
  if (held.length < 4) {
    return undefined
  }
  const length = held.getUint32(0)
  if (length > CHUNK_LIMIT) {
    throw new BackupCorruptError('it is not a backup of a key store')
  }
  return length
}

function readChunk(value: unknown): BackupChunk | undefined {
  if (!isMapOf(value, ['v', 'last', 'records'])) {
    return undefined
  }
  const { v, last, records } = value
  if (v !== 1 || typeof last !== 'boolean' || !Array.isArray(records)) {
    return undefined
  }
  const read = records.map(readRecord)
  return read.every((record) => record !== undefined) ? { last, records: read } : undefined
}

function readRecord(value: unknown): BackupRecord | undefined {
  if (!Array.isArray(value) || value.length !== 2) {
    return undefined
  }
  const [name, bytes]: unknown[] = value
  return typeof name === 'string' && isBytes(bytes) ? { name, value: bytes } : undefined
}
