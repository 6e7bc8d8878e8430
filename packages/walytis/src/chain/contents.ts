import { CustomProgressEvent } from 'progress-events'
import { raceSignal } from 'race-signal'
import { contentIdOf } from '../block/id.ts'
import { copyBytes } from '../bytes.ts'
import { MAX_CONTENT_BYTES, MAX_FILE_BYTES, MAX_WHOLE_CONTENT_BYTES } from '../constants.ts'
import type { FileRow } from '../content/file-row.ts'
import { bytesBefore, positionOf, shapeOf } from '../content/shape.ts'
import { DamagedRecordError, InvalidContentError, LimitExceededError } from '../errors.ts'
import type { ContentOptions } from '../interface/index.ts'
import type { FetchOptions, FileReference } from '../replica.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import type { StoredBlock } from '../storage/stored-block.ts'
import type { Chain } from './chain.ts'

/** Asks peers for the larger content of a block until it is whole here. */
export type FetchContent = (block: StoredBlock, options: FetchOptions) => Promise<void>

/** Gives out the contents of a chain's blocks; larger ones are fetched when they are not here. */
export class Contents {
  readonly #chain: Chain
  readonly #fetch: FetchContent

  constructor(chain: Chain, fetch: FetchContent) {
    this.#chain = chain
    this.#fetch = fetch
  }

  /**
   * The whole content.
   *
   * @throws {LimitExceededError} more than 1 GiB: read it by the stream
   * @throws {DamagedRecordError} the disk has changed it; it is fetched again when it is asked for again
   * @throws {InvalidContentError} nobody can have it
   */
  async read(stored: StoredBlock, options: ContentOptions = {}): Promise<Uint8Array> {
    options.signal?.throwIfAborted()
    const { size } = stored.block
    if (size <= MAX_CONTENT_BYTES)
      return await raceSignal(readContent(this.#chain.components.store, stored), options.signal)
    if (size > MAX_WHOLE_CONTENT_BYTES) throw new LimitExceededError('bytes of content', MAX_WHOLE_CONTENT_BYTES, size)
    await this.#obtain(stored, options)
    // memory for all of it is taken once all of it is here
    const content = new Uint8Array(size)
    let offset = 0
    for await (const piece of this.stream(stored, options)) {
      content.set(piece, offset)
      offset += piece.length
    }
    return content
  }

  /** The content piece by piece, each as soon as it is here. */
  async *stream(stored: StoredBlock, options: ContentOptions = {}): AsyncGenerator<Uint8Array> {
    const { size } = stored.block
    if (size > MAX_CONTENT_BYTES) yield* this.#leaves(stored, options)
    else yield await this.read(stored, options)
  }

  async *#leaves(stored: StoredBlock, options: ContentOptions): AsyncGenerator<Uint8Array> {
    const { files } = this.#chain
    const reference = referenceOf(stored)
    const shape = shapeOf(reference.size)
    const ending = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, ending.signal]) : ending.signal
    let obtaining: Promise<void> | undefined
    let file: FileRow | undefined
    try {
      for (let index = 0; index < (shape.counts[0] ?? 0); index++) {
        const place = { level: 0, index }
        const position = positionOf(shape, place)
        if (!isThere(file, position)) file = await raceSignal(files.find(reference), signal)
        if (!isThere(file, position)) {
          if (obtaining === undefined) {
            obtaining = this.#obtain(stored, { ...options, signal })
            // it may fail while the reader is busy, and is asked about when the reader comes back
            obtaining.catch(() => undefined)
          }
          file = await this.#until(reference, position, obtaining, signal)
        }
        const node = await raceSignal(files.node(reference, file, place), signal)
        if (node === undefined) throw this.#damaged(stored)
        // a store in memory hands out what it keeps
        yield copyBytes(node)
      }
      // the last node is here a moment before the content counts as here
      await obtaining
    } finally {
      ending.abort()
      // who stopped reading, or was told why, has no use for how fetching ended
      await obtaining?.catch(() => undefined)
    }
  }

  #damaged({ block }: StoredBlock): DamagedRecordError {
    return new DamagedRecordError(this.#chain.components.id.toString(), 'content', block.id.toString())
  }

  /** Resolves with the file once a node of it is here. */
  async #until(
    reference: FileReference,
    position: number,
    obtaining: Promise<void>,
    signal: AbortSignal
  ): Promise<FileRow> {
    const { files } = this.#chain
    for (;;) {
      const changed = Promise.withResolvers<void>()
      const stop = files.watch(reference, changed.resolve)
      try {
        const file = await raceSignal(files.find(reference), signal)
        if (isThere(file, position)) return file
        await Promise.race([changed.promise, obtaining])
      } finally {
        stop()
      }
    }
  }

  /** Resolves once the content is whole here. */
  async #obtain(stored: StoredBlock, options: ContentOptions): Promise<void> {
    const { files } = this.#chain
    const reference = referenceOf(stored)
    const { size: expected } = reference
    const report = async (): Promise<void> => {
      const file = await files.find(reference)
      const received = bytesBefore(shapeOf(expected), file?.stored ?? 0)
      options.onProgress?.(new CustomProgressEvent('walytis:content:bytes', { received, expected }))
    }
    if ((await raceSignal(files.find(reference), options.signal))?.state === 'whole') return
    const stop = files.watch(reference, () => void report().catch(this.#chain.components.report))
    try {
      await this.#fetch(stored, options)
    } finally {
      stop()
    }
  }
}

/**
 * Content that came with its block.
 *
 * @throws {StoreCorruptError} when it is lost
 */
export async function readContent(store: ChainStore, { block, arrival }: StoredBlock): Promise<Uint8Array> {
  if (block.size === 0) return new Uint8Array()
  const content = await store.content(arrival)
  if (content === undefined || !contentIdOf(content).equals(block.content))
    throw store.damagedRecord(block.id, 'content')
  // a store in memory hands out what it keeps
  return copyBytes(content)
}

/** @throws {InvalidContentError} when no file has that size */
function referenceOf({ block }: StoredBlock): FileReference {
  if (block.size > MAX_FILE_BYTES) throw new InvalidContentError(block.content.toString())
  return { root: block.content, size: block.size }
}

function isThere(file: FileRow | undefined, position: number): file is FileRow {
  return file !== undefined && (file.state === 'whole' || (file.state === 'partial' && file.stored > position))
}
