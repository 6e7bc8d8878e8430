import { CustomProgressEvent } from 'progress-events'
import type { BaseBlockchain, BlockId } from 'walytis/interface'
import type { Did, Group } from 'walytis-identities'
import { isLarge, shapeOf, WINDOW_PARTS } from './envelope/shape.ts'
import { ContentServer, type ServableFile } from './exchange/content-server.ts'
import { Downloads, type DownloadsComponents } from './exchange/downloads.ts'
import type { StreamOptions, Transfer } from './interface.ts'
import { readLarge } from './large-reader.ts'
import { type OnChain, onChainOfRecord } from './private-block.ts'
import type { Reader, ReadReference } from './reader.ts'
import type { ContentStore } from './store/content-store.ts'

export interface LargeContentsComponents extends Pick<DownloadsComponents, 'banned' | 'failed' | 'holders' | 'wrong'> {
  readonly group: Pick<Group, 'epochs' | 'sessions'>
  readonly base: Pick<BaseBlockchain, 'record'>
  readonly store: ContentStore
  readonly reader: Reader
  /**
   * The number of the envelope of a block; 0 while it isn't here. One that was removed is wanted again from then on.
   *
   * @throws {ContentRefusedError} @throws {ClosedError} @throws {NotFoundError}
   */
  numberOf(block: BlockId): Promise<number>
  /** Ask for a content until what is returned is called. */
  seek(block: BlockId): () => void
  fetched(block: BlockId, number: number, from: Did | undefined): Promise<void>
  reject(block: BlockId, rule: string): Promise<void>
  progress(transfer: Transfer): void
}

/** The contents that are kept in files: gets them, gives them to others, reads them. Joins downloads, server and store. */
export class LargeContents {
  readonly #components: LargeContentsComponents
  readonly #downloads: Downloads
  readonly #server: ContentServer

  constructor(components: LargeContentsComponents) {
    this.#components = components
    const { group, store, banned, holders, wrong, failed } = components
    const { sessions, epochs } = group
    const { large } = store
    this.#downloads = new Downloads({
      sessions,
      large,
      banned,
      holders,
      wrong,
      failed,
      nextNumber: () => store.nextEnvelope(),
      whole: async (id, number, from) => await components.fetched(id, number, from),
      refused: async (id, rule) => await components.reject(id, rule),
      progress: (id, bytes, expected) => components.progress({ id, direction: 'receiving', bytes, expected })
    })
    this.#server = new ContentServer({
      sessions,
      large,
      entitled: async (device, epoch) => await epochs.entitled(device, epoch),
      find: async (id) => await this.#servable(id),
      served: (id, device, bytes, expected) =>
        components.progress({ id, direction: 'sending', device, bytes, expected }),
      damaged: (_, error) => failed(error)
    })
  }

  start(): void {
    this.#server.start()
    this.#downloads.start()
  }

  async stop(): Promise<void> {
    await Promise.all([this.#downloads.stop(), this.#server.stop()])
  }

  want(id: BlockId, read: ReadReference): void {
    this.#downloads.want(id, read)
  }

  wants(id: BlockId): boolean {
    return this.#downloads.find(id) !== undefined
  }

  drop(id: BlockId): void {
    this.#downloads.drop(id)
  }

  offered(device: Did, blocks: Iterable<string>): void {
    this.#downloads.offered(device, blocks)
  }

  pause(id: BlockId): void {
    this.#downloads.pause(id)
  }

  resume(id: BlockId): void {
    this.#downloads.resume(id)
  }

  /** How far a content is that is being fetched. */
  receiving(id: BlockId): (Transfer & { readonly paused: boolean }) | undefined {
    const found = this.#downloads.find(id)
    if (found === undefined) return undefined
    const { received, expected } = found.download
    return { id, direction: 'receiving', bytes: received, expected, paused: found.state === 'paused' }
  }

  /** The bytes of a content, each as soon as it is here. */
  async *stream(block: OnChain, read: ReadReference, options: StreamOptions = {}): AsyncGenerator<Uint8Array> {
    const { large } = this.#components.store
    const { onProgress } = options
    const report = (received: number, expected: number): void => {
      onProgress?.(new CustomProgressEvent('walytis:content:bytes', { received, expected }))
    }
    let leave: (() => void) | undefined
    const whenHere = async (part: number): Promise<number> => {
      for (;;) {
        options.signal?.throwIfAborted()
        const number = await this.#components.numberOf(block.id)
        if (number !== 0) return number
        const download = this.#downloads.want(block.id, read)
        leave ??= inTurn(this.#components.seek(block.id), download.watch(report))
        if (download.has(Math.floor(part / WINDOW_PARTS))) return download.number
        await this.#downloads.change(block.id, options)
      }
    }
    try {
      yield* readLarge(large, read, whenHere, options)
    } finally {
      leave?.()
    }
  }

  /** What a block says of its content; undefined when it can't be read. */
  async find(id: BlockId): Promise<ReadReference | undefined> {
    const { base, reader } = this.#components
    const record = await base.record(id)
    const result = record === undefined ? undefined : reader.read(onChainOfRecord(record))
    return result?.state === 'read' ? result.read : undefined
  }

  async #servable(id: BlockId): Promise<ServableFile | undefined> {
    const row = await this.#components.store.row(id)
    if (row === undefined || row.epoch === null || row.refused !== '' || row.envelope === 0) return undefined
    const read = await this.find(id)
    if (read === undefined || !isLarge(read.reference)) return undefined
    const { root, sizeClass } = read.reference
    return { epoch: row.epoch, number: row.envelope, root, size: read.details.size, shape: shapeOf(sizeClass) }
  }
}

function inTurn(...ends: (() => void)[]): () => void {
  return () => {
    for (const end of ends) end()
  }
}
