import type { AbortOptions } from '@libp2p/interface'
import type { BlockId } from 'walytis/interface'
import { ClosedError, ContentRefusedError, NotFoundError, StoreCorruptError } from './errors.ts'
import type { ContentAccess, OnChain } from './private-block.ts'
import { openEnvelope, type Reader } from './reader.ts'
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
   * @throws {ClosedError} when the chain is closed meanwhile
   */
  async load(block: OnChain, options?: AbortOptions): Promise<Uint8Array> {
    const { store, reader } = this.#components
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
