import type { BlockId } from 'walytis/interface'
import type { Channel, Did, Sessions } from 'walytis-identities'
import { CHUNK_SIZE, CONTENT_PROTOCOL } from '../constants.ts'
import { type EnvelopeKeys, PieceOpener } from '../envelope/piece-opener.ts'
import { PART_PIECES, partSize, partsOf, pieceSizes, WINDOW_PARTS } from '../envelope/shape.ts'
import { ExchangeError } from '../errors.ts'
import type { ContentFile } from '../platform/content-files.ts'
import { hasWindow, noWindows, withWindow } from '../store/file-row.ts'
import type { LargeStore } from '../store/large-store.ts'
import { MAX_SOURCES, OPEN_DEADLINE } from './content-limits.ts'
import { type FetchJob, fetchFrom, type SourceResult } from './source.ts'

export interface DownloadComponents {
  readonly sessions: Pick<Sessions, 'open' | 'connected'>
  readonly large: LargeStore
  nextNumber(): number
  /** Devices known to have the content. */
  holders(block: BlockId): Did[]
  /** Whether a device is not to be spoken with. */
  banned(device: Did): boolean
  /** A device gave bytes that are not the envelope. */
  wrong(block: BlockId, device: Did): void
}

/** Bytes of content that a part stands for when progress is told. */
const PART_CONTENT = PART_PIECES * CHUNK_SIZE

/** How a run ended. `starved`: nobody who can be reached has the rest now. `stopped`: it was told to. */
export type DownloadEnd =
  | { readonly kind: 'whole'; readonly number: number; readonly from: Did | undefined }
  | { readonly kind: 'refused'; readonly rule: string }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'starved' | 'stopped' }

/** Told of what is here of a content: bytes, of how many. */
export type DownloadListener = (received: number, expected: number) => void

/**
 * One large content on its way: fetches windows from several devices at a time, each window from one. What is here and checked stays, whatever
 * ends it, also the process. Run again, it goes on from there.
 */
export class Download {
  readonly block: BlockId
  readonly keys: EnvelopeKeys
  readonly #components: DownloadComponents
  readonly #opener: PieceOpener
  readonly #sources = new Map<Did, AbortController>()
  readonly #tried = new Set<Did>()
  readonly #taken = new Set<number>()
  readonly #listeners = new Set<DownloadListener>()
  /** Parts that have come of windows that are not kept yet. */
  readonly #arrived = new Map<number, number>()
  #windows: Uint8Array
  #number: number
  #kept = 0
  #keptParts = 0
  /** All windows before this one are here or taken. */
  #cursor = 0
  #last: Did | undefined
  #keeping: Promise<void> = Promise.resolve()
  #end: DownloadEnd | undefined
  #wake: (() => void) | undefined

