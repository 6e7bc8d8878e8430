import { equals } from 'uint8arrays'
import type { BlockId } from 'walytis/interface'
import type { Channel } from 'walytis-identities'
import { provesLeaf, rootOf } from '../envelope/hash-tree.ts'
import {
  type EnvelopeShape,
  HASH_SIZE,
  hashOfPieces,
  partsOf,
  splitHashes,
  splitPart,
  WINDOW_PARTS
} from '../envelope/shape.ts'
import { ExchangeError } from '../errors.ts'
import { PART_DEADLINE, PARTS_UNWRITTEN, WINDOWS_AHEAD } from './content-limits.ts'
import { decodeHead, encodeRequest, type WindowHead } from './content-messages.ts'
import { Watchdog } from './watchdog.ts'

/** The content that is fetched, and what is done with what comes. */
export interface FetchJob {
  readonly block: BlockId
  readonly shape: EnvelopeShape
  /** As the chain says. */
  readonly root: Uint8Array
  /** The next window to ask for, which is this device's until it is kept or given back. */
  take(): number | undefined
  giveBack(window: number): void
  /** Look into a part that is the right one. Throws when its author broke a rule. */
  open(part: number, pieces: readonly Uint8Array[]): void
  write(part: number, bytes: Uint8Array): Promise<void>
  /** Keep a window whose parts are all written. */
  keep(window: number, hashes: Uint8Array): Promise<void>
}

/** `done`: there is nothing more to ask this device for. `missing`: it refuses. `wrong`: it sent what is not the envelope. */
export type SourceResult = 'done' | 'missing' | 'wrong'

/**
 * Fetch windows from one device until there is none left to take. Each part is checked against the tree before it is written, and opened.
 * Throws when the channel breaks or falls silent, when the disk fails, and what `open` throws; windows that were kept stay.
 */
export async function fetchFrom(channel: Channel, job: FetchJob): Promise<SourceResult> {
  return await new Source(channel, job).run()
}

class Source {
  readonly #channel: Channel
  readonly #job: FetchJob
  readonly #frames: AsyncIterator<Uint8Array>
  readonly #asked: number[] = []
  readonly #writing: Promise<void>[] = []
  readonly #watchdog: Watchdog
  #keeping: Promise<void> = Promise.resolve()

  constructor(channel: Channel, job: FetchJob) {
    this.#channel = channel
    this.#job = job
    this.#frames = channel.messages()[Symbol.asyncIterator]()
    this.#watchdog = new Watchdog(PART_DEADLINE, () => channel.abort(new ExchangeError('silent')))
  }

  async run(): Promise<SourceResult> {
    try {
      for (;;) {
        await this.#ask()
        const [window] = this.#asked
        if (window === undefined) return 'done'
        const result = await this.#receive(window)
        if (result !== 'kept') return result
        this.#asked.shift()
      }
    } finally {
      this.#watchdog.stop()
      await Promise.allSettled(this.#writing)
      await this.#keeping.catch(() => undefined)
      for (const window of this.#asked) this.#job.giveBack(window)
    }
  }

  async #ask(): Promise<void> {
    const { block } = this.#job
    while (this.#asked.length < WINDOWS_AHEAD) {
      const window = this.#job.take()
      if (window === undefined) break
      this.#asked.push(window)
      await this.#channel.send(encodeRequest({ block, window }))
    }
    if (this.#asked.length === 0) await this.#keeping
  }

  async #receive(window: number): Promise<'kept' | 'missing' | 'wrong'> {
    const { shape, root } = this.#job
    const head = decodeHead(await this.#next())
    if (head === 'missing') return 'missing'
    if (head === 'broken' || !proves(head, root, window, shape)) return 'wrong'
    const hashes = splitHashes(head.hashes)
    for (const [index, hash] of hashes.entries()) {
      const part = window * WINDOW_PARTS + index
      const bytes = await this.#next()
      const pieces = splitPart(shape, part, bytes)
      if (pieces === undefined || !equals(hashOfPieces(pieces), hash)) return 'wrong'
      this.#job.open(part, pieces)
      await this.#write(part, bytes)
    }
    await this.#keeping
    this.#keeping = this.#keep(window, head.hashes, this.#writing.splice(0))
    this.#keeping.catch(() => this.#job.giveBack(window))
    return 'kept'
  }

  async #write(part: number, bytes: Uint8Array): Promise<void> {
    if (this.#writing.length >= PARTS_UNWRITTEN) await this.#writing.at(-PARTS_UNWRITTEN)
    const written = this.#job.write(part, bytes)
    // Whoever keeps the window sees the failure.
    written.catch(() => undefined)
    this.#writing.push(written)
  }

  async #keep(window: number, hashes: Uint8Array, writing: Promise<void>[]): Promise<void> {
    await Promise.all(writing)
    await this.#job.keep(window, hashes)
  }

  async #next(): Promise<Uint8Array> {
    const { done, value } = await this.#frames.next()
    if (done === true) throw new ExchangeError('channel-ended')
    this.#watchdog.heard()
    return value
  }
}

function proves({ hashes, proof }: WindowHead, root: Uint8Array, window: number, shape: EnvelopeShape): boolean {
  if (hashes.length !== partsOf(shape, window) * HASH_SIZE) return false
  return provesLeaf(root, rootOf(splitHashes(hashes)), window, shape.windows, splitHashes(proof))
}
