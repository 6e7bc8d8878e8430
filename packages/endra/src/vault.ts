/**
 * A profile's vault: a private chain whose only member is the user, so that exactly the profile's devices read and write it. One object per
 * open profile, owned by `profile.ts`; it keeps the folded state in memory and follows the chain's events.
 */
import type { AbortOptions } from '@libp2p/interface'
import type { PrivateBlock, PrivateBlockchain } from 'walytis-offchain'
import { TOPIC_VAULT } from './constants.ts'
import {
  changesBetween,
  EMPTY_VAULT,
  foldVault,
  recordsThatHold,
  type VaultEntry,
  type VaultState
} from './vault/fold.ts'
import { decodeRecord, encodeRecord, type KnownRecord, type VaultRecord } from './vault/records.ts'

/** A profile's vault, open. */
export interface Vault {
  /** What it says now. */
  readonly state: VaultState
  /** Write a record. Once it resolves, it is synced to disk and part of `state`. */
  put(record: KnownRecord, options?: AbortOptions): Promise<void>
  /** Resolves once everything that the chain holds now can be read, and is part of `state`. */
  whenComplete(
    onProgress: (progress: { received: number; expected: number }) => void,
    options?: AbortOptions
  ): Promise<void>
  /** Resolves once `state` is so. */
  until(isSo: (state: VaultState) => boolean, options?: AbortOptions): Promise<void>
  /** Called after each change of `state`, with the records that hold now and did not before. Returns what stops it. */
  onChange(listener: (changed: readonly VaultRecord[]) => void): () => void
  /** Stop following, and close the chain. */
  close(): Promise<void>
}

/**
 * Read a vault and follow it from now on. Records whose content has not come yet are taken in when it comes.
 *
 * @param onError - told when a block that arrived can't be read
 */
export async function openVault(
  chain: PrivateBlockchain,
  onError: (error: unknown) => void,
  options?: AbortOptions
): Promise<Vault> {
  const vault = new ChainVault(chain, onError)
  await vault.open(options)
  return vault
}

class ChainVault implements Vault {
  readonly #chain: PrivateBlockchain
  readonly #onError: (error: unknown) => void
  readonly #listeners = new Set<(changed: readonly VaultRecord[]) => void>()
  readonly #closing = new AbortController()
  #state = EMPTY_VAULT
  /** One change of `state` after the other: a reading of everything must not undo what came meanwhile. */
  #tail: Promise<unknown> = Promise.resolve()

  constructor(chain: PrivateBlockchain, onError: (error: unknown) => void) {
    this.#chain = chain
    this.#onError = onError
  }

  get state(): VaultState {
    return this.#state
  }

  /** Listeners first, then what is there: folding does not mind seeing a record twice. */
  async open(options?: AbortOptions): Promise<void> {
    const { signal } = this.#closing
    const chain = this.#chain
    chain.addEventListener('block:added', ({ detail }) => this.#follow(() => this.#take(detail.block)), { signal })
    for (const type of ['block:revoked', 'block:reinstated'] as const) {
      chain.addEventListener(type, () => this.#follow(() => this.#reload()), { signal })
    }
    await this.#enqueue(() => this.#reload(options))
  }

  async put(record: KnownRecord, options?: AbortOptions): Promise<void> {
    const block = await this.#chain.add(encodeRecord(record), { ...options, topics: [TOPIC_VAULT] })
    const entry = { record, height: block.height, id: block.id }
    await this.#enqueue(async () => this.#change(foldVault(this.#state, [entry]), entry))
  }

  async whenComplete(
    onProgress: (progress: { received: number; expected: number }) => void,
    options?: AbortOptions
  ): Promise<void> {
    const expected = await this.#chain.count({}, options)
    let received = 0
    for await (const block of this.#chain.blocks({}, options)) {
      if (!block.available) await this.#chain.whenAvailable(block, options)
      onProgress({ received: ++received, expected })
    }
    await this.#enqueue(() => this.#reload(options))
  }

  async until(isSo: (state: VaultState) => boolean, { signal }: AbortOptions = {}): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const check = (): void => void (isSo(this.#state) && resolve())
    const abort = (): void => reject(signal?.reason)
    signal?.throwIfAborted()
    signal?.addEventListener('abort', abort, { once: true })
    const stop = this.onChange(check)
    check()
    try {
      await promise
    } finally {
      stop()
      signal?.removeEventListener('abort', abort)
    }
  }

  onChange(listener: (changed: readonly VaultRecord[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#listeners.clear()
    await this.#chain.close()
  }

  async #take(block: PrivateBlock): Promise<void> {
    const entry = await this.#read(block)
    if (entry !== undefined) this.#change(foldVault(this.#state, [entry]), entry)
  }

  /** From the beginning: after a record went out of effect there is no other way to know what held before it. */
  async #reload(options?: AbortOptions): Promise<void> {
    const entries: VaultEntry[] = []
    for await (const block of this.#chain.blocks({ topics: { all: [TOPIC_VAULT] } }, options)) {
      const entry = await this.#read(block, options)
      if (entry !== undefined) entries.push(entry)
    }
    this.#change(foldVault(EMPTY_VAULT, entries))
  }

  async #read(block: PrivateBlock, options?: AbortOptions): Promise<VaultEntry | undefined> {
    if (!block.available || !block.topics.includes(TOPIC_VAULT)) return undefined
    const decoded = decodeRecord(await block.content({ signal: options?.signal ?? this.#closing.signal }))
    return decoded.ok ? { record: decoded.value, height: block.height, id: block.id } : undefined
  }

  #change(state: VaultState, taken?: VaultEntry): void {
    const before = this.#state
    this.#state = state
    const changed = taken === undefined ? changesBetween(before, state) : recordsThatHold(state, [taken])
    for (const listener of this.#listeners) listener(changed)
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const result = this.#tail.then(work)
    // Whoever asked for the work is told of its failure; what comes after it goes on.
    this.#tail = result.catch(() => undefined)
    return result
  }

  #follow(work: () => Promise<void>): void {
    this.#enqueue(work).catch((error: unknown) => {
      if (!this.#closing.signal.aborted) this.#onError(error)
    })
  }
}
