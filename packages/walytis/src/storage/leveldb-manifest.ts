import { readLog } from './leveldb-log.ts'

/* Which files a LevelDB manifest says there are. Source: google/leveldb, db/version_edit.cc. */

/** The files of a database, by their numbers. */
export interface ManifestContents {
  /** The oldest log that is replayed when it is opened; 0 before there was one. */
  readonly log: number
  /** Tables, with their sizes in bytes. */
  readonly tables: ReadonlyMap<number, number>
}

/** What the edits in a manifest come to, or undefined when they can't be read. */
export function readManifest(file: Uint8Array): ManifestContents | undefined {
  const { records, damagedAt } = readLog(file)
  if (damagedAt !== undefined || records.length === 0) return undefined
  const tables = new Map<number, number>()
  let log = 0
  for (const record of records) {
    const edit = new Fields(record)
    while (!edit.done) {
      const tag = edit.number()
      if (tag === 1) edit.skipBytes()
      else if (tag === 2) log = edit.number()
      else if (tag === 3 || tag === 4 || tag === 9) edit.number()
      else if (tag === 5) {
        edit.number()
        edit.skipBytes()
      } else if (tag === 6) {
        edit.number()
        tables.delete(edit.number())
      } else if (tag === 7) {
        edit.number()
        tables.set(edit.number(), edit.number())
        edit.skipBytes()
        edit.skipBytes()
      } else return undefined
    }
    if (edit.overrun) return undefined
  }
  return { log, tables }
}

/** Numbers of seven bits a byte, and bytes with their length before them. Past the end everything is 0, and `overrun` says so. */
class Fields {
  overrun = false
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.byteLength
  }

  number(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined || shift > 63) {
        this.overrun = true
        return 0
      }
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }

  skipBytes(): void {
    const length = this.number()
    this.#at += length
    if (this.#at > this.#bytes.byteLength) this.overrun = true
  }
}
