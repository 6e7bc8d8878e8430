import type { AbortOptions } from '@libp2p/interface'
import { raceSignal } from 'race-signal'
import type { BlockId } from 'walytis/interface'
import type { Did, Sessions } from 'walytis-identities'
import type { EnvelopeKeys } from '../envelope/piece-opener.ts'
import { ClosedError } from '../errors.ts'
import { DOWNLOAD_RETRY, MAX_DOWNLOADS } from './content-limits.ts'
import { Download, type DownloadComponents, type DownloadEnd } from './download.ts'

export interface DownloadsComponents extends DownloadComponents {
  readonly sessions: Pick<Sessions, 'open' | 'connected' | 'watch'>
  /** All of it is here and opens. Resolves once the store says so. */
  whole(block: BlockId, number: number, from: Did | undefined): Promise<void>
  /** It is what the chain names, and its author broke a rule. */
  refused(block: BlockId, rule: string): Promise<void>
  progress(block: BlockId, received: number, expected: number): void
  /** Something failed that nobody waits for. */
  failed(error: unknown): void
}

/** Where a large content stands that is not here. `waiting`: for its turn, or until it is asked for again. */
export type DownloadState = 'waiting' | 'running' | 'paused'

interface Item {
  readonly download: Download
  /** Readers who wait. */
  readonly waiting: Set<(error: unknown) => void>
  state: DownloadState
  rounds: number
  timer: ReturnType<typeof setTimeout> | undefined
  /** Not begun before its timer. */
  resting: boolean
  /** A run has not come to its end. */
  busy: boolean
}

/**
 * The large contents that are wanted: which of them are fetched now, and when again those that nobody could give. Those that somebody waits for
 * go first, then the smaller ones; each has its own back-off, so none holds up another (R36).
 */
export class Downloads {
  readonly #components: DownloadsComponents
  readonly #items = new Map<string, Item>()
  readonly #running = new Set<Promise<void>>()
  #unwatch: (() => void) | undefined
  #stopped = false

  constructor(components: DownloadsComponents) {
    this.#components = components
  }

  start(): void {
    this.#unwatch = this.#components.sessions.watch((device, state) => {
      if (state === 'up') for (const item of this.#items.values()) this.#nudge(item, device)
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#unwatch?.()
    for (const item of this.#items.values()) {
      clearTimeout(item.timer)
      item.download.stop()
      this.#tellWaiting(item, new ClosedError())
    }
    await Promise.all(this.#running)
  }

  /** Fetch a content. */
  want(block: BlockId, keys: EnvelopeKeys): Download {
    const key = block.toString()
    const known = this.#items.get(key)
    if (known !== undefined) return known.download
    const download = new Download(block, keys, this.#components)
    const item: Item = {
      download,
      waiting: new Set(),
      state: 'waiting',
      rounds: 0,
      timer: undefined,
      resting: false,
      busy: false
    }
    download.watch((received, expected) => this.#components.progress(block, received, expected))
    if (this.#stopped) return download
    this.#items.set(key, item)
    this.#schedule()
    return download
  }

  /** It is no longer wanted. What is here of it stays. */
  drop(block: BlockId): void {
    const item = this.#items.get(block.toString())
    if (item === undefined) return
    this.#forget(item)
    item.download.stop()
    this.#tellWaiting(item, new ClosedError('The content is no longer fetched'))
  }

  /** A device says that it has contents. */
  offered(device: Did, blocks: Iterable<string>): void {
    for (const block of blocks) {
      const item = this.#items.get(block)
      if (item !== undefined) this.#nudge(item, device)
    }
  }

  /** Leave a content for later, until `resume`; what is here of it stays. */
  pause(block: BlockId): void {
    const item = this.#items.get(block.toString())
    if (item === undefined || item.state === 'paused') return
    const wasRunning = item.state === 'running'
    item.state = 'paused'
    clearTimeout(item.timer)
    if (wasRunning) item.download.stop()
  }

  resume(block: BlockId): void {
    const item = this.#items.get(block.toString())
    if (item?.state !== 'paused') return
    item.state = 'waiting'
    item.resting = false
    this.#schedule()
  }

  /** Where a wanted content stands. */
  find(block: BlockId): { readonly download: Download; readonly state: DownloadState } | undefined {
    return this.#items.get(block.toString())
  }

  /**
   * Resolves when something more of a content is here, or it is no longer wanted; its reader goes before others.
   *
   * @throws what made it fail here, such as a full disk
   */
  async change(block: BlockId, { signal }: AbortOptions): Promise<void> {
    const item = this.#items.get(block.toString())
    if (item === undefined) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const failed = (error: unknown): void => (error === undefined ? resolve() : reject(error))
    item.waiting.add(failed)
    const unwatch = item.download.watch(() => resolve())
    this.#schedule()
    try {
      await raceSignal(promise, signal)
    } finally {
      unwatch()
      item.waiting.delete(failed)
    }
  }

  #nudge(item: Item, device: Did): void {
    item.download.retry([device])
    if (!item.resting) return
    item.resting = false
    clearTimeout(item.timer)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#stopped) return
    const ready = [...this.#items.values()].filter(
      ({ state, resting, busy }) => state === 'waiting' && !resting && !busy
    )
    ready.sort((a, b) => Number(b.waiting.size > 0) - Number(a.waiting.size > 0) || left(a) - left(b))
    for (const item of ready) {
      if (this.#running.size >= MAX_DOWNLOADS) return
      item.state = 'running'
      item.busy = true
      const running = this.#run(item).finally(() => {
        item.busy = false
        this.#running.delete(running)
        this.#schedule()
      })
      this.#running.add(running)
    }
  }

  /** Never rejects. */
  async #run(item: Item): Promise<void> {
    const { failed } = this.#components
    const before = item.download.received
    const end = await item.download.run()
    if (this.#items.get(item.download.block.toString()) !== item) return
    try {
      await this.#ended(item, end)
    } catch (error) {
      failed(error)
      this.#tellWaiting(item, error)
      this.#rest(item)
      return
    }
    if (end.kind === 'starved') {
      if (item.download.received > before) item.rounds = 0
      this.#rest(item)
    }
  }

  async #ended(item: Item, end: DownloadEnd): Promise<void> {
    const { block } = item.download
    if (end.kind === 'failed') throw end.error
    if (end.kind === 'whole') await this.#components.whole(block, end.number, end.from)
    if (end.kind === 'refused') await this.#components.refused(block, end.rule)
    if (end.kind !== 'whole' && end.kind !== 'refused') return
    this.#forget(item)
    this.#tellWaiting(item, undefined)
  }

  #rest(item: Item): void {
    if (this.#stopped || item.state === 'paused') return
    item.state = 'waiting'
    item.resting = true
    const wait = Math.min(DOWNLOAD_RETRY.first * 2 ** item.rounds++, DOWNLOAD_RETRY.longest)
    item.timer = setTimeout(() => {
      item.resting = false
      this.#schedule()
    }, wait)
  }

  #forget(item: Item): void {
    clearTimeout(item.timer)
    this.#items.delete(item.download.block.toString())
  }

  #tellWaiting(item: Item, error: unknown): void {
    for (const tell of [...item.waiting]) tell(error)
  }
}

function left({ download }: Item): number {
  return download.expected - download.received
}
