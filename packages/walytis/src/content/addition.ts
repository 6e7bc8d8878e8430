import { importFile } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'
import type { CID } from 'multiformats/cid'
import { isLeafContentId } from '../block/id.ts'
import { copyBytes } from '../bytes.ts'
import { FILE_BATCH_BYTES, FILE_FANOUT, FILE_LEAF_BYTES, MAX_FILE_BYTES } from '../constants.ts'
import { LimitExceededError } from '../errors.ts'
import type { FileReference } from '../replica.ts'
import { concat } from '../storage/indexes.ts'
import type { Files, PlacedNode } from './files.ts'
import type { NodePlace } from './shape.ts'

/** A larger content on the disk that belongs to no block yet. */
export interface AddedFile {
  readonly reference: FileReference
  readonly number: number
}

/** How the importer builds the one tree that a content has (docs/protocol.md, "Larger content"). */
const LAYOUT = {
  rawLeaves: true,
  cidVersion: 1,
  reduceSingleLeafToSelf: true,
  wrapWithDirectory: false,
  // one after the other: the nodes come in the order of the bytes, and memory holds one of them
  blockWriteConcurrency: 1,
  fileImportConcurrency: 1,
  chunker: fixedSize({ chunkSize: FILE_LEAF_BYTES }),
  layout: balanced({ maxChildrenPerNode: FILE_FANOUT })
} as const

/**
 * Write a content of more than 256 KiB as a UnixFS file, as it comes, in constant memory. What was written is cleared away when
 * the source fails or the signal comes, and by the next start when the process dies.
 *
 * @param progress told of the bytes taken so far
 * @throws {LimitExceededError} more than 256 GiB
 */
export async function addFile(
  files: Files,
  source: AsyncIterable<Uint8Array>,
  progress: (bytes: number) => void,
  signal?: AbortSignal
): Promise<AddedFile> {
  const sink = new NodeSink(files)
  let size = 0
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      size += piece.length
      if (size > MAX_FILE_BYTES) throw new LimitExceededError('bytes of content', MAX_FILE_BYTES, size)
      // a copy: the caller may reuse its buffer once it is asked for the next piece
      yield copyBytes(piece)
      progress(size)
    }
  }
  try {
    const { cid: root } = await importFile({ content: pieces() }, sink, LAYOUT)
    await sink.flush()
    signal?.throwIfAborted()
    return { reference: { root, size }, number: sink.number }
  } catch (error) {
    await sink.abandon()
    throw error
  }
}

/** Where the importer puts its nodes: finds the place of each by the order in which they come, and writes several at once. */
class NodeSink {
  readonly number: number
  readonly #files: Files
  readonly #waiting: PlacedNode[] = []
  #bytes = 0
  #leaves = 0
  #inner = 0
  #isMarked = false

  constructor(files: Files) {
    this.#files = files
    this.number = files.allot()
  }

  async put(cid: CID, value: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<CID> {
    const bytes = value instanceof Uint8Array ? value : await joined(value)
    this.#waiting.push({ place: this.#placeOf(cid), bytes })
    this.#bytes += bytes.length
    if (this.#bytes >= FILE_BATCH_BYTES) await this.flush()
    return cid
  }

  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return
    const writes = this.#files.rowsOf(this.number, this.#waiting.splice(0))
    this.#bytes = 0
    // the mark goes with the first nodes, so that none is ever without it
    if (!this.#isMarked) writes.push(this.#files.unfinished(this.number, true))
    this.#isMarked = true
    await this.#files.write(writes)
  }

  /** Clear away what was written. Where that fails too, the mark stays, and the next start does it. */
  async abandon(): Promise<void> {
    this.#waiting.length = 0
    if (!this.#isMarked) return
    try {
      await this.#files.discard(this.number)
    } catch {
      // why the content could not be written matters more
    }
  }

  /** Inner nodes come after what they link to, and all of the first level before the root above them. */
  #placeOf(cid: CID): NodePlace {
    if (isLeafContentId(cid)) return { level: 0, index: this.#leaves++ }
    const index = this.#inner++
    const first = Math.ceil(this.#leaves / FILE_FANOUT)
    return index < first ? { level: 1, index } : { level: 2, index: index - first }
  }
}

async function joined(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(piece)
  return concat(...parts)
}
