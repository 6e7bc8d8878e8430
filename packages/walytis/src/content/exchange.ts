import type { AbortOptions, Logger, PeerId } from '@libp2p/interface'
import { raceSignal } from 'race-signal'
import { parseBlockId } from '../block/id.ts'
import { MAX_CONTENT_BYTES } from '../constants.ts'
import { AccessDeniedError, ClosedError, NotFoundError, StoreCorruptError, StoreFailedError } from '../errors.ts'
import type { BlockId } from '../interface/index.ts'
import type { ExchangedFiles, FetchOptions } from '../replica.ts'
import type { Frames } from '../sync/framing.ts'
import type { Timers } from '../timers.ts'
import { Ahead } from './ahead.ts'
import { within } from './deadline.ts'
import { download } from './download.ts'
import { Fetching } from './fetching.ts'
import { nameOf } from './files.ts'
import type { ContentHost } from './host.ts'
import { CLOSE_DEADLINE, MAX_FETCHES, MAX_FETCHES_AHEAD, OPEN_DEADLINE } from './limits.ts'
import { ContentServer } from './server.ts'
import { Slots } from './slots.ts'
import { Suspects } from './suspects.ts'

/** A chain that takes part. */
export interface ExchangedChain {
  readonly id: string
  readonly files: ExchangedFiles
  /** Peers that take part in it now. */
  partners(): PeerId[]
  /** Whether a peer has shown that it may hold the chain, and still may: asked before every node. */
  permits(peer: PeerId): boolean
  /** Be told when there are new blocks. Returns what stops it. */
  onBlocks(listener: () => void): () => void
}

export interface ContentExchangeInit {
  readonly host: ContentHost
  readonly timers: Timers
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number
  readonly log: Logger
  /** Larger contents of up to this many bytes are fetched before anybody asks for them. */
  readonly fetchAhead: number
  /** A peer sent wrong bytes again and again. */
  punish(peer: PeerId): void
}

interface Entry {
  readonly chain: ExchangedChain
  readonly fetching: Map<string, Fetching>
  /** Undefined where nothing is fetched before somebody asks. */
  readonly ahead: Ahead | undefined
  unsubscribe(): void
}

/**
 * Larger contents between this node and the peers of its chains, over streams of their own, so that no block waits for any of
 * them. Made by `createWalytis`. Knows only chains that were added, and asks and answers only peers that these permit.
 */
export class ContentExchange {
  readonly #init: ContentExchangeInit
  readonly #entries = new Map<string, Entry>()
  readonly #suspects: Suspects
  readonly #slots = { waited: new Slots(MAX_FETCHES), ahead: new Slots(MAX_FETCHES_AHEAD) }
  readonly #server: ContentServer
  #unlisten: (() => Promise<void>) | undefined

