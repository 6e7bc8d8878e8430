import type { AbortOptions } from '@libp2p/interface'
import type { BlockId, ContentOptions } from 'walytis/interface'
import { MAX_WHOLE_SIZE } from './constants.ts'
import { isLarge } from './envelope/shape.ts'
import { ClosedError, ContentRefusedError, LimitExceededError, NotFoundError, StoreCorruptError } from './errors.ts'
import type { StreamOptions } from './interface.ts'
import type { ContentAccess, OnChain } from './private-block.ts'
import { openEnvelope, type Reader, type ReadReference } from './reader.ts'
import { stateOf } from './store/block-row.ts'
import type { ContentStore } from './store/content-store.ts'

export interface ContentsComponents {
  readonly store: ContentStore
  readonly reader: Reader
  /** Ask for a content until what is returned is called. */
  seek(id: BlockId): () => void
  /** A content that was removed is wanted again. Resolves once that is noted. */
  restore(id: BlockId): Promise<void>
  fetches(sizeClass: number): boolean
  /** The bytes of a content that is kept in a file, each as soon as it is here. */
  streamLarge(block: OnChain, read: ReadReference, options?: StreamOptions): AsyncIterable<Uint8Array>
}

/** Gives out contents: those that are here at once, the others when they come. Owns the list of who waits. */
export class Contents implements ContentAccess {
  readonly #components: ContentsComponents
  readonly #waiting = new Map<string, Set<() => void>>()
  #closed = false

  constructor(components: ContentsComponents) {
    this.#components = components
  }

  fetches(sizeClass: number): boolean {
    return this.#components.fetches(sizeClass)
  }

  /**
   * The opened content of a block; waits until it is here.
   *
   * @throws {ContentRefusedError} when it, or its reference, is not what it promises
   * @throws {LimitExceededError} when it is too large for the memory
   * @throws {ClosedError} when the chain is closed meanwhile
   */
  async load(block: OnChain, options?: ContentOptions): Promise<Uint8Array> {
    const { store, reader } = this.#components
    const large = this.#large(block)
    if (large !== undefined) return await this.#loadLarge(block, large, options)
    for (;;) {
      await this.whenHere(block.id, options)
      const row = await store.row(block.id)
      const envelope = row === undefined ? undefined : await store.envelope(row)
      const result = reader.read(block)
      if (envelope === undefined && (await this.#isRemoved(block.id))) continue
      if (envelope === undefined || result.state !== 'read') {
        throw new StoreCorruptError('A content that was stored can not be read')
      }
      const opened = openEnvelope(envelope, result.read)
      if (!opened.ok) throw new StoreCorruptError(`A stored content has changed since it was checked: ${opened.rule}`)
      return opened.content
    }
  }

  /** Resolves once the content of a block is here and opens. @throws {ContentRefusedError} @throws {ClosedError} */
  async whenHere(id: BlockId, options?: AbortOptions): Promise<void> {
    const { store, seek, restore } = this.#components
    let leave: (() => void) | undefined
    try {
      for (;;) {
        options?.signal?.throwIfAborted()
        if (this.#closed) throw new ClosedError()
        // Waiting begins before looking, so that nothing is missed in between.
        const wait = this.#wait(id, options?.signal)
        try {
          const row = await store.row(id)
          if (row === undefined) throw new NotFoundError(id.toString())
          const state = stateOf(row)
          if (state === 'refused') throw new ContentRefusedError(id, row.refused)
          if (state === 'present') return
          if (row.wish === 'removed') await restore(id)
          else if (state === 'absent') leave ??= seek(id)
          await wait.turned
        } finally {
          wait.stop()
        }
      }
    } finally {
      leave?.()
    }
  }

  /** The content of a block, or a range of it, piece by piece; each piece as soon as it is here. */
  async *stream(block: OnChain, options: StreamOptions = {}): AsyncGenerator<Uint8Array> {
    const large = this.#large(block)
    if (large !== undefined) {
      yield* this.#components.streamLarge(block, large, options)
      return
    }
    const { offset = 0, length = Number.POSITIVE_INFINITY } = options
    const content = (await this.load(block, options)).subarray(offset, offset + length)
    if (content.length > 0) yield content
  }

  /**
   * The number of the envelope of a block; 0 while it isn't here. One that was removed is wanted again from then on.
   *
   * @throws {ContentRefusedError} @throws {ClosedError} @throws {NotFoundError}
   */
  async numberOf(id: BlockId): Promise<number> {
    const { store, restore } = this.#components
    if (this.#closed) throw new ClosedError()
    const row = await store.row(id)
    if (row === undefined) throw new NotFoundError(id.toString())
    if (stateOf(row) === 'refused') throw new ContentRefusedError(id, row.refused)
    if (row.wish === 'removed') await restore(id)
    return row.envelope
  }

  /** Whether a content that was just here is so no more. */
  async #isRemoved(id: BlockId): Promise<boolean> {
    const row = await this.#components.store.row(id)
    return row !== undefined && stateOf(row) !== 'present'
  }

  /** Something about a block has changed: who waits for it looks again. */
  turned(id: BlockId): void {
    for (const wake of this.#waiting.get(id.toString()) ?? []) wake()
  }

  close(): void {
    this.#closed = true
    for (const waiters of this.#waiting.values()) for (const wake of waiters) wake()
  }

  #large(block: OnChain): ReadReference | undefined {
    const result = this.#components.reader.read(block)
    return result.state === 'read' && isLarge(result.read.reference) ? result.read : undefined
  }

  async #loadLarge(block: OnChain, read: ReadReference, options?: ContentOptions): Promise<Uint8Array> {
    const { size } = read.details
    if (size > MAX_WHOLE_SIZE) throw new LimitExceededError('content bytes', MAX_WHOLE_SIZE, size)
    const whole = new Uint8Array(size)
    let length = 0
    for await (const piece of this.#components.streamLarge(block, read, options)) {
      whole.set(piece, length)
      length += piece.length
    }
    return whole
  }

  #wait(id: BlockId, signal: AbortSignal | undefined): { readonly turned: Promise<void>; stop(): void } {
    const key = id.toString()
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiters = this.#waiting.get(key) ?? new Set()
    this.#waiting.set(key, waiters.add(resolve))
    const aborted = (): void => resolve()
    signal?.addEventListener('abort', aborted, { once: true })
    return {
      turned: promise,
      stop: () => {
        signal?.removeEventListener('abort', aborted)
        waiters.delete(resolve)
        if (waiters.size === 0) this.#waiting.delete(key)
      }
    }
  }
}