  constructor(block: BlockId, keys: EnvelopeKeys, components: DownloadComponents) {
    this.block = block
    this.keys = keys
    this.#components = components
    this.#opener = new PieceOpener(keys)
    const partial = components.large.partial(block)
    this.#number = partial?.number ?? 0
    this.#windows = partial?.windows ?? noWindows(this.#opener.shape.windows)
    for (let window = 0; window < this.#opener.shape.windows; window++) if (this.has(window)) this.#count(window)
  }

  get expected(): number {
    return this.keys.details.size
  }

  /** Bytes that have come and were checked; some of them have to come again when the process ends now. */
  get received(): number {
    let parts = this.#keptParts
    for (const arrived of this.#arrived.values()) parts += arrived
    return Math.min(parts * PART_CONTENT, this.expected)
  }

  /** The number of the file, once there is one. */
  get number(): number {
    return this.#number
  }

  has(window: number): boolean {
    return hasWindow(this.#windows, window)
  }

  /** Called for each part that comes, and each window that is kept. Returns what stops it. */
  watch(listener: DownloadListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Devices may have it that had not before, or could not be reached. */
  retry(devices: Iterable<Did>): void {
    for (const device of devices) this.#tried.delete(device)
    this.#wake?.()
  }

  /** End a run; what is here stays. */
  stop(): void {
    this.#finish({ kind: 'stopped' })
  }

  /** Fetch what is missing. Never rejects. */
  async run(): Promise<DownloadEnd> {
    this.#end = undefined
    this.#tried.clear()
    try {
      await this.#begin()
      const { large } = this.#components
      return await large.use(this.#number, async (file) => await this.#fetch(file))
    } catch (error) {
      return { kind: 'failed', error }
    }
  }

  async #begin(): Promise<void> {
    const { large, nextNumber } = this.#components
    if (large.has(this.#number)) return
    // It is new, or was removed since.
    this.#windows = noWindows(this.#opener.shape.windows)
    this.#kept = this.#keptParts = this.#cursor = 0
    const number = nextNumber()
    await large.beginPartial(this.block, { number, windows: this.#windows })
    this.#number = number
  }

  async #fetch(file: ContentFile): Promise<DownloadEnd> {
    await this.#openStored(file)
    const running = new Set<Promise<void>>()
    while (this.#end === undefined) {
      if (this.#kept === this.#opener.shape.windows) {
        this.#end = { kind: 'whole', number: this.#number, from: this.#last }
        break
      }
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      for (const device of this.#candidates()) {
        const source = this.#from(device, file).finally(() => {
          running.delete(source)
          this.#wake?.()
        })
        running.add(source)
      }
      if (running.size === 0) this.#end = { kind: 'starved' }
      else await woken
    }
    for (const source of this.#sources.values()) source.abort()
    await Promise.all(running)
    return this.#end
  }

  /** The first window that came is the one with the header: from then on the others can be opened. */
  async #openStored(file: ContentFile): Promise<void> {
    if (!this.has(0) || this.#opener.ready) return
    const { shape } = this.#opener
    const part = await file.readPart(0, partSize(shape, 0))
    const [headerSize] = pieceSizes(shape, 0)
    if (part !== undefined && this.#opener.openHeader(part.subarray(0, headerSize)) === undefined) return
    // The disk lost it: it is fetched again.
    await this.#setWindows(withWindow(this.#windows, 0, false))
    this.#kept--
    this.#keptParts -= partsOf(shape, 0)
    this.#cursor = 0
  }

  #candidates(): Did[] {
    const { sessions, holders, banned } = this.#components
    const free = this.#opener.ready ? MAX_SOURCES - this.#sources.size : this.#sources.size === 0 ? 1 : 0
    if (free <= 0 || this.#next() === undefined) return []
    const known = new Set(holders(this.block))
    return sessions
      .connected()
      .filter((device) => !this.#tried.has(device) && !this.#sources.has(device) && !banned(device))
      .sort((a, b) => Number(known.has(b)) - Number(known.has(a)))
      .slice(0, Math.min(free, this.#missing()))
  }

  async #from(device: Did, file: ContentFile): Promise<void> {
    const stopping = new AbortController()
    this.#sources.set(device, stopping)
    let channel: Channel | undefined
    let result: SourceResult | 'broken' = 'broken'
    const abort = (): void => channel?.abort(new ExchangeError('no-longer-wanted'))
    try {
      const { sessions } = this.#components
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(OPEN_DEADLINE)])
      channel = await sessions.open(device, CONTENT_PROTOCOL, { signal })
      stopping.signal.addEventListener('abort', abort, { once: true })
      stopping.signal.throwIfAborted()
      result = await fetchFrom(channel, this.#job(device, file))
    } catch {
      // Not reachable, gone, silent, or too slow: others are asked, and this one again in the next round.
    } finally {
      stopping.signal.removeEventListener('abort', abort)
      this.#sources.delete(device)
    }
    if (result === 'done') await channel?.close().catch(() => undefined)
    else {
      this.#tried.add(device)
      channel?.abort(new ExchangeError(result))
    }
    if (result === 'wrong') this.#components.wrong(this.block, device)
  }

  #job(device: Did, file: ContentFile): FetchJob {
    const { block } = this
    const { reference } = this.keys
    return {
      block,
      shape: this.#opener.shape,
      root: reference.root,
      take: () => {
        const window = this.#next()
        if (window !== undefined) this.#taken.add(window)
        return window
      },
      giveBack: (window) => {
        this.#taken.delete(window)
        this.#arrived.delete(window)
        this.#cursor = Math.min(this.#cursor, window)
        this.#wake?.()
      },
      open: (part, pieces) => {
        const wasReady = this.#opener.ready
        const rule = this.#opener.check(part, pieces)
        if (rule !== undefined) {
          this.#finish({ kind: 'refused', rule })
          throw new ExchangeError(rule)
        }
        if (!wasReady) this.#wake?.()
        const window = Math.floor(part / WINDOW_PARTS)
        this.#arrived.set(window, (this.#arrived.get(window) ?? 0) + 1)
        this.#tell()
      },
      write: async (part, bytes) => await this.#local(file.writePart(part, bytes)),
      keep: async (window, hashes) => {
        // One after the other: each adds to what the one before has noted.
        const keeping = this.#keeping.then(async () => await this.#keep(file, window, hashes))
        this.#keeping = keeping.catch(() => undefined)
        await this.#local(keeping)
        this.#last = device
      }
    }
  }

  async #keep(file: ContentFile, window: number, hashes: Uint8Array): Promise<void> {
    if (this.has(window)) return
    await file.writeHashes(window, hashes)
    await file.sync()
    await this.#setWindows(withWindow(this.#windows, window))
    this.#taken.delete(window)
    this.#arrived.delete(window)
    this.#count(window)
    this.#tell()
    this.#wake?.()
  }

  async #setWindows(windows: Uint8Array): Promise<void> {
    const { large } = this.#components
    if (!large.has(this.#number)) throw new ExchangeError('content-removed')
    await large.setPartial(this.block, { number: this.#number, windows })
    this.#windows = windows
  }

  /** What fails here is nobody else's fault: it ends the run. */
  async #local<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      this.#finish({ kind: 'failed', error })
      throw error
    }
  }

  /** The first window that is neither here nor on its way. Nothing but the first of all before that one is open. */
  #next(): number | undefined {
    const { windows } = this.#opener.shape
    const until = this.#opener.ready ? windows : 1
    while (this.#cursor < until && (this.has(this.#cursor) || this.#taken.has(this.#cursor))) this.#cursor++
    return this.#cursor < until ? this.#cursor : undefined
  }

  #missing(): number {
    return this.#opener.shape.windows - this.#kept - this.#taken.size
  }

  #count(window: number): void {
    this.#kept++
    this.#keptParts += partsOf(this.#opener.shape, window)
  }

  #finish(end: DownloadEnd): void {
    this.#end ??= end
    this.#wake?.()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.received, this.expected)
  }
}