  constructor(init: ContentExchangeInit) {
    this.#init = init
    this.#suspects = new Suspects({ now: () => init.timers.now(), punish: (peer) => init.punish(peer) })
    this.#server = new ContentServer({
      log: init.log,
      now: init.timers.now,
      chain: (id) => this.#entries.get(id)?.chain
    })
  }

  async start(): Promise<void> {
    this.#unlisten = await this.#init.host.listen((frames, peer) => void this.#server.answer(frames, peer))
  }

  async stop(): Promise<void> {
    for (const id of [...this.#entries.keys()]) this.remove(id)
    this.#server.stop()
    await this.#unlisten?.()
  }

  add(chain: ExchangedChain): void {
    const { id, files } = chain
    const { fetchAhead: limit, timers, log } = this.#init
    const ahead =
      limit <= MAX_CONTENT_BYTES
        ? undefined
        : new Ahead({
            files,
            limit,
            timers,
            fetch: (block, options) => this.fetch(id, block, options),
            failed: (error) => log.error('fetching contents of %s ahead: %o', id, error)
          })
    const unsubscribe = chain.onBlocks(() => ahead?.nudge())
    this.#entries.set(id, { chain, fetching: new Map(), ahead, unsubscribe })
    ahead?.nudge()
  }

  /** The chain takes part no longer: whoever waits for its contents is told so. */
  remove(id: string): void {
    const entry = this.#entries.get(id)
    this.#entries.delete(id)
    entry?.unsubscribe()
    entry?.ahead?.stop()
    for (const fetching of entry?.fetching.values() ?? []) fetching.close()
  }

  /** There may be somebody new to ask. */
  wake(id: string): void {
    const entry = this.#entries.get(id)
    entry?.ahead?.nudge()
    for (const fetching of entry?.fetching.values() ?? []) fetching.wake()
  }

  /**
   * Resolves once the larger content of a block is here.
   *
   * @throws {InvalidContentError} nobody can have it
   * @throws {UnreachableError} fetched ahead, and nobody has it now
   * @throws {StoreFailedError} the disk is full, or fails
   * @throws {ClosedError} the chain was closed
   */
  async fetch(id: string, block: BlockId, options: FetchOptions = {}): Promise<void> {
    for (let isHere = false; !isHere; ) {
      const entry = this.#entries.get(id)
      if (entry === undefined) throw new ClosedError('chain')
      // a store that never answers must not keep who has lost patience
      const fetching = await raceSignal(this.#fetching(entry, block), options.signal)
      isHere = await fetching.wait(options)
    }
  }

  async #fetching(entry: Entry, block: BlockId): Promise<Fetching> {
    const content = await entry.chain.files.of(block)
    if (content === undefined) throw new NotFoundError('content', block.toString())
    const { reference } = content
    const key = nameOf(reference)
    const { timers, random } = this.#init
    let fetching = entry.fetching.get(key)
    if (fetching === undefined) {
      fetching = new Fetching({
        reference,
        files: entry.chain.files,
        timers,
        random,
        peers: () => this.#peersOf(entry.chain),
        from: (peer, ahead, options) => this.#from(peer, entry.chain, block, ahead, options),
        ended: () => entry.fetching.delete(key)
      })
      entry.fetching.set(key, fetching)
    }
    return fetching
  }

  /** In an order of chance, so that not all ask the same one. */
  #peersOf(chain: ExchangedChain): PeerId[] {
    const peers = chain.partners().filter((peer) => chain.permits(peer) && !this.#suspects.has(peer))
    return peers
      .map((peer) => ({ peer, place: this.#init.random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ peer }) => peer)
  }

  async #from(
    peer: PeerId,
    chain: ExchangedChain,
    block: BlockId,
    ahead: boolean,
    options: AbortOptions
  ): Promise<void> {
    const signal = options.signal ?? new AbortController().signal
    let release: (() => void) | undefined
    let frames: Frames | undefined
    try {
      release = await this.#slots[ahead ? 'ahead' : 'waited'].take({ signal })
      const content = await chain.files.of(block)
      if (content === undefined || !chain.permits(peer)) return
      const opened = await within(OPEN_DEADLINE, signal, (ending) => this.#init.host.open(peer, { signal: ending }))
      frames = opened
      const result = await download({
        frames: opened,
        chain: parseBlockId(chain.id),
        block,
        reference: content.reference,
        files: chain.files,
        permits: () => chain.permits(peer),
        signal
      })
      if (result === 'wrong') {
        this.#suspects.note(peer)
        throw new AccessDeniedError()
      }
      await within(CLOSE_DEADLINE, undefined, (ending) => opened.close({ signal: ending }))
    } catch (error) {
      this.#init.log('no content of %s from %p: %o', chain.id, peer, error)
      frames?.abort(error instanceof Error ? error : new ClosedError('content stream', { cause: error }))
      // that is no fault of the peer's, and the next one would meet it too
      if (error instanceof StoreFailedError || error instanceof StoreCorruptError) throw error
    } finally {
      release?.()
    }
  }
}
