/** The seam between large envelopes and where they lie: flat files in Node, rows of the database elsewhere. */

/** The envelopes of one chain, by number. */
export interface ContentFiles {
  /** Open one that is there, or begin it. */
  open(number: number): Promise<ContentFile>
  /** Destroy one: its wrapped key first, so that the rest is unreadable whatever remains on the disk. One that isn't there is no error. */
  remove(number: number): Promise<void>
  /** Numbers of all that are there. */
  list(): Promise<number[]>
}

/** One large envelope. Parts and hashes are written in any order, and read by whoever knows that they were. */
export interface ContentFile {
  writePart(index: number, bytes: Uint8Array): Promise<void>
  /**
   * Undefined when it isn't there.
   *
   * @param target memory of at least `length` bytes that may be used for it
   */
  readPart(index: number, length: number, target?: Uint8Array): Promise<Uint8Array | undefined>
  writeHashes(window: number, hashes: Uint8Array): Promise<void>
  readHashes(window: number, length: number): Promise<Uint8Array | undefined>
  /** Resolves once all that was written before outlives a loss of power. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** Where in a flat file things lie, in bytes: each window has a slot for its hashes and slots for its parts. */
export interface FileLayout {
  readonly partSlot: number
  readonly hashSlot: number
  readonly windowParts: number
  /** Bytes at the beginning of the first part without which nothing opens. */
  readonly headerSize: number
}
