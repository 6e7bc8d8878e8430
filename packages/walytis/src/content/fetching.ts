import type { AbortOptions, PeerId } from '@libp2p/interface'
import { ClosedError, InvalidContentError, UnreachableError } from '../errors.ts'
import type { ExchangedFiles, FetchOptions, FileReference } from '../replica.ts'
import type { Timers } from '../timers.ts'
import { RETRY } from './limits.ts'
import { shapeOf } from './shape.ts'

export interface FetchingInit {
  readonly reference: FileReference
  readonly files: ExchangedFiles
  readonly timers: Timers
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number
  /** Whom to ask now, in this order. */
  peers(): PeerId[]
  /** Fetch what one peer has. What could not be had is missing afterwards; rejects only when it is this node that can't go on.
   * @param ahead nobody waits for it */
  from(peer: PeerId, ahead: boolean, options: AbortOptions): Promise<void>
  /** It is over, however. */
  ended(): void
}

interface Waiter {
  readonly ahead: boolean
  reject(error: unknown): void
}

/**
 * One larger content on its way: asks one peer after the other, and all of them again after a pause, for as long as somebody waits. What
 * is fetched ahead waits for nobody: one round, and it is left for later. Each is on its own, so none holds up another.
 */
export class Fetching {
  readonly #init: FetchingInit
  readonly #waiters = new Set<Waiter>()
  readonly #stopping = new AbortController()
  #running: Promise<boolean> | undefined
  #wake: (() => void) | undefined
  #isWoken = false

  constructor(init: FetchingInit) {
    this.#init = init
  }

  /**
   * Resolves with true once the content is here; with false when fetching ended because nobody waited any more, just before this.
   *
   * @throws {InvalidContentError} nobody can have it
   * @throws {UnreachableError} fetched ahead, and nobody has it now
   * @throws {StoreFailedError} the disk is full, or fails
   * @throws {ClosedError} the chain was closed
   */
  async wait({ signal, ahead = false }: FetchOptions): Promise<boolean> {
    signal?.throwIfAborted()
    const { promise, reject } = Promise.withResolvers<never>()
    const waiter: Waiter = { ahead, reject }
    this.#waiters.add(waiter)
    // somebody waits now for what was left for later
    if (!ahead) this.wake()
    const aborted = (): void => reject(signal?.reason)
    signal?.addEventListener('abort', aborted, { once: true })
    this.#running ??= this.#run()
    try {
      return await Promise.race([this.#running, promise])
    } finally {
      signal?.removeEventListener('abort', aborted)
      this.#waiters.delete(waiter)
      if (this.#waiters.size === 0) this.#stopping.abort()
    }
  }

  /** There may be somebody new to ask. */
  wake(): void {
    this.#isWoken = true
    this.#wake?.()
  }

  /** The chain is closed here. */
  close(): void {
    for (const waiter of this.#waiters) waiter.reject(new ClosedError('chain'))
  }

  async #run(): Promise<boolean> {
    const { signal } = this.#stopping
    let pause: number = RETRY.first
    try {
      while (!signal.aborted) {
        this.#isWoken = false
        const before = await this.#stored()
        if (await this.#round()) return true
        if ((await this.#stored()) > before) pause = RETRY.first
        this.#giveUpAhead()
        await this.#pause(pause * (0.5 + this.#init.random() / 2))
        pause = Math.min(2 * pause, RETRY.longest)
      }
      return false
    } finally {
      this.#init.ended()
    }
  }

  /** Ask each peer once. Whether the content is here then. */
  async #round(): Promise<boolean> {
    if (await this.#isHere()) return true
    for (const peer of this.#init.peers()) {
      if (this.#stopping.signal.aborted) return false
      const ahead = [...this.#waiters].every((waiter) => waiter.ahead)
      await this.#init.from(peer, ahead, { signal: this.#stopping.signal })
      if (await this.#isHere()) return true
    }
    return false
  }

  async #isHere(): Promise<boolean> {
    const { files, reference } = this.#init
    const progress = await files.progress(reference)
    if (progress?.state === 'refused') throw new InvalidContentError(reference.root.toString())
    if (progress === undefined || progress.stored < shapeOf(reference.size).total) return false
    if (progress.state === 'partial') await files.complete(reference)
    return true
  }

  async #stored(): Promise<number> {
    return (await this.#init.files.progress(this.#init.reference))?.stored ?? 0
  }

  #giveUpAhead(): void {
    const error = new UnreachableError(this.#init.peers().map(String))
    for (const waiter of this.#waiters) if (waiter.ahead) waiter.reject(error)
  }

  /** Ends early when there may be somebody new to ask, or nobody waits any more. */
  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#stopping
    if (this.#isWoken || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    signal.addEventListener('abort', () => resolve(), { once: true })
    const cancel = this.#init.timers.after(milliseconds, resolve)
    await promise
    this.#wake = undefined
    cancel()
  }
}
